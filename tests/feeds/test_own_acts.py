"""What a member did is on their next page, whatever else happens at the same moment."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import Any

import pytest
from django.db import connections

from feeds import first_page, keys, services, store
from feeds.page_store import Face, keep_face
from media.models import Post
from media.services import (
    add_comment,
    archive_post,
    delete_comment,
    like,
    save,
    unarchive_post,
    unlike,
    unsave,
    withdraw_post,
)
from photoapp import outbox
from photoapp.models import ContentOutbox
from photoapp.redis_clients import FEEDS, acting
from photoapp.shards import CONTENT
from tests.feeds.reading import Shown, first_page_of, page_of, publish
from tests.people import follow, live_post, live_posts, make_user
from users.models import User
from users.services import unfollow, update_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(alice: User, bob: User) -> Post:
    """In bob's feed, whose page is stored."""
    post = live_post(alice, "sea")
    assert first_page_of(bob) == Shown([post.id], set())
    return post


def mine(user: User) -> set[bytes]:
    return acting(FEEDS).smembers(keys.mine_key(user.id)) - {b"0"}


def test_likes_and_saves_are_known_as_they_come_and_go(bob: User, post: Post) -> None:
    like(post=post, user=bob)
    save(post=post, user=bob)
    assert mine(bob) == {b"l%d" % post.id, b"s%d" % post.id}
    assert first_page_of(bob) == Shown([post.id], {post.id})
    unlike(post=post, user=bob)
    unsave(post_id=post.id, user_id=bob.id)
    assert mine(bob) == set() and first_page_of(bob) == Shown([post.id], set())


def test_a_feed_that_is_built_anew_knows_them(bob: User, post: Post) -> None:
    like(post=post, user=bob)
    save(post=post, user=bob)
    store.forget(bob.id)
    assert first_page_of(bob) == Shown([post.id], {post.id})
    assert mine(bob) == {b"l%d" % post.id, b"s%d" % post.id}


