"""What a mute does to feeds: of pushed and of pulled authors, at once, and back."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from pytest_django.fixtures import Settings

from feeds import services, store
from feeds.models import PulledAuthor
from feeds.store import IdList
from photoapp import outbox
from tests.feeds.reading import feed_of, first_page_of, publish, stored_list
from tests.people import follow, live_post, live_posts, make_user
from users.models import User
from users.services import mute, unfollow

pytestmark = pytest.mark.django_db


def on_first_page(user: User) -> list[int]:
    page = first_page_of(user)
    return page.posts if page else []


def stored_ids(user: User) -> list[int]:
    feed = stored_list(user)
    assert feed is not None
    return feed.ids


def test_posts_are_gone_at_once_from_page_and_list(alice: User, bob: User) -> None:
    hers, his = live_post(alice, "hers"), live_post(bob, "his")
    assert feed_of(bob) == ["his", "hers"] and on_first_page(bob) == [his.id, hers.id]
    mute(follower=bob, followee=alice)
    assert stored_list(bob) is None, "forgotten before the mute is answered"
    assert on_first_page(bob) == [his.id] and feed_of(bob) == ["his"]
    assert stored_list(bob) == IdList([his.id], complete=True)
    outbox.drain()
    assert stored_list(bob) == IdList([his.id], complete=True) and on_first_page(bob) == [his.id]


def test_new_posts_are_not_pushed_to_who_muted(alice: User, bob: User) -> None:
    his = live_post(bob, "his")
    assert feed_of(bob) == ["his"]
    mute(follower=bob, followee=alice)
    assert feed_of(bob) == ["his"] and on_first_page(bob) == [his.id]
    publish(alice, "new")
    assert stored_ids(bob) == [his.id]
    assert feed_of(bob) == ["his"] and on_first_page(bob) == [his.id]


def test_unmuting_brings_back_what_was_missed(alice: User, bob: User) -> None:
    before = live_post(alice, "before")
    assert feed_of(bob) == ["before"]
    mute(follower=bob, followee=alice)
    assert feed_of(bob) == []
    meanwhile = publish(alice, "meanwhile")
    mute(follower=bob, followee=alice, muted=False)
    assert on_first_page(bob) == [meanwhile.id, before.id] and feed_of(bob) == ["meanwhile", "before"]
    after = publish(alice, "after")
    assert feed_of(bob) == ["after", "meanwhile", "before"]
    assert on_first_page(bob) == [after.id, meanwhile.id, before.id]


def test_a_feed_that_is_built_anew_leaves_the_muted_out(alice: User, bob: User) -> None:
    live_post(alice, "hers")
    his = live_post(bob, "his")
    mute(follower=bob, followee=alice)
    for build in (feed_of, on_first_page, lambda user: services.rebuild(user.id)):
        store.forget(bob.id)
        build(bob)
        assert stored_ids(bob) == [his.id]


def test_a_list_that_is_built_while_its_member_mutes_is_not_stored(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_post(alice, "hers")
    his = live_post(bob, "his")

    def read_then_mute(*args: object) -> IdList:
        read = from_shards(*args)  # type: ignore[arg-type]
        mute(follower=bob, followee=alice)
        return read

    from_shards = services.from_shards
    monkeypatch.setattr(services, "from_shards", read_then_mute)
    services.rebuild(bob.id)
    monkeypatch.undo()
    assert stored_list(bob) in (None, IdList([his.id], complete=True)), "what was read before is not stored"
    assert on_first_page(bob) == [his.id] and stored_ids(bob) == [his.id]


def test_with_redis_away_too(alice: User, bob: User, feeds_away: Callable[[], AbstractContextManager[None]]) -> None:
    hers, his = live_post(alice, "hers"), live_post(bob, "his")
    assert on_first_page(bob) == [his.id, hers.id]
    with feeds_away():
        mute(follower=bob, followee=alice)
        assert feed_of(bob) == ["his"]
    outbox.drain()
    assert on_first_page(bob) == [his.id] and stored_ids(bob) == [his.id]


def test_a_pulled_author(alice: User, bob: User, settings: Settings) -> None:
    settings.FANOUT_THRESHOLD = 0
    one = publish(alice, "one")
    assert PulledAuthor.objects.filter(author_id=alice.id).exists()
    assert feed_of(bob) == ["one"]
    two = publish(alice, "two")
    assert feed_of(bob) == ["two", "one"] and on_first_page(bob) == [two.id, one.id]
    mute(follower=bob, followee=alice)
    assert on_first_page(bob) == [] and feed_of(bob) == []
    three = publish(alice, "three")
    assert store.read_feed(bob.id) == (IdList([], complete=True), []), "her posts are not merged"
    assert on_first_page(bob) == [] and feed_of(bob) == []
    mute(follower=bob, followee=alice, muted=False)
    assert on_first_page(bob) == [three.id, two.id, one.id] and feed_of(bob) == ["three", "two", "one"]
    four = publish(alice, "four")
    assert feed_of(bob)[0] == "four" and on_first_page(bob)[0] == four.id


def test_an_author_who_becomes_pulled_or_pushed_stays_muted(alice: User, bob: User, settings: Settings) -> None:
    mute(follower=bob, followee=alice)
    assert feed_of(bob) == []
    settings.FANOUT_THRESHOLD = 0
    publish(alice, "pulled")
    assert PulledAuthor.objects.filter(author_id=alice.id).exists()
    assert store.read_feed(bob.id) == (IdList([], complete=True), [])
    assert feed_of(bob) == [] and on_first_page(bob) == []
    settings.FANOUT_THRESHOLD = 10
    publish(alice, "pushed")
    assert not PulledAuthor.objects.filter(author_id=alice.id).exists()
    assert feed_of(bob) == [] and on_first_page(bob) == [] and stored_ids(bob) == []


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
    assert feed_of(bob) == []
    unfollow(follower=bob, followee=alice)
    assert feed_of(bob) == [] and on_first_page(bob) == []
    outbox.drain()
    assert stored_list(bob) == IdList([], complete=True)
