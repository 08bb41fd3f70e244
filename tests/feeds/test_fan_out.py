"""What a post, a follow, an unfollow, a block and a deletion do to feeds."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from pytest_django.fixtures import Settings

from feeds import keys, selectors, services, store
from feeds.models import PulledAuthor
from feeds.store import IdList
from media.models import Post
from media.services import withdraw_post
from photoapp import outbox
from photoapp.redis_clients import FEEDS, acting
from photoapp.shards import FRIENDS, alias_for
from tests.admin.conftest import server_down
from tests.feeds.reading import announce, bring, feed_of, first_page_of, on_their_way, publish, stored_list
from tests.people import follow, live_post, live_posts, make_user, upload
from users.models import User
from users.services import block, remove_follower, unfollow

pytestmark = pytest.mark.django_db

Away = Callable[[], AbstractContextManager[None]]


def on_first_page(user: User) -> list[int]:
    page = first_page_of(user)
    return page.posts if page else []


# --- Posts -------------------------------------------------------------------------------------------------------


def test_an_upload_reaches_follower_and_author_and_no_stranger(alice: User, bob: User, charlie: User) -> None:
    for user in (alice, bob, charlie):
        assert feed_of(user) == [] and on_first_page(user) == []
    post = upload(alice, "sunset")
    for user in (alice, bob):
        assert feed_of(user) == ["sunset"] and on_first_page(user) == [post.id]
    assert feed_of(charlie) == [] and on_first_page(charlie) == []


def test_the_feed_exists_before_redis_knows_of_it(alice: User, bob: User) -> None:
    live_posts(alice, ["one", "two", "three"])
    assert feed_of(bob) == ["three", "two", "one"]


def test_a_push_is_only_for_feeds_that_exist(alice: User, bob: User) -> None:
    publish(alice, "one")
    assert not acting(FEEDS).exists(keys.feed_key(bob.id))
    assert feed_of(bob) == ["one"]
    publish(alice, "two")
    assert feed_of(bob) == ["two", "one"]


def test_a_page_that_is_stored_goes_with_the_push(alice: User, bob: User) -> None:
    one = publish(alice, "one")
    assert on_first_page(bob) == [one.id]
    two = live_post(alice, "two")
    announce(two)
    assert on_first_page(bob) == [one.id], "its news is on its way"
    assert services.fan_out(two.id) == [bob.id]
    assert on_first_page(bob) == [two.id, one.id]
    assert services.fan_out(two.id) == [], "twice is the same as once"


def test_a_feed_that_is_built_while_a_post_is_pushed_has_it(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = live_post(alice, "one")
    pushed: list[Post] = []

    def read_then_push(*args: object) -> IdList:
        read = from_shards(*args)  # type: ignore[arg-type]
        pushed.append(publish(alice, "two"))
        return read

    from_shards = services.from_shards
    monkeypatch.setattr(services, "from_shards", read_then_push)
    assert services.rebuild(bob.id) == IdList([one.id], complete=True), "as it was read"
    assert stored_list(bob) == IdList([pushed[0].id, one.id], complete=True)
    assert on_first_page(bob) == [pushed[0].id, one.id]


def test_a_long_list_of_followers_is_gone_through_in_chunks(
    alice: User, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.FANOUT_CHUNK", 2)
    fans = [bob, charlie, *(make_user(f"fan{number}") for number in range(3))]
    for fan in fans[1:]:
        follow(fan, alice)
    post = live_post(alice, "one")
    assert [feed_of(fan) for fan in fans] == [["one"]] * 5
    for fan in fans:
        on_first_page(fan)
    two = live_post(alice, "two")
    first, *others = sorted(fan.id for fan in fans)[:2]
    assert sorted(services.fan_out(two.id)) == [first, *others], "the members whose page went"
    reached = [fan.id for fan in fans if stored_list(fan) == IdList([two.id, post.id], complete=True)]
    assert sorted(reached) == [first, *others]
    assert on_their_way() == {two.id}
    bring(two)
    assert [feed_of(fan) for fan in fans] == [["two", "one"]] * 5
    assert [on_first_page(fan) for fan in fans] == [[two.id, post.id]] * 5


def test_fanning_out_twice_or_out_of_order_makes_no_duplicate(alice: User, bob: User) -> None:
    assert feed_of(bob) == []
    first, second = live_post(alice, "first"), live_post(alice, "second")
    for post in (second, first, second, first):
        services.fan_out(post.id)
    assert feed_of(bob) == ["second", "first"]
    assert stored_list(bob) == IdList([second.id, first.id], complete=True)


def test_a_deleted_post_is_gone_at_once_and_off_the_lists_later(alice: User, bob: User) -> None:
    post, good = live_post(alice, "oops"), live_post(alice, "good")
    assert feed_of(bob) == ["good", "oops"]
    assert on_first_page(bob) == [good.id, post.id]
    withdraw_post(post.id)
    assert feed_of(bob) == ["good"] and on_first_page(bob) == [good.id]
    outbox.drain()
    assert stored_list(bob) == IdList([good.id], complete=True)


def test_a_post_that_is_withdrawn_while_it_is_pushed_is_on_no_list(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its withdrawal passes by before the push."""
    assert feed_of(bob) == []
    post = live_post(alice, "oops")

    def push_late(post_id: int, members: list[int]) -> store.Pushed:
        if members == [bob.id]:
            withdraw_post(post.id)
            outbox.drain()
        return push(post_id, members)

    push = store.push
    monkeypatch.setattr(store, "push", push_late)
    services.fan_out(post.id)
    assert stored_list(bob) == IdList([], complete=True) and on_first_page(bob) == []


