"""Mute: whose posts a follower keeps out of the feed. What that does to feeds: tests/feeds/test_muted.py."""

from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from feeds.models import Notification
from photoapp import outbox
from photoapp.ids import MAX_ID
from tests.api import api_of
from tests.people import follow, make_user
from tests.queries import counted_queries
from users import selectors, services
from users.models import Follower, User
from users.selectors import relation

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def words_of(answer: object) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]  # type: ignore[attr-defined]


def test_a_follower_mutes_and_unmutes(client_of: ClientOf, alice: User, bob: User) -> None:
    client = client_of(bob)
    answer = client.post("/u/alice/mute/", {"action": "mute"})
    assert (answer.status_code, answer["Location"]) == (302, "/u/alice/")
    assert words_of(answer) == ["You muted alice. You will not see their posts in your feed; they are not told."]
    assert relation(bob, alice.id).muted and relation(bob, alice.id).follows
    page = client.get("/u/alice/").content.decode()
    assert 'value="unmute"' in page and "Muted" in page
    client.post("/u/alice/mute/", {"action": "unmute"})
    assert not relation(bob, alice.id).muted


def test_twice_is_the_same_as_once(alice: User, bob: User) -> None:
    for _ in range(2):
        services.mute(follower=bob, followee=alice)
    assert relation(bob, alice.id).muted
    for _ in range(2):
        services.mute(follower=bob, followee=alice, muted=False)
    assert not relation(bob, alice.id).muted


def test_only_who_is_followed_can_be_muted(client_of: ClientOf, alice: User, charlie: User) -> None:
    client = client_of(charlie)
    refused = client.post("/u/alice/mute/", {"action": "mute"})
    assert words_of(refused) == ["You can mute only members whom you follow."]
    assert 'value="mute"' not in client.get("/u/alice/").content.decode()
    services.update_profile(user=alice, is_private=True)
    follow(charlie, alice)  # a request
    with pytest.raises(services.Refused):
        services.mute(follower=charlie, followee=alice)
    assert client.post("/u/alice/mute/", {"action": "unmute"}).status_code == 302


def test_back_to_where_it_was_done(client_of: ClientOf, alice: User, bob: User) -> None:
    client = client_of(bob)
    feed = client.post("/u/alice/mute/", {"action": "mute"}, headers={"Referer": "http://testserver/feed/"})
    assert feed["Location"] == "http://testserver/feed/"
    named = client.post("/u/alice/mute/", {"action": "unmute", "next": "/settings/muted/"})
    assert named["Location"] == "/settings/muted/"
    foreign = client.post("/u/alice/mute/", {"action": "mute"}, headers={"Referer": "https://evil.example/"})
    assert foreign["Location"] == "/u/alice/"
    nonsense = client.post("/u/alice/mute/", {"action": "mute"}, headers={"Referer": "no address"})
    assert nonsense["Location"] == "/u/alice/"


def test_scripts_get_json(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    headers = {"Accept": "application/json"}
    answer = client_of(bob).post("/u/alice/mute/", {"action": "mute"}, headers=headers)
    assert answer.json() == {"follows": True, "requested": False, "muted": True}
    assert client_of(charlie).post("/u/alice/mute/", {"action": "mute"}, headers=headers).status_code == 403


def test_visitors_log_in_first(alice: User) -> None:
    answer = Client(headers={"Sec-Fetch-Site": "same-origin"}).post("/u/alice/mute/", {"action": "mute"})
    assert answer["Location"] == "/login/?next=/u/alice/"


def test_what_is_no_mute_is_refused(client_of: ClientOf, alice: User, bob: User) -> None:
    client = client_of(bob)
    assert client.get("/u/alice/mute/").status_code == 405
    assert client.post("/u/alice/mute/", {"action": "destroy"}).status_code == 400
    assert client.post("/u/nobody/mute/", {"action": "mute"}).status_code == 404
    services.block(blocker=alice, blocked=bob)
    assert client.post("/u/alice/mute/", {"action": "mute"}).status_code == 404


def test_the_muted_are_not_told(client_of: ClientOf, alice: User, bob: User) -> None:
    told = Notification.objects.for_owner(alice.id).count()
    services.mute(follower=bob, followee=alice)
    outbox.drain()
    assert Notification.objects.for_owner(alice.id).count() == told
    client = client_of(alice)
    assert "Muted" not in client.get("/u/bob/").content.decode()
    assert "bob" in client.get("/u/alice/followers/").content.decode()


def test_what_they_do_is_still_told(alice: User, bob: User) -> None:
    """A mute is about the feed; a comment or a like of a muted member is news like any other."""
    services.mute(follower=bob, followee=alice)
    outbox.drain()
    follow(alice, bob)
    outbox.drain()
    assert Notification.objects.for_owner(bob.id).filter(actor_id=alice.id).count() == 1


def test_an_unfollow_forgets_it(alice: User, bob: User) -> None:
    services.mute(follower=bob, followee=alice)
    services.unfollow(follower=bob, followee=alice)
    services.follow(follower=bob, followee=alice)
    assert relation(bob, alice.id).follows and not relation(bob, alice.id).muted


def test_the_other_side_keeps_it_to_push_nothing_in_vain(alice: User, bob: User) -> None:
    services.mute(follower=bob, followee=alice)
    outbox.drain()
    assert Follower.objects.for_owner(alice.id).get(follower_id=bob.id).muted
    assert list(selectors.follower_id_chunks(alice.id)) == [[bob.id]]
    assert list(selectors.follower_id_chunks(alice.id, heard=True)) == []
    assert selectors.follower_ids_between(alice.id, 1, MAX_ID) == []
    services.mute(follower=bob, followee=alice, muted=False)
    outbox.drain()
    assert list(selectors.follower_id_chunks(alice.id, heard=True)) == [[bob.id]]
    assert selectors.follower_ids_between(alice.id, 1, MAX_ID) == [bob.id]


def test_the_list_of_whom_one_muted(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    follow(bob, charlie)
    services.mute(follower=bob, followee=alice)
    client = client_of(bob)
    text = client.get("/settings/muted/").content.decode()
    assert "@alice" in text and "@charlie" not in text
    client.post("/u/alice/mute/", {"action": "unmute", "next": "/settings/muted/"})
    assert "You muted nobody" in client.get("/settings/muted/").content.decode()
    assert Client().get("/settings/muted/")["Location"] == "/login/?next=/settings/muted/"


def test_the_list_costs_the_same_however_long(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    def mute_more(count: int, prefix: str) -> None:
        for n in range(count):
            person = make_user(f"{prefix}.{n}", shard=n * 3)
            follow(bob, person)
            services.mute(follower=bob, followee=person)

    mute_more(5, "few")
    with counted_queries() as few:
        assert len(client.get("/settings/muted/").context["page"].items) == 5
    mute_more(35, "more")
    with counted_queries() as lots:
        assert client.get("/settings/muted/").context["page"].next_cursor
    assert few == lots


def test_the_api_mutes(alice: User, bob: User, charlie: User) -> None:
    api = api_of(bob)
    for _ in range(2):
        answer = api.put("users/alice/mute/")
        assert answer.json() == {"follows": True, "requested": False, "muted": True, "blocks": False}
    assert api.get("users/alice/").json()["muted"] is True
    assert api.delete("users/alice/mute/").json()["muted"] is False
    assert api_of(charlie).put("users/alice/mute/").status_code == 403
    assert api_of().put("users/alice/mute/").status_code == 401
    assert api.put("users/nobody/mute/").status_code == 404
