"""What a post, a follow, an unfollow, a block and a deletion do to feeds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from feeds import selectors, services, store
from feeds.models import PulledAuthor
from media.models import Post
from media.services import withdraw_post
from photoapp import outbox
from tests.people import follow, live_post, live_posts, make_user, upload
from users.models import Following, User
from users.services import block, end_follow, unfollow

pytestmark = pytest.mark.django_db


def feed_of(user: User) -> list[str]:
    """The captions of a whole feed, page by page."""
    captions, cursor = [], None
    while True:
        page = selectors.feed_page(user, cursor)
        captions += [post.caption for post in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return captions


def publish(owner: User, caption: str) -> Post:
    """A live post and its news, without bytes."""
    post = live_post(owner, caption)
    services.fan_out(post.id)
    return post


def test_an_upload_reaches_follower_and_author_and_no_stranger(alice: User, bob: User, charlie: User) -> None:
    for user in (alice, bob, charlie):
        assert feed_of(user) == []
    upload(alice, "sunset")
    assert feed_of(bob) == ["sunset"]
    assert feed_of(alice) == ["sunset"]
    assert feed_of(charlie) == []


def test_the_feed_exists_before_redis_knows_of_it(alice: User, bob: User) -> None:
    live_posts(alice, ["one", "two", "three"])
    assert feed_of(bob) == ["three", "two", "one"]


def test_a_push_is_only_for_feeds_that_exist(alice: User, bob: User) -> None:
    publish(alice, "one")
    assert not store.connection().exists(store.feed_key(bob.id))
    assert feed_of(bob) == ["one"]
    publish(alice, "two")
    assert feed_of(bob) == ["two", "one"]


def test_following_brings_the_newest_fifty_at_once_and_older_ones_below(alice: User, charlie: User) -> None:
    live_posts(charlie, ["my first"])
    live_posts(alice, [str(number) for number in range(60)])
    live_posts(charlie, ["my last"])
    assert feed_of(charlie) == ["my last", "my first"]
    follow(charlie, alice)
    outbox.drain()
    assert len(store.read_feed(charlie.id)[0].ids) == 51  # type: ignore[union-attr]
    assert feed_of(charlie) == ["my last", *(str(number) for number in reversed(range(60))), "my first"]


@pytest.mark.parametrize("end", ["unfollow", "block", "be blocked"])
def test_who_no_longer_follows_sees_nothing_at_once_and_the_list_is_purged_later(
    alice: User, bob: User, end: str
) -> None:
    live_post(alice, "hers")
    live_post(bob, "his")
    assert feed_of(bob) == ["his", "hers"]
    {
        "unfollow": lambda: unfollow(follower=bob, followee=alice),
        "block": lambda: block(blocker=bob, blocked=alice),
        "be blocked": lambda: block(blocker=alice, blocked=bob),
    }[end]()
    assert len(store.read_feed(bob.id)[0].ids) == 2, "the list has not been purged yet"  # type: ignore[union-attr]
    assert feed_of(bob) == ["his"]
    outbox.drain()
    assert len(store.read_feed(bob.id)[0].ids) == 1  # type: ignore[union-attr]


def test_a_deleted_post_is_gone_at_once_and_off_the_lists_later(alice: User, bob: User) -> None:
    post = live_post(alice, "oops")
    live_post(alice, "good")
    assert feed_of(bob) == ["good", "oops"]
    withdraw_post(post.id)
    assert feed_of(bob) == ["good"]
    outbox.drain()
    assert post.id not in store.read_feed(bob.id)[0].ids  # type: ignore[union-attr]


def test_pages_are_full_although_posts_were_withdrawn(alice: User, bob: User) -> None:
    posts = live_posts(alice, [str(number) for number in range(60)])
    assert len(feed_of(bob)) == 60
    for post in posts[-20:]:
        Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=Post.State.DELETED)
    first = selectors.feed_page(bob, None)
    assert [post.caption for post in first.items] == ["39", "38", "37", "36", "35"]
    second = selectors.feed_page(bob, first.next_cursor)
    assert len(second.items) == 10


def test_a_feed_goes_on_below_what_is_stored(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FEED_LENGTH", 7)
    live_posts(alice, [str(number) for number in range(40)])
    assert feed_of(bob) == [str(number) for number in reversed(range(40))]
    assert feed_of(bob) == [str(number) for number in reversed(range(40))]


def test_with_redis_away_the_feed_comes_from_the_shards(alice: User, bob: User, settings: Settings) -> None:
    live_posts(alice, [str(number) for number in range(12)])
    settings.FEEDS_URL = "redis://127.0.0.1:1/0"
    store.connection.cache_clear()
    store._script.cache_clear()
    try:
        assert feed_of(bob) == [str(number) for number in reversed(range(12))]
    finally:
        store.connection.cache_clear()
        store._script.cache_clear()


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
    publish(alice, "big news")
    assert PulledAuthor.objects.filter(author_id=alice.id).exists()
    for person in crowd:
        assert store.read_feed(person.id)[0].ids == []  # type: ignore[union-attr]
        assert feed_of(person) == ["big news"]
    publish(alice, "more")
    assert feed_of(crowd[0]) == ["more", "big news"]


def test_who_follows_a_pulled_author_gets_the_posts_from_then_on(alice: User, crowd: list[User], charlie: User) -> None:
    publish(alice, "before")
    assert feed_of(charlie) == []
    follow(charlie, alice)
    outbox.drain()
    publish(alice, "after")
    assert feed_of(charlie) == ["after", "before"]
    unfollow(follower=charlie, followee=alice)
    outbox.drain()
    assert feed_of(charlie) == []
    assert store.read_feed(charlie.id)[1] == []


def test_the_threshold_has_hysteresis(alice: User, crowd: list[User], settings: Settings) -> None:
    settings.FANOUT_THRESHOLD = 3
    publish(alice, "pulled")
    unfollow(follower=crowd[0], followee=alice)
    outbox.drain()
    assert services.choose_pull(alice.id), "at the brink nothing changes"
    unfollow(follower=crowd[1], followee=alice)
    outbox.drain()
    publish(alice, "pushed")
    assert not PulledAuthor.objects.exists()
    assert store.read_feed(crowd[2].id)[1] == []
    assert feed_of(crowd[2]) == ["pushed", "pulled"]


def test_fanning_out_twice_or_out_of_order_makes_no_duplicate(alice: User, bob: User) -> None:
    assert feed_of(bob) == []
    first, second = live_post(alice, "first"), live_post(alice, "second")
    for post in (second, first, second, first):
        services.fan_out(post.id)
    assert feed_of(bob) == ["second", "first"]
    assert store.read_feed(bob.id)[0] == store.IdList([second.id, first.id], complete=True)


def test_a_deleted_account_is_on_no_feed(alice: User, bob: User) -> None:
    from users.deletion import delete_account, erase_account

    live_post(alice, "hers")
    assert feed_of(bob) == ["hers"]
    delete_account(user=alice)
    assert feed_of(bob) == []
    outbox.drain()
    assert feed_of(bob) == []
    erase_account(user=alice)
    outbox.drain()
    assert feed_of(bob) == []
    assert not User.objects.filter(username="alice").exists()
    assert not [1 for posts in Post.objects.on_every_shard() for _ in posts]


histories = st.lists(
    st.tuples(
        st.sampled_from(["post", "follow", "unfollow", "delete", "read", "deliver", "flush", "block"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=25,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_any_history_agrees_with_sql(
    db: None, history: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every step nobody sees what they may not; at the quiet point every feed is what plain SQL says."""
    monkeypatch.setattr("django.conf.settings.FANOUT_THRESHOLD", 2)
    people = [make_user(f"p{number}x{id(history) % 10**9}x{next(numbers)}", shard=number * 300) for number in range(4)]
    posts: list[Post] = []
    for act, one, other in history:
        step(act, people[one], people[other], posts)
        for person in people:
            allowed = {post.id for post in oracle(person)}
            page = selectors.feed_page(person, None)
            assert {post.id for post in page.items} <= allowed
    outbox.drain()
    for person in people:
        assert feed_of(person) == [post.caption for post in oracle(person)]


numbers = iter(range(10**9))


def step(act: str, one: User, other: User, posts: list[Post]) -> None:
    if act == "post":
        posts.append(publish(one, f"post {len(posts)}"))
    elif act == "delete" and posts:
        withdraw_post(posts.pop().id)
    elif act == "follow" and one != other:
        try:
            follow(one, other)
        except Exception as error:
            assert "block" in str(error) or "cannot follow" in str(error)
    elif act == "unfollow":
        end_follow(one.id, other.id)
    elif act == "block" and one != other:
        block(blocker=one, blocked=other)
    elif act == "deliver":
        outbox.drain()
    elif act == "flush":
        store.connection().flushdb()


def oracle(user: User) -> list[Post]:
    """The feed by plain SQL over all shards."""
    followed = set(Following.objects.for_owner(user.id).values_list("followee_id", flat=True)) | {user.id}
    live = [post for part in Post.objects.on_every_shard() for post in part.filter(state=Post.State.LIVE)]
    return sorted((post for post in live if post.owner_id in followed), key=lambda post: -post.id)
