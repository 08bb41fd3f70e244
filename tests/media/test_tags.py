"""Tags of oneself: removed, approved, asked about first; and what everybody else sees of that."""

from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from feeds.models import Notification
from media import receivers, services
from media.models import Post, Trace
from media.receivers import trace_tag
from media.uploads import InvalidUpload
from photoapp import outbox
from tests.api import api_of
from tests.people import follow, jpeg, live_posts, make_user
from tests.queries import counted_queries
from users.models import User
from users.services import block, update_profile

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def post_with(owner: User, *people: User) -> Post:
    names = [person.username for person in people]
    post = services.publish_post(owner=owner, photos=[jpeg()], caption="us", people=names)
    outbox.drain()
    return now(post)


def now(post: Post) -> Post:
    return Post.objects.on_shard_of(post.id).get(id=post.id)


def states(post: Post) -> dict[str, str]:
    return {person["username"]: person["state"] for person in now(post).people}


def ask_first(user: User) -> None:
    update_profile(user=user, approve_tags=True)


def tab_of(user: User) -> list[int]:
    return [int(post["id"]) for post in api_of(user).get(f"users/{user.username}/tagged/").json()["results"]]


# --- Removing ----------------------------------------------------------------------------------------------------


def test_a_tagged_member_removes_the_tag(client_of: ClientOf, alice: User, bob: User) -> None:
    post = post_with(alice, bob)
    client, path = client_of(bob), f"{post.get_absolute_url()}tag/"
    assert tab_of(bob) == [post.id]
    assert "Remove my tag" in client.get(path).content.decode()
    answer = client.post(path, {"action": "remove", "next": post.get_absolute_url()})
    assert answer["Location"].startswith(post.get_absolute_url())
    assert [str(word) for word in get_messages(answer.wsgi_request)] == ["You are no longer tagged in this post."]
    outbox.drain()
    assert states(post) == {"bob": "removed"}
    assert tab_of(bob) == []
    assert not Notification.objects.for_owner(bob.id).filter(kind=Notification.Kind.TAG).exists()
    assert client.get(path).status_code == 404


