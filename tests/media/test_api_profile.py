"""Profiles in the API, and a member's posts."""

import pytest

from media.models import Post
from photoapp import outbox
from photoapp.ids import new_user_id
from tests.api import Api, api_of
from tests.people import follow, live_post, live_posts
from tests.queries import counted_queries
from users import deletion, services
from users.models import Follower, Following, User

pytestmark = pytest.mark.django_db


def captions(answer) -> list[str]:
    return [post["caption"] for post in answer.json()["results"]]


def test_a_profile(alice: User, bob: User) -> None:
    live_posts(alice, ["one", "two"])
    services.update_profile(user=alice, bio="Hello", avatar="avatars/x.webp")
    answer = api_of(bob).get("users/alice/")
    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(alice.id),
        "username": "alice",
        "display_name": "Alice",
        "avatar": "http://testserver/avatars/x.webp",
        "url": "http://testserver/u/alice/",
        "bio": "Hello",
        "is_private": False,
        "posts": 2,
        "followers": 1,
        "following": 0,
        "follows": True,
        "requested": False,
        "muted": False,
        "blocks": False,
    }
    assert "email" not in answer.json()


def test_a_profile_says_how_the_caller_stands_to_the_member(alice: User, charlie: User) -> None:
    services.update_profile(user=alice, is_private=True)
    follow(charlie, alice)
    found = api_of(charlie).get("users/alice/").json()
    assert (found["is_private"], found["follows"], found["requested"]) == (True, False, True)
    services.block(blocker=charlie, blocked=alice)
    assert api_of(charlie).get("users/alice/").json()["blocks"] is True


def test_posts_are_newest_first_and_only_live_ones(alice: User) -> None:
    posts = live_posts(alice, map(str, range(15)))
    Post.objects.on_shard_of(alice.id).filter(id=posts[0].id).update(state=Post.State.PROCESSING)
    client = api_of()
    first = client.get("users/alice/posts/")
    second = client.get(first.json()["next"])
    assert captions(first) + captions(second) == [str(number) for number in range(14, 0, -1)]
    assert second.json()["next"] is None


def test_the_posts_of_a_private_account_are_for_followers(alice: User, bob: User, charlie: User) -> None:
    live_post(alice, "secret")
    assert captions(api_of().get("users/alice/posts/")) == ["secret"]
    services.update_profile(user=alice, is_private=True)
    for viewer in (None, charlie):
        answer = api_of(viewer).get("users/alice/posts/")
        assert answer.status_code == 403
        assert "private" in answer.json()["detail"]
        assert "secret" not in answer.content.decode()
    for viewer in (bob, alice):
        assert captions(api_of(viewer).get("users/alice/posts/")) == ["secret"]


def test_who_blocked_does_not_see_the_posts_either(alice: User, charlie: User) -> None:
    live_post(charlie, "his")
    services.block(blocker=alice, blocked=charlie)
    answer = api_of(alice).get("users/charlie/posts/")
    assert (answer.status_code, answer.json()) == (403, {"detail": "You have blocked this member."})


def test_an_account_that_ended_is_not_found(alice: User, bob: User) -> None:
    live_post(alice)
    deletion.delete_account(user=alice)
    for path in ("", "posts/", "followers/"):
        assert api_of(bob).get(f"users/alice/{path}").status_code == 404


def test_a_profile_costs_the_same_however_much_there_is(alice: User, bob: User) -> None:
    live_posts(alice, map(str, range(10)))
    befriend(alice, 5)
    client = api_of(bob)
    few = {path: counted(client, path) for path in ("users/alice/", "users/alice/posts/")}
    live_posts(alice, map(str, range(490)))
    befriend(alice, 295)
    assert {path: counted(client, path) for path in few} == few


def befriend(user: User, number: int) -> None:
    """Follows both ways with people elsewhere."""
    others = [new_user_id() for _ in range(number)]
    for row in others:
        Following.objects.bulk_create([Following(follower_id=user.id, followee_id=row, accepted=True, position=row)])
        Follower.objects.bulk_create([Follower(followee_id=user.id, follower_id=row, accepted=True, position=row)])
    outbox.drain()


def counted(client: Api, path: str) -> dict[str, int]:
    client.get(path)
    with counted_queries() as counts:
        assert client.get(path).status_code == 200
    return dict(counts)