def test_pages_are_full_although_posts_were_withdrawn(alice: User, bob: User) -> None:
    posts = live_posts(alice, [str(number) for number in range(60)])
    assert len(feed_of(bob)) == 60
    for post in posts[-20:]:
        Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=Post.State.DELETED)
    first = selectors.feed_page(bob, None)
    assert [post.caption for post in first.items] == ["39", "38", "37", "36", "35"]
    second = selectors.feed_page(bob, first.next_cursor)
    assert len(second.items) == 10
    assert first_page_of(bob) is None, "it goes on below what it is composed from: the view makes it as above"


def test_a_first_page_is_full_although_some_posts_were_withdrawn(alice: User, bob: User) -> None:
    posts = live_posts(alice, [str(number) for number in range(30)])
    assert on_first_page(bob) == [post.id for post in posts[:-6:-1]]
    for post in posts[-8:]:
        withdraw_post(post.id)
    assert on_first_page(bob) == [post.id for post in posts[-9:-14:-1]]


def test_a_feed_goes_on_below_what_is_stored(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FEED_LENGTH", 7)
    posts = live_posts(alice, [str(number) for number in range(40)])
    for _ in range(2):
        assert feed_of(bob) == [str(number) for number in reversed(range(40))]
        assert on_first_page(bob) == [post.id for post in posts[:-6:-1]]


# --- Follows -----------------------------------------------------------------------------------------------------


def test_following_brings_all_at_once(alice: User, charlie: User) -> None:
    first, last = live_post(charlie, "my first"), live_posts(alice, [str(number) for number in range(60)])
    mine = live_post(charlie, "my last")
    assert feed_of(charlie) == ["my last", "my first"]
    assert on_first_page(charlie) == [mine.id, first.id]
    follow(charlie, alice)
    assert stored_list(charlie) is None, "forgotten before the follow is answered"
    assert on_first_page(charlie) == [mine.id, *(post.id for post in last[:-5:-1])]
    whole = IdList([mine.id, *(post.id for post in reversed(last)), first.id], complete=True)
    assert stored_list(charlie) == whole
    assert feed_of(charlie) == ["my last", *(str(number) for number in reversed(range(60))), "my first"]
    outbox.drain()
    assert stored_list(charlie) == whole


@pytest.mark.parametrize("end", ["unfollow", "be removed", "block", "be blocked"])
def test_who_no_longer_follows_has_nothing_of_the_author_at_once(alice: User, bob: User, end: str) -> None:
    hers, his = live_post(alice, "hers"), live_post(bob, "his")
    assert feed_of(bob) == ["his", "hers"] and on_first_page(bob) == [his.id, hers.id]
    {
        "unfollow": lambda: unfollow(follower=bob, followee=alice),
        "be removed": lambda: remove_follower(owner=alice, follower=bob),
        "block": lambda: block(blocker=bob, blocked=alice),
        "be blocked": lambda: block(blocker=alice, blocked=bob),
    }[end]()
    assert stored_list(bob) is None, "forgotten before the act is answered"
    assert on_first_page(bob) == [his.id]
    assert stored_list(bob) == IdList([his.id], complete=True)
    assert feed_of(bob) == ["his"]
    publish(alice, "more of hers")
    outbox.drain()
    assert stored_list(bob) == IdList([his.id], complete=True) and on_first_page(bob) == [his.id]


def test_a_list_that_is_built_while_its_member_unfollows_is_not_stored(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_post(alice, "hers")
    his = live_post(bob, "his")

    def read_then_unfollow(*args: object) -> IdList:
        read = from_shards(*args)  # type: ignore[arg-type]
        unfollow(follower=bob, followee=alice)
        return read

    from_shards = services.from_shards
    monkeypatch.setattr(services, "from_shards", read_then_unfollow)
    services.rebuild(bob.id)
    monkeypatch.undo()
    assert stored_list(bob) in (None, IdList([his.id], complete=True)), "what was read before is not stored"
    assert on_first_page(bob) == [his.id] and stored_list(bob) == IdList([his.id], complete=True)


def test_with_redis_away_the_feed_comes_from_the_shards(alice: User, bob: User, feeds_away: Away) -> None:
    live_posts(alice, [str(number) for number in range(12)])
    with feeds_away():
        assert feed_of(bob) == [str(number) for number in reversed(range(12))]
    assert feed_of(bob) == [str(number) for number in reversed(range(12))]


def test_with_redis_away_an_unfollow_works_and_the_list_follows_later(alice: User, bob: User, feeds_away: Away) -> None:
    hers, his = live_post(alice, "hers"), live_post(bob, "his")
    assert on_first_page(bob) == [his.id, hers.id]
    with feeds_away():
        unfollow(follower=bob, followee=alice)
        assert feed_of(bob) == ["his"]
    assert feed_of(bob) == ["his"], "each post is looked at anew"
    outbox.drain()
    assert on_first_page(bob) == [his.id] and stored_list(bob) == IdList([his.id], complete=True)


def test_a_follow_that_its_followee_hears_of_late_misses_nothing(alice: User, charlie: User) -> None:
    """alice's server is away: her side of the follow, by which posts are pushed, comes later than charlie's feed."""
    with server_down(alias_for(FRIENDS, alice.id)):
        follow(charlie, alice)
    assert feed_of(charlie) == []
    post = publish(alice, "meanwhile")
    outbox.drain()
    assert feed_of(charlie) == ["meanwhile"] and on_first_page(charlie) == [post.id]


# --- Pulled authors ----------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(alice: User, settings: Settings) -> list[User]:
    """alice's followers, one more than the threshold."""
    settings.FANOUT_THRESHOLD = 3
    people = [make_user(f"fan{number}") for number in range(4)]
    for person in people:
        follow(person, alice)
        feed_of(person)
    outbox.drain()
    return people


def test_an_author_above_the_threshold_is_merged_when_feeds_are_read(alice: User, crowd: list[User]) -> None:
    own = [publish(person, "own") for person in crowd]
    assert [on_first_page(person) for person in crowd] == [[post.id] for post in own]
    news = publish(alice, "big news")
    assert PulledAuthor.objects.filter(author_id=alice.id).exists()
    for person, post in zip(crowd, own, strict=True):
        assert store.read_feed(person.id) == (IdList([post.id], complete=True), [alice.id])
        assert feed_of(person) == ["big news", "own"] and on_first_page(person) == [news.id, post.id]
    more = publish(alice, "more")
    assert feed_of(crowd[0]) == ["more", "big news", "own"]
    assert on_first_page(crowd[0]) == [more.id, news.id, own[0].id]
    withdraw_post(news.id)
    assert feed_of(crowd[0]) == ["more", "own"] and on_first_page(crowd[0]) == [more.id, own[0].id]


def test_who_follows_a_pulled_author_gets_the_posts_from_then_on(alice: User, crowd: list[User], charlie: User) -> None:
    before = publish(alice, "before")
    assert feed_of(charlie) == []
    follow(charlie, alice)
    assert on_first_page(charlie) == [before.id]
    after = publish(alice, "after")
    assert feed_of(charlie) == ["after", "before"] and on_first_page(charlie) == [after.id, before.id]
    unfollow(follower=charlie, followee=alice)
    assert feed_of(charlie) == [] and on_first_page(charlie) == []
    assert store.read_feed(charlie.id) == (IdList([], complete=True), [])


def test_the_threshold_has_hysteresis(alice: User, crowd: list[User], settings: Settings) -> None:
    settings.FANOUT_THRESHOLD = 3
    pulled = publish(alice, "pulled")
    unfollow(follower=crowd[0], followee=alice)
    outbox.drain()
    assert services.choose_pull(alice.id), "at the brink nothing changes"
    unfollow(follower=crowd[1], followee=alice)
    outbox.drain()
    assert on_first_page(crowd[2]) == [pulled.id]
    pushed = publish(alice, "pushed")
    assert not PulledAuthor.objects.exists()
    assert store.read_feed(crowd[2].id) == (None, []), "built anew, with what was pulled, when it is read"
    assert feed_of(crowd[2]) == ["pushed", "pulled"]
    assert store.read_feed(crowd[2].id) == (IdList([pushed.id, pulled.id], complete=True), [])
    assert on_first_page(crowd[2]) == [pushed.id, pulled.id]


# --- Members who leave -------------------------------------------------------------------------------------------


def test_a_deleted_account_is_on_no_feed(alice: User, bob: User) -> None:
    from users.deletion import delete_account, erase_account

    post = live_post(alice, "hers")
    assert feed_of(bob) == ["hers"] and on_first_page(bob) == [post.id]
    delete_account(user=alice)
    assert feed_of(bob) == [] and on_first_page(bob) == []
    outbox.drain()
    assert feed_of(bob) == [] and on_first_page(bob) == []
    erase_account(user=alice)
    outbox.drain()
    assert feed_of(bob) == [] and on_first_page(bob) == []
    assert stored_list(bob) == IdList([], complete=True)
    assert not User.objects.filter(username="alice").exists()
    assert not [1 for posts in Post.objects.on_every_shard() for _ in posts]


def test_of_a_member_who_is_erased_nothing_is_kept(alice: User, bob: User) -> None:
    from users.deletion import erase_account

    live_post(bob, "his")
    assert on_first_page(bob)
    erase_account(user=bob)
    outbox.drain()
    names = (keys.feed_key, keys.pulls_key, keys.heard_key, keys.mine_key, keys.page_key)
    assert not acting(FEEDS).exists(*(key(bob.id) for key in names))
