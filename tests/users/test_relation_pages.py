"""Follow, unfollow, block: the forms on profiles and in lists."""

from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from tests.people import follow
from users import services
from users.models import User
from users.selectors import STRANGER, Relation, relation

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_follow_and_unfollow(client_of: ClientOf, alice: User, charlie: User) -> None:
    client = client_of(charlie)
    answer = client.post("/u/alice/follow/", {"action": "follow"})
    assert (answer.status_code, answer["Location"]) == (302, "/u/alice/")
    assert relation(charlie, alice.id).follows
    client.post("/u/alice/follow/", {"action": "unfollow"})
    assert relation(charlie, alice.id) == STRANGER


def test_a_private_account_is_asked(client_of: ClientOf, alice: User, charlie: User) -> None:
    services.update_profile(user=alice, is_private=True)
    answer = client_of(charlie).post("/u/alice/follow/", {"action": "follow"})
    assert "You asked to follow alice" in str(next(iter(get_messages(answer.wsgi_request))))
    assert relation(charlie, alice.id).requested


def test_back_to_the_page_of_the_form_if_it_is_ours(client_of: ClientOf, alice: User, charlie: User) -> None:
    client = client_of(charlie)
    ours = client.post("/u/alice/follow/", {"action": "follow", "next": "/search/?q=al"})
    assert ours["Location"] == "/search/?q=al"
    for foreign in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        answer = client.post("/u/alice/follow/", {"action": "follow", "next": foreign})
        assert answer["Location"] == "/u/alice/"


def test_nobody_follows_themselves(client_of: ClientOf, alice: User) -> None:
    answer = client_of(alice).post("/u/alice/follow/", {"action": "follow"})
    assert answer.status_code == 302
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["You cannot follow yourself."]


def test_who_blocked_the_viewer_does_not_exist_for_them(client_of: ClientOf, alice: User, charlie: User) -> None:
    services.block(blocker=alice, blocked=charlie)
    client = client_of(charlie)
    assert client.post("/u/alice/follow/", {"action": "follow"}).status_code == 404
    assert client.post("/u/alice/block/", {"action": "block"}).status_code == 404
    assert client.get("/u/alice/followers/").status_code == 404


def test_block_and_unblock(client_of: ClientOf, alice: User, bob: User) -> None:
    client = client_of(alice)
    client.post("/u/bob/block/", {"action": "block"})
    assert relation(alice, bob.id) == Relation(blocks=True)
    assert relation(bob, alice.id) == Relation(blocked_by=True)
    assert "bob" in client.get("/settings/blocks/").content.decode()
    refused = client.post("/u/bob/follow/", {"action": "follow"})
    assert "Unblock them first" in str(list(get_messages(refused.wsgi_request))[-1])
    client.post("/u/bob/block/", {"action": "unblock"})
    assert relation(alice, bob.id) == STRANGER


def test_two_who_blocked_each_other_can_still_end_their_own_block(
    client_of: ClientOf, alice: User, charlie: User
) -> None:
    services.block(blocker=alice, blocked=charlie)
    services.block(blocker=charlie, blocked=alice)
    assert client_of(alice).post("/u/charlie/block/", {"action": "unblock"}).status_code == 302
    assert relation(alice, charlie.id) == Relation(blocked_by=True)


@pytest.mark.parametrize("path", ["/u/alice/follow/", "/u/alice/block/"])
def test_visitors_log_in_first_and_come_back_to_the_profile(alice: User, path: str) -> None:
    answer = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(path, {"action": "follow"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/u/alice/")


@pytest.mark.parametrize("path", ["/u/alice/follow/", "/u/alice/block/"])
def test_a_link_does_nothing(client_of: ClientOf, alice: User, charlie: User, path: str) -> None:
    assert client_of(charlie).get(path).status_code == 405


@pytest.mark.parametrize("action", ["", "destroy"])
def test_an_unknown_act_is_refused(client_of: ClientOf, alice: User, charlie: User, action: str) -> None:
    assert client_of(charlie).post("/u/alice/follow/", {"action": action}).status_code == 400


def test_another_site_cannot_follow_for_a_member(client_of: ClientOf, alice: User, charlie: User) -> None:
    client = Client(headers={"Sec-Fetch-Site": "cross-site"}, enforce_csrf_checks=True)
    client.force_login(charlie, "allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/u/alice/follow/", {"action": "follow"}).status_code == 403
    assert relation(charlie, alice.id) == STRANGER


def test_requests_are_accepted_and_declined(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    services.update_profile(user=alice, is_private=True)
    services.unfollow(follower=bob, followee=alice)
    follow(bob, alice)
    follow(charlie, alice)
    client = client_of(alice)
    assert "2 follow requests" in client.get("/u/alice/").content.decode()
    client.post("/settings/requests/", {"action": "accept", "user": "bob"})
    client.post("/settings/requests/", {"action": "decline", "user": "charlie"})
    assert relation(bob, alice.id).follows
    assert relation(charlie, alice.id) == STRANGER
    assert "Nobody is waiting" in client.get("/settings/requests/").content.decode()


def test_only_the_owner_answers_requests(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    services.update_profile(user=alice, is_private=True)
    follow(charlie, alice)
    client_of(bob).post("/settings/requests/", {"action": "accept", "user": "charlie"})
    assert relation(charlie, alice.id).requested
    assert client_of(bob).post("/settings/requests/", {"action": "accept", "user": "nobody"}).status_code == 404


def test_a_follower_is_removed(client_of: ClientOf, alice: User, bob: User) -> None:
    words = {"action": "remove", "user": "bob", "next": "/u/alice/followers/"}
    assert client_of(alice).post("/settings/requests/", words)["Location"] == "/u/alice/followers/"
    assert relation(bob, alice.id) == STRANGER