def test_of_two_acts_at_once_the_last_is_shown(bob: User, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The like has read what bob does, and not told yet, while bob takes it back."""

    def read_slowly(*args: Any) -> Any:
        monkeypatch.setattr(services, "own_acts_on", read)
        found = read(*args)
        unlike(post=post, user=bob)
        return found

    read = services.own_acts_on
    monkeypatch.setattr(services, "own_acts_on", read_slowly)
    like(post=post, user=bob)
    outbox.drain()
    assert mine(bob) == set() and first_page_of(bob) == Shown([post.id], set())


def test_an_act_while_the_feed_is_built_is_shown(bob: User, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_then_like(*args: Any) -> Any:
        monkeypatch.setattr(services, "own_acts_on", read)
        found = read(*args)
        like(post=post, user=bob)
        return found

    read = services.own_acts_on
    waits: list[int] = []
    store.forget(bob.id)
    monkeypatch.setattr(services, "own_acts_on", read_then_like)
    services.rebuild(bob.id)
    monkeypatch.setattr(services, "_built_by_others", waits.append)
    assert first_page_of(bob) == Shown([post.id], {post.id})
    assert waits == [], "nobody builds the feed any more"


def test_an_act_while_the_page_is_composed_is_on_the_next(
    bob: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compose_slowly(*args: Any) -> Any:
        monkeypatch.setattr(first_page, "_html", compose)
        like(post=post, user=bob)
        return compose(*args)

    compose = first_page._html
    acting(FEEDS).delete(keys.page_key(bob.id))
    monkeypatch.setattr(first_page, "_html", compose_slowly)
    first_page_of(bob)
    assert first_page_of(bob) == Shown([post.id], {post.id})


@pytest.mark.parametrize("act", ["like", "unfollow", "withdraw"])
def test_a_page_that_another_request_began_before_is_not_the_next(
    alice: User, bob: User, post: Post, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    def compose_slowly(*args: Any) -> Any:
        monkeypatch.setattr(first_page, "_html", compose)
        html = compose(*args)
        composed.set()
        assert done.wait(30)
        return html

    composed, done, compose = Event(), Event(), first_page._html
    his = live_post(bob, "his")
    store.forget(bob.id)
    monkeypatch.setattr(first_page, "_html", compose_slowly)
    with ThreadPoolExecutor(2) as pool:
        try:
            pool.submit(alone, first_page_of, bob)
            assert composed.wait(30)
            {
                "like": lambda: like(post=post, user=bob),
                "unfollow": lambda: unfollow(follower=bob, followee=alice),
                "withdraw": lambda: withdraw_post(post.id),
            }[act]()
            asked = pool.submit(alone, first_page_of, bob)
            wait([asked], timeout=1)  # or it waits for the other request
        finally:
            done.set()
        shown = Shown([his.id, post.id], {post.id}) if act == "like" else Shown([his.id], set())
        assert asked.result(30) == shown


def alone(func: Any, *args: Any) -> Any:
    """In a thread of a pool."""
    try:
        return func(*args)
    finally:
        connections.close_all()


def test_a_post_that_comes_back_is_where_it_was_with_ones_like(alice: User, bob: User, post: Post) -> None:
    new = publish(alice, "new")
    like(post=post, user=bob)
    archive_post(post=post, by=alice)
    outbox.drain()
    store.forget(bob.id)
    assert first_page_of(bob) == Shown([new.id], set()) and mine(bob) == set()
    unarchive_post(post=post, by=alice)
    outbox.drain()
    assert first_page_of(bob) == Shown([new.id, post.id], {post.id})


def test_a_like_below_those_that_were_known_is_shown_when_much_is_withdrawn(
    alice: User, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "ACTS_KNOWN", 10)
    old = live_posts(bob, ["old"] * 6)
    new = live_posts(alice, ["new"] * 12)
    for post in (old[-1], old[-3]):
        like(post=post, user=bob)
    page = first_page_of(bob)
    assert page and page.posts == [post.id for post in new[:-6:-1]]
    for post in new:
        withdraw_post(post.id)
    outbox.drain()
    first_page_of(bob)  # may be left to the view
    assert first_page_of(bob) == Shown([post.id for post in old[:-6:-1]], {old[-1].id, old[-3].id})


def test_own_comments_are_counted_on_the_next_page(alice: User, bob: User, post: Post) -> None:
    comment = add_comment(post=post, author=bob, text="Lovely")
    assert comments_on_page(bob, post) == 1
    delete_comment(comment=comment, by=bob)
    assert comments_on_page(bob, post) == 0


def test_a_comment_that_the_owner_deletes_is_not_counted_on_the_owners_next_page(
    alice: User, bob: User, post: Post
) -> None:
    comment = add_comment(post=post, author=bob, text="Rude")
    assert comments_on_page(alice, post) == 1
    delete_comment(comment=comment, by=alice)
    assert comments_on_page(alice, post) == 0


def test_the_page_of_somebody_whose_posts_are_talked_about_stays(alice: User, bob: User, charlie: User) -> None:
    """Whatever is said to them: its counts are those of the last minute, or it would never be kept."""
    post = live_post(alice, "sea")
    for member in (alice, bob):
        assert first_page_of(member)
    thread = add_comment(post=post, author=charlie, text="@bob look")
    add_comment(post=post, author=charlie, text="@alice", parent=thread)
    delete_comment(comment=thread, by=charlie)
    assert acting(FEEDS).exists(keys.page_key(alice.id)) and acting(FEEDS).exists(keys.page_key(bob.id))


def test_a_post_that_many_like_comes_back_in_chunks(
    alice: User, bob: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.FANOUT_CHUNK", 2)
    fans = [bob, *(make_user(f"fan{number}") for number in range(4))]
    sleeper = make_user("sleeper")
    for fan in [*fans, sleeper]:
        like(post=post, user=fan)
        save(post=post, user=fan)
    for fan in fans[1:]:
        follow(fan, alice)
    archive_post(post=post, by=alice)
    outbox.drain()
    for fan in fans:
        store.forget(fan.id)
        first_page_of(fan)
        assert mine(fan) == set()
    unarchive_post(post=post, by=alice)
    both = {b"l%d" % post.id, b"s%d" % post.id}
    outbox.deliver(CONTENT, row_of("feeds.fan_out"))
    assert sum(mine(fan) == both for fan in fans) == 2, "the first chunk"
    for row in rows_of("feeds.remember_acts_chunk"):
        services.remember_acts_chunk(**row)  # twice is the same as once
    outbox.drain()
    assert [mine(fan) for fan in fans] == [both] * 5
    assert [first_page_of(fan) for fan in fans] == [Shown([post.id], {post.id})] * 5


def rows_of(handler: str) -> list[dict[str, Any]]:
    return [row.payload for rows in ContentOutbox.objects.on_every_shard() for row in rows.filter(handler=handler)]


def row_of(handler: str) -> int:
    (found,) = [row.id for rows in ContentOutbox.objects.on_every_shard() for row in rows.filter(handler=handler)]
    return found


def comments_on_page(user: User, post: Post) -> int:
    html = page_of(user)
    return int(html.partition(f'id="comments-{slug_of(post)}">')[2].partition("<")[0])


def slug_of(post: Post) -> str:
    return post.get_absolute_url().split("/")[2]


def test_a_changed_face_is_on_the_next_page_although_one_is_composed_meanwhile(
    bob: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn_then_read(*args: Any) -> int:
        version = turn(*args)
        page_of(bob)
        return version

    turn = store.turn
    monkeypatch.setattr(store, "turn", turn_then_read)
    update_profile(user=bob, theme="dark")
    assert 'data-theme="dark"' in page_of(bob)


def test_a_face_that_was_read_before_it_changed_is_not_kept(
    bob: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request has read the old one, and stores it while the change is told."""

    def keep_then_turn(*args: Any) -> int:
        keep_face(version, old)
        return turn(*args)

    version, old = acting(FEEDS).hget(keys.member_key(bob.id), "version").decode(), Face.of(bob)
    turn = store.turn
    monkeypatch.setattr(store, "turn", keep_then_turn)
    update_profile(user=bob, theme="dark")
    assert 'data-theme="dark"' in page_of(bob)


def test_a_page_that_is_composed_between_an_act_and_its_note_is_not_the_next(
    bob: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_after_a_look(*args: Any) -> Any:
        monkeypatch.setattr(services, "own_acts_on", read)
        page_of(bob)
        return read(*args)

    read = services.own_acts_on
    monkeypatch.setattr(services, "own_acts_on", read_after_a_look)
    like(post=post, user=bob)
    assert first_page_of(bob) == Shown([post.id], {post.id})
