"""GET /feed/new/: what an open page asks once a minute."""

from collections.abc import Callable

import pytest
from django.test import Client

from feeds import store
from feeds.selectors import NEWER_MOST
from media.models import Post
from media.services import delete_post
from photoapp import outbox
from photoapp.ids import encode
from tests import people
from tests.queries import counted_queries
from users.models import User
from users.services import block, mute, unfollow

ClientOf = Callable[[User], Client]


def newer(client: Client, post: Post | None) -> int:
    response = client.get("/feed/new/", {"after": encode(post.id)} if post else {})
    assert response.status_code == 200
    assert "private" in response["Cache-Control"]
    return int(response.json()["new"])


@pytest.fixture
def seen(alice: User, bob: User, client_of: ClientOf) -> Post:
    """A post that is in bob's feed when bob opens it."""
    post = people.upload(alice, "first")
    client_of(bob).get("/feed/")
    return post


def test_posts_above_the_one_that_is_shown_are_counted(alice: User, bob: User, seen: Post, client_of: ClientOf) -> None:
    client = client_of(bob)
    assert newer(client, seen) == 0
    second = people.upload(alice, "second")
    people.upload(alice, "third")
    assert newer(client, seen) == 2
    assert newer(client, second) == 1


def test_a_feed_that_was_empty_has_news_too(alice: User, bob: User, client_of: ClientOf) -> None:
    client = client_of(bob)
    client.get("/feed/")
    assert newer(client, None) == 0
    people.upload(alice, "at last")
    assert newer(client, None) == 1


def test_nothing_is_told_of_that_is_not_shown(
    alice: User, bob: User, charlie: User, seen: Post, client_of: ClientOf
) -> None:
    """One's own, what was withdrawn, and what muted, blocked and unfollowed people post."""
    client = client_of(bob)
    people.upload(bob, "my own")
    people.upload(charlie, "of a stranger")
    assert newer(client, seen) == 0

    gone = people.upload(alice, "a mistake")
    assert newer(client, seen) == 1
    delete_post(post=gone, by=alice)
    assert newer(client, seen) == 0

    people.upload(alice, "loud")
    mute(follower=bob, followee=alice)
    assert newer(client, seen) == 0
    mute(follower=bob, followee=alice, muted=False)
    assert newer(client, seen) == 1
    unfollow(follower=bob, followee=alice)
    assert newer(client, seen) == 0


def test_a_block_is_silent(alice: User, bob: User, seen: Post, client_of: ClientOf) -> None:
    people.upload(alice, "loud")
    block(blocker=alice, blocked=bob)
    assert newer(client_of(bob), seen) == 0


def test_visitors_are_sent_to_the_login(client: Client, db: None) -> None:
    assert client.get("/feed/new/").status_code == 302


@pytest.mark.parametrize("after", ["0", "not-an-id", "zzzzzzzzzzzz", "1" * 12])
def test_what_is_no_id_is_refused(bob: User, client_of: ClientOf, after: str) -> None:
    assert client_of(bob).get("/feed/new/", {"after": after}).status_code == 400


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_possible(bob: User, client_of: ClientOf, method: str) -> None:
    assert getattr(client_of(bob), method)("/feed/new/").status_code == 405


def test_asking_costs_the_member_alone_while_there_is_nothing_new(
    alice: User, bob: User, seen: Post, client_of: ClientOf
) -> None:
    client = client_of(bob)
    newer(client, seen)
    with counted_queries() as counts:
        assert newer(client, seen) == 0
    assert counts == {"default": 1}


def test_news_cost_the_same_however_many_there_are(alice: User, bob: User, seen: Post, client_of: ClientOf) -> None:
    client, costs = client_of(bob), []
    for count in (1, 500):
        people.live_posts(alice, ["new"] * count)
        store.forget(bob.id)
        client.get("/feed/")
        outbox.drain()
        with counted_queries() as counts:
            assert newer(client, seen) == min(count, NEWER_MOST)
        costs.append(dict(counts))
    assert costs[0] == costs[1]
    assert sum(costs[0].values()) == 3, "the member, the follows, the posts of one content server"
