"""Follows, requests, blocks and the lists of people in the API."""

import pytest

from photoapp import outbox
from tests.api import api_of
from tests.people import follow, make_user
from users import services
from users.models import User
from users.selectors import LIST_SIZE, relation

pytestmark = pytest.mark.django_db

NOBODY = {"follows": False, "requested": False, "muted": False, "blocks": False}


def make_private(user: User) -> None:
    services.update_profile(user=user, is_private=True)


def names(answer) -> list[str]:
    return [person["username"] for person in answer.json()["results"]]


def test_following_twice_is_following_once(alice: User, charlie: User) -> None:
    client = api_of(charlie)
    for _ in range(2):
        answer = client.put("users/alice/follow/")
        assert (answer.status_code, answer.json()) == (200, {**NOBODY, "follows": True})
    assert names(client.get("users/alice/followers/")) == ["charlie"]
    assert names(client.get("users/charlie/following/")) == ["alice"]
    for _ in range(2):
        answer = client.delete("users/alice/follow/")
        assert (answer.status_code, answer.json()) == (200, NOBODY)
    assert names(client.get("users/alice/followers/")) == []


def test_nobody_follows_themselves_or_without_a_login(alice: User) -> None:
    answer = api_of(alice).put("users/alice/follow/")
    assert (answer.status_code, answer.json()) == (403, {"detail": "You cannot follow yourself."})
    assert api_of().put("users/alice/follow/").status_code == 401


def test_a_private_account_is_asked(alice: User, charlie: User) -> None:
    make_private(alice)
    assert api_of(charlie).put("users/alice/follow/").json() == {**NOBODY, "requested": True}
    assert api_of(charlie).get("users/alice/followers/").status_code == 403
    owner = api_of(alice)
    assert names(owner.get("me/requests/")) == ["charlie"]
    assert owner.put("me/requests/charlie/").status_code == 204
    assert names(owner.get("me/requests/")) == []
    assert relation(charlie, alice.id).follows
    assert names(api_of(charlie).get("users/alice/followers/")) == ["charlie"]


def test_a_request_can_be_declined_and_a_follower_removed(alice: User, bob: User, charlie: User) -> None:
    make_private(alice)
    follow(charlie, alice)
    owner = api_of(alice)
    for name in ("charlie", "bob"):
        assert owner.delete(f"me/requests/{name}/").status_code == 204
    assert not relation(charlie, alice.id).requested
    assert not relation(bob, alice.id).follows


def test_accepting_what_was_not_asked_makes_no_follow(alice: User, charlie: User) -> None:
    assert api_of(alice).put("me/requests/charlie/").status_code == 204
    assert not relation(charlie, alice.id).follows
    assert api_of(alice).put("me/requests/nobody/").status_code == 404


def test_who_blocked_the_caller_is_not_listed(alice: User, bob: User, charlie: User) -> None:
    services.block(blocker=bob, blocked=charlie)
    assert names(api_of(charlie).get("users/alice/followers/")) == []
    assert names(api_of(alice).get("users/alice/followers/")) == ["bob"]


@pytest.mark.parametrize("path", ["followers", "following"])
def test_the_lists_of_a_private_account_are_for_followers(alice: User, bob: User, charlie: User, path: str) -> None:
    make_private(alice)
    expected = {None: 403, charlie: 403, bob: 200, alice: 200}
    for viewer, status in expected.items():
        answer = api_of(viewer).get(f"users/alice/{path}/")
        assert answer.status_code == status
        if status == 403:
            assert "private" in answer.json()["detail"]


def test_blocking_ends_follows_and_hides_the_blocker(alice: User, bob: User) -> None:
    owner = api_of(alice)
    for _ in range(2):
        answer = owner.put("users/bob/block/")
        assert (answer.status_code, answer.json()) == (200, {**NOBODY, "blocks": True})
    assert names(owner.get("me/blocks/")) == ["bob"]
    assert names(owner.get("users/alice/followers/")) == []
    blocked = api_of(bob)
    for method, path in [
        ("get", "users/alice/"),
        ("get", "users/alice/posts/"),
        ("get", "users/alice/followers/"),
        ("put", "users/alice/follow/"),
        ("delete", "users/alice/follow/"),
        ("put", "users/alice/block/"),
    ]:
        assert getattr(blocked, method)(path).status_code == 404, path
    assert owner.put("users/bob/follow/").status_code == 403
    assert owner.delete("users/bob/block/").json() == NOBODY
    assert blocked.get("users/alice/").status_code == 200


def test_nobody_blocks_themselves_or_without_a_login(alice: User) -> None:
    assert api_of(alice).put("users/alice/block/").status_code == 403
    assert api_of().put("users/alice/block/").status_code == 401


@pytest.mark.parametrize("name", ["nobody", "x", "a b", "%00", "al%00ice", "ALICE%2F", "é", "x" * 200, "..", "me"])
def test_who_is_not_a_member_is_not_found(alice: User, name: str) -> None:
    client = api_of(alice)
    for path in ("", "posts/", "followers/", "following/"):
        assert client.get(f"users/{name}/{path}").status_code == 404
    for path in ("follow/", "block/"):
        assert client.put(f"users/{name}/{path}").status_code == 404


def test_names_are_found_in_any_case(alice: User) -> None:
    assert api_of().get("users/Alice/").json()["username"] == "alice"


def test_lists_are_pages_with_cursors(alice: User) -> None:
    people = [make_user(f"fan{number:02}") for number in range(LIST_SIZE + 2)]
    for person in people:
        follow(person, alice)
    outbox.drain()
    client = api_of()
    first = client.get("users/alice/followers/")
    second = client.get(first.json()["next"])
    assert names(first) + names(second) == [person.username for person in reversed(people)]
    assert (len(first.json()["results"]), second.json()["next"]) == (LIST_SIZE, None)


@pytest.mark.parametrize("cursor", ["x", "5Q~x", "%00", "é", "9" * 500])
def test_an_edited_cursor_is_refused(alice: User, cursor: str) -> None:
    for path in ("users/alice/followers/", "users/alice/posts/", "feed/", "me/requests/", "me/blocks/"):
        answer = api_of(alice).get(f"{path}?cursor={cursor}")
        assert answer.status_code == 400, path
        assert "first page" in answer.json()["detail"]


def test_methods_that_are_not_there(alice: User) -> None:
    answer = api_of(alice).post("users/alice/follow/")
    assert (answer.status_code, list(answer.json())) == (405, ["detail"])
