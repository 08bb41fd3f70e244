"""The feed in the API, twin of the page."""

import pytest

from feeds import store
from media.services import withdraw_post
from photoapp import outbox
from photoapp.shards import servers
from tests.api import api_of
from tests.people import add_follows, crowd, follow, live_post, live_posts, make_user
from tests.queries import counted_queries
from users import services
from users.models import User

pytestmark = pytest.mark.django_db


def captions(answer) -> list[str]:
    return [post["caption"] for post in answer.json()["results"]]


def test_the_feed_is_5_posts_then_10_a_page(alice: User, bob: User) -> None:
    live_posts(alice, map(str, range(18)))
    client = api_of(bob)
    pages = [client.get("feed/")]
    while following := pages[-1].json()["next"]:
        assert following.startswith("http://testserver/api/v1/feed/?cursor=")
        pages.append(client.get(following))
    assert [len(captions(page)) for page in pages] == [5, 10, 3]
    assert [caption for page in pages for caption in captions(page)] == [str(number) for number in range(17, -1, -1)]


def test_the_feed_holds_what_the_caller_follows(alice: User, bob: User, charlie: User) -> None:
    live_post(charlie, "a stranger's")
    live_post(alice, "a friend's")
    live_post(bob, "one's own")
    assert captions(api_of(bob).get("feed/")) == ["one's own", "a friend's"]
    assert captions(api_of(charlie).get("feed/")) == ["a stranger's"]


def test_the_feed_needs_a_login() -> None:
    assert api_of().get("feed/").status_code == 401


def test_what_was_withdrawn_is_not_in_it(alice: User, bob: User) -> None:
    client = api_of(bob)
    _, second = live_posts(alice, ["one", "two"])
    assert captions(client.get("feed/")) == ["two", "one"]
    withdraw_post(second.id)
    assert captions(client.get("feed/")) == ["one"]
    services.unfollow(follower=bob, followee=alice)
    assert captions(client.get("feed/")) == []


def test_a_cursor_is_for_its_own_member(alice: User, bob: User) -> None:
    live_posts(alice, map(str, range(8)))
    following = api_of(bob).get("feed/").json()["next"]
    assert api_of(alice).get(following).status_code == 400


def test_the_feed_costs_the_same_however_much_there_is(alice: User, bob: User) -> None:
    client = api_of(bob)
    authors = [make_user(f"friend{number}", shard=number * 250) for number in range(5)]
    for author in authors:
        follow(bob, author)
    outbox.drain()
    post_in_turn(authors, 2)
    few = counted(client, bob)
    add_follows((bob, other) for other in crowd(295))
    for author in authors:
        live_posts(author, [""] * 96)
    post_in_turn(authors, 2)
    outbox.drain()
    assert counted(client, bob) == few
    assert few["friends1"] == 1
    assert all(few[alias] == 1 for alias in servers("content"))


def post_in_turn(authors: list[User], times: int) -> None:
    """So that a page holds posts of several servers."""
    for author in authors * times:
        live_post(author)


def counted(client, user: User) -> dict[str, int]:
    """Queries of a feed that is stored, on its first page."""
    store.forget(user.id)
    client.get("feed/")
    with counted_queries() as counts:
        assert len(captions(client.get("feed/"))) == 5
    return dict(counts)
