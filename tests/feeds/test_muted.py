"""What a mute does to feeds: of pushed and of pulled authors, at once and later, and back."""

import pytest
from pytest_django.fixtures import Settings

from feeds import selectors, services, store
from feeds.models import PulledAuthor
from photoapp import outbox
from tests.people import follow, live_post, live_posts, make_user
from users.models import User
from users.services import mute, unfollow

pytestmark = pytest.mark.django_db


def feed_of(user: User) -> list[str]:
    captions, cursor = [], None
    while True:
        page = selectors.feed_page(user, cursor)
        captions += [post.caption for post in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return captions


def publish(owner: User, caption: str) -> None:
    services.fan_out(live_post(owner, caption).id)


def stored_ids(user: User) -> list[int]:
    feed, _ = store.read_feed(user.id)
    assert feed is not None
    return feed.ids


def test_posts_are_gone_at_once_and_off_the_list_later(alice: User, bob: User) -> None:
    live_post(alice, "hers")
    live_post(bob, "his")
    assert feed_of(bob) == ["his", "hers"]
    mute(follower=bob, followee=alice)
    assert len(stored_ids(bob)) == 2, "the list has not been purged yet"
    assert feed_of(bob) == ["his"]
    outbox.drain()
    assert len(stored_ids(bob)) == 1


def test_new_posts_are_not_pushed_to_who_muted(alice: User, bob: User) -> None:
    live_post(bob, "his")
    assert feed_of(bob) == ["his"]
    mute(follower=bob, followee=alice)
    outbox.drain()
    publish(alice, "new")
    assert len(stored_ids(bob)) == 1
    assert feed_of(bob) == ["his"]


def test_unmuting_brings_back_what_was_missed(alice: User, bob: User) -> None:
    live_post(alice, "before")
    assert feed_of(bob) == ["before"]
    mute(follower=bob, followee=alice)
    outbox.drain()
    publish(alice, "meanwhile")
    mute(follower=bob, followee=alice, muted=False)
    outbox.drain()
    assert feed_of(bob) == ["meanwhile", "before"]
    publish(alice, "after")
    assert feed_of(bob) == ["after", "meanwhile", "before"]


def test_a_feed_that_is_built_anew_leaves_the_muted_out(alice: User, bob: User) -> None:
    live_post(alice, "hers")
    live_post(bob, "his")
    mute(follower=bob, followee=alice)
    outbox.drain()
    store.drop(store.feed_key(bob.id))
    assert feed_of(bob) == ["his"]


def test_with_redis_away_too(alice: User, bob: User, settings: Settings) -> None:
    live_post(alice, "hers")
    live_post(bob, "his")
    mute(follower=bob, followee=alice)
    settings.FEEDS_URL = "redis://127.0.0.1:1/0"
    store.connection.cache_clear()
    try:
        assert feed_of(bob) == ["his"]
    finally:
        store.connection.cache_clear()


def test_a_pulled_author(alice: User, bob: User, settings: Settings) -> None:
    settings.FANOUT_THRESHOLD = 0
    publish(alice, "one")
    assert PulledAuthor.objects.filter(author_id=alice.id).exists()
    assert feed_of(bob) == ["one"]
    publish(alice, "two")
    assert feed_of(bob) == ["two", "one"]
    mute(follower=bob, followee=alice)
    assert feed_of(bob) == []
    outbox.drain()
    publish(alice, "three")
    assert store.read_feed(bob.id)[1] == [], "her list is not merged"
    assert feed_of(bob) == []
    mute(follower=bob, followee=alice, muted=False)
    outbox.drain()
    assert feed_of(bob) == ["three", "two", "one"]
    publish(alice, "four")
    assert feed_of(bob)[0] == "four"


def test_an_author_who_becomes_pulled_or_pushed_stays_muted(alice: User, bob: User, settings: Settings) -> None:
    assert feed_of(bob) == []
    mute(follower=bob, followee=alice)
    outbox.drain()
    settings.FANOUT_THRESHOLD = 0
    publish(alice, "pulled")
    assert store.read_feed(bob.id)[1] == [] and feed_of(bob) == []
    settings.FANOUT_THRESHOLD = 10
    publish(alice, "pushed")
    assert not PulledAuthor.objects.filter(author_id=alice.id).exists()
    assert stored_ids(bob) == [] and feed_of(bob) == []


def test_a_muted_author_who_posts_much_costs_the_reader_nothing(alice: User, bob: User) -> None:
    other = make_user("other", shard=20)
    follow(bob, other)
    live_posts(other, [str(number) for number in range(6)])
    mute(follower=bob, followee=alice)
    outbox.drain()
    assert len(feed_of(bob)) == 6
    for number in range(60):
        publish(alice, f"noise {number}")
    assert len(stored_ids(bob)) == 6
    assert feed_of(bob) == [str(number) for number in reversed(range(6))]


def test_an_unfollow_of_somebody_muted(alice: User, bob: User) -> None:
    live_post(alice, "hers")
    mute(follower=bob, followee=alice)
    unfollow(follower=bob, followee=alice)
    outbox.drain()
    assert feed_of(bob) == []