def test_only_who_is_tagged_has_a_say(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    post = post_with(alice, bob)
    path = f"{post.get_absolute_url()}tag/"
    for person in (charlie, alice):
        for action in ("remove", "approve"):
            assert client_of(person).post(path, {"action": action}).status_code == 404
            assert api_of(person).delete(f"posts/{post.id}/tag/").status_code == 404
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert visitor.post(path, {"action": "remove"})["Location"].startswith("/login/")
    assert api_of().delete(f"posts/{post.id}/tag/").status_code == 401
    assert client_of(bob).post(path, {"action": "destroy"}).status_code == 400
    assert states(post) == {"bob": "shown"}


def test_a_tag_can_be_removed_from_a_post_that_one_cannot_see(client_of: ClientOf, alice: User, bob: User) -> None:
    post = post_with(alice, bob)
    block(blocker=bob, blocked=alice)
    outbox.drain()
    client, path = client_of(bob), f"{post.get_absolute_url()}tag/"
    assert client.get(post.get_absolute_url()).status_code == 404
    page = client.get(path).content.decode()
    assert "Remove my tag" in page and "/photos/" not in page
    client.post(path, {"action": "remove"})
    assert states(post) == {"bob": "removed"}


def test_the_owner_cannot_put_a_removed_tag_back(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    post = post_with(alice, bob)
    services.remove_tag(post=post, user=bob)
    said = "bob removed this tag and cannot be tagged here again."
    with pytest.raises(InvalidUpload) as refused:
        services.edit_post(post=now(post), editor=alice, people=["bob", "charlie"])
    assert refused.value.errors == {"people": [said]}
    assert api_of(alice).patch(f"posts/{post.id}/", {"people": ["bob"]}).json() == {"people": [said]}
    form = client_of(alice).post(f"{post.get_absolute_url()}edit/", {"caption": "us", "people": "bob"})
    assert form.status_code == 400 and said in form.content.decode()
    for people in ([], ["charlie"], []):
        services.edit_post(post=now(post), editor=alice, people=people)
        assert states(post)["bob"] == "removed"
    assert states(post) == {"bob": "removed"}


def test_twice_is_the_same_as_once(alice: User, bob: User) -> None:
    post = post_with(alice, bob)
    api = api_of(bob)
    assert api.put(f"posts/{post.id}/tag/").status_code == 204
    assert api.put(f"posts/{post.id}/tag/").status_code == 204
    assert api.delete(f"posts/{post.id}/tag/").status_code == 204
    assert api.delete(f"posts/{post.id}/tag/").status_code == 404, "the tag is gone"
    assert api.put(f"posts/{post.id}/tag/").status_code == 404, "and does not come back"
    assert states(post) == {"bob": "removed"}


# --- Being asked first -------------------------------------------------------------------------------------------


def test_a_tag_waits_for_who_wants_to_be_asked(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    ask_first(bob)
    post = post_with(alice, bob)
    assert states(post) == {"bob": "asked"}
    for viewer in (None, charlie, alice, bob):
        api = api_of(viewer)
        assert api.get(f"posts/{post.id}/").json()["people"] == []
        assert api.get("users/bob/tagged/").json()["results"] == []
    for client in (Client(), client_of(charlie)):
        assert "bob" not in client.get(post.get_absolute_url()).content.decode()
    assert (
        "The tag of bob is waiting for their approval."
        in client_of(alice).get(post.get_absolute_url()).content.decode()
    )


def test_it_is_approved_or_declined_in_the_settings(client_of: ClientOf, alice: User, bob: User) -> None:
    ask_first(bob)
    yes, no = post_with(alice, bob), post_with(alice, bob)
    client = client_of(bob)
    page = client.get("/settings/tags/")
    assert [post.id for post in page.context["page"].items] == [no.id, yes.id]
    assert "/photos/" in page.content.decode()
    words = {"next": "/settings/tags/"}
    client.post(f"{yes.get_absolute_url()}tag/", {"action": "approve", **words})
    client.post(f"{no.get_absolute_url()}tag/", {"action": "remove", **words})
    assert "No tag waits for you" in client.get("/settings/tags/").content.decode(), "at once"
    outbox.drain()
    assert (states(yes), states(no)) == ({"bob": "shown"}, {"bob": "removed"})
    assert tab_of(bob) == [yes.id]
    assert api_of().get(f"posts/{yes.id}/").json()["people"] == ["bob"]


def test_it_is_approved_on_the_post_too(client_of: ClientOf, alice: User, bob: User) -> None:
    ask_first(bob)
    post = post_with(alice, bob)
    client = client_of(bob)
    assert "Nobody sees that until you approve it" in client.get(post.get_absolute_url()).content.decode()
    assert "May this tag of you be shown?" in client.get(f"{post.get_absolute_url()}tag/").content.decode()
    answer = client.post(
        f"{post.get_absolute_url()}tag/", {"action": "approve"}, headers={"Accept": "application/json"}
    )
    assert answer.json() == {"tagged": True} and states(post) == {"bob": "shown"}


def test_nobody_waits_for_themselves(alice: User) -> None:
    ask_first(alice)
    assert states(post_with(alice, alice)) == {"alice": "shown"}


def test_an_edit_leaves_what_was_said_of_tags(alice: User, bob: User, charlie: User) -> None:
    ask_first(bob)
    post = post_with(alice, bob)
    services.edit_post(post=post, editor=alice, people=["bob", "charlie"])
    assert states(post) == {"bob": "asked", "charlie": "shown"}
    services.approve_tag(post=post, user=bob)
    services.edit_post(post=now(post), editor=alice, people=["bob"])
    assert states(post) == {"bob": "shown"}


@pytest.mark.parametrize("people", [["bob"], ["bob", "charlie"], [], None])
def test_an_edit_that_began_before_the_tag_was_removed_does_not_bring_it_back(
    alice: User, bob: User, charlie: User, people: list[str] | None
) -> None:
    before = post_with(alice, bob)
    services.remove_tag(post=before, user=bob)
    services.edit_post(post=before, editor=alice, people=people)
    assert states(before)["bob"] == "removed"


def test_the_switch(client_of: ClientOf, bob: User) -> None:
    client, switch_on = client_of(bob), 'aria-describedby="approve_tags_help" checked'
    assert switch_on not in client.get("/settings/tags/").content.decode()
    client.post("/settings/tags/", {"approve_tags": "on"})
    assert User.objects.get(id=bob.id).approve_tags
    assert switch_on in client.get("/settings/tags/").content.decode()
    client.post("/settings/tags/", {})
    assert not User.objects.get(id=bob.id).approve_tags
    assert Client().get("/settings/tags/")["Location"] == "/login/?next=/settings/tags/"


def test_the_waiting_list_is_only_for_posts_one_may_see(client_of: ClientOf, alice: User, charlie: User) -> None:
    ask_first(charlie)
    update_profile(user=alice, is_private=True)
    post_with(alice, charlie)
    assert client_of(charlie).get("/settings/tags/").context["page"].items == []


def test_traces_follow_what_was_said(alice: User, bob: User) -> None:
    def kinds() -> set[str]:
        return {trace.kind for trace in Trace.objects.for_owner(bob.id).filter(target_id=post.id)}

    ask_first(bob)
    post = post_with(alice, bob)
    assert kinds() == {Trace.Kind.ASKED}
    services.approve_tag(post=post, user=bob)
    outbox.drain()
    assert kinds() == {Trace.Kind.TAG}
    services.edit_post(post=post, editor=alice, people=[])
    outbox.drain()
    assert kinds() == set()


def test_the_waiting_list_costs_the_same_however_long(client_of: ClientOf, alice: User) -> None:
    viewer = make_user("viewer", shard=10, approve_tags=True)
    follow(viewer, alice)
    outbox.drain()
    client = client_of(viewer)

    def more(count: int) -> None:
        asked = [{"id": str(viewer.id), "username": "viewer", "state": str(Post.Tag.ASKED)}]
        for post in live_posts(alice, map(str, range(count)), people=asked):
            trace_tag(viewer.id, post.id)

    more(5)
    with counted_queries() as few:
        assert len(client.get("/settings/tags/").context["page"].items) == 5
    more(100)
    with counted_queries() as lots:
        assert client.get("/settings/tags/").context["page"].next_cursor
    assert few == lots


def test_erasing_a_member_keeps_what_others_say_at_the_same_moment(
    alice: User, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = post_with(alice, bob, charlie)
    erase_tag = receivers._erase_tag

    def when_bob_has_spoken(post_id: int, user_id: int) -> None:
        services.remove_tag(post=post, user=bob)
        erase_tag(post_id, user_id)

    monkeypatch.setattr(receivers, "_erase_tag", when_bob_has_spoken)
    receivers.erase_trace(Trace.objects.for_owner(charlie.id).get(kind=Trace.Kind.TAG))
    assert states(post) == {"bob": Post.Tag.REMOVED}


def test_traces_are_read_and_written_one_at_a_time(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one of two handlers that run at the same moment writes what the other knows to be over."""
    post = post_with(alice, bob)
    comment = services.add_comment(post=post, author=bob, text="Hm")
    held: list[tuple[object, ...]] = []
    monkeypatch.setattr(receivers, "lock", lambda using, *key: held.append(key))
    receivers.trace_like(post.id, bob.id)
    receivers.trace_save(post.id, bob.id)
    receivers.trace_tag(bob.id, post.id)
    receivers.trace_comment(post.id, comment.id, bob.id)
    assert held == [("trace", bob.id, post.id)] * 3 + [("trace", bob.id, comment.id)]
