"""What is made before anybody asks for it: the cards of a new post, and the next page of who looked at the last one."""

import pytest

from feeds import keys, proxy_front, services, store, tasks, withdrawn
from feeds.first_page import renewed_page
from feeds.page_store import AGING_SECONDS, CROWD_SECONDS, PAGE_SECONDS, SHORTEST, field_of, shown_for
from feeds.withdrawn import KEEP_SECONDS
from media.cards import stored_cards
from media.models import Post
from media.services import add_comment, like, save
from photoapp.redis_clients import FEEDS, RedisAway, acting
from tests.feeds.reading import Shown, feed_of, first_page_of, keeping_is_done, publish
from tests.feeds.storing import make_older
from tests.people import live_post
from users.models import User

pytestmark = pytest.mark.django_db


def has_page(user: User) -> bool:
    keeping_is_done()
    return bool(acting(FEEDS).exists(keys.page_key(user.id)))


def look(user: User) -> list[int]:
    page = first_page_of(user)
    assert page is not None and has_page(user)
    return page.posts


def push(author: User) -> Post:
    """A post that has reached the feeds; nobody has composed a page yet."""
    post = live_post(author, "news")
    services.fan_out(post.id)
    return post


def test_who_looked_at_a_page_finds_the_next_one_composed(alice: User, bob: User) -> None:
    publish(alice, "old")
    for _ in range(2):
        look(bob)
        post = push(alice)
        assert not has_page(bob)
        tasks.compose_pages([bob.id], post.id)
        assert has_page(bob)
        assert look(bob)[0] == post.id


def test_pages_that_were_made_together_do_not_end_together() -> None:
    """Else those of a busy minute would all have to be composed again in another one."""
    lives = [shown_for(id) for id in range(5 << 12, 6 << 12, 97)]
    assert len(set(lives)) == len(lives)
    assert SHORTEST * PAGE_SECONDS <= min(lives) < max(lives) <= PAGE_SECONDS


def test_a_page_that_has_ended_is_kept_for_a_crowd_and_composed_anew_for_who_asks(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Withdrawals are remembered for longer than that."""
    publish(alice, "old")
    look(bob)
    page = keys.page_key(bob.id)
    assert PAGE_SECONDS < acting(FEEDS).ttl(page) <= CROWD_SECONDS < KEEP_SECONDS
    for age, is_shown in ((shown_for(bob.id) - 30, True), (shown_for(bob.id) + 1, False)):
        make_older(bob, age)
        monkeypatch.setattr(withdrawn.mirror, "marks", {})
        withdrawn.mirror.ask()
        stored = acting(FEEDS).hget(page, field_of("en"))
        look(bob)
        assert (acting(FEEDS).hget(page, field_of("en")) == stored) is is_shown


def test_a_page_that_is_looked_at_is_composed_again_before_it_ends(alice: User, bob: User, charlie: User) -> None:
    """Not one that was renewed meanwhile, nor one that is gone: its reader comes seldom."""
    publish(alice, "old")
    page = keys.page_key(bob.id)
    look(bob)
    acting(FEEDS).expire(page, CROWD_SECONDS - AGING_SECONDS)
    tasks.renew_pages([(bob.id, "en"), (charlie.id, "en")])
    assert acting(FEEDS).ttl(page) > CROWD_SECONDS - AGING_SECONDS and not has_page(charlie)
    acting(FEEDS).hset(page, field_of("en"), "a page")
    tasks.renew_pages([(bob.id, "en")])
    assert acting(FEEDS).hget(page, field_of("en")) == b"a page"


def test_a_page_in_another_language_lives_no_longer_for_it(alice: User, bob: User) -> None:
    """Counts on it would be older, and what was withdrawn would be on it when nobody remembers that any more."""
    publish(alice, "old")
    look(bob)
    acting(FEEDS).expire(keys.page_key(bob.id), 100)
    assert renewed_page(bob.id, "de")
    keeping_is_done()
    assert acting(FEEDS).hlen(keys.page_key(bob.id)) == 2 and acting(FEEDS).ttl(keys.page_key(bob.id)) <= 100


def test_who_has_acted_finds_the_next_page_composed(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for all that they did within a second."""
    composed: list[int] = []

    def compose(user_ids: list[int]) -> None:
        composed.extend(user_ids)
        tasks.compose_pages(user_ids)

    monkeypatch.setattr(proxy_front, "compose_soon", compose)
    post = publish(alice, "old")
    for act in (like, save):
        look(bob)
        act(post=post, user=bob)
    add_comment(post=post, author=bob, text="Lovely")
    assert not has_page(bob) and 0 < acting(FEEDS).ttl(keys.ACTED) <= store.ACTED_SECONDS
    proxy_front.tell()
    assert has_page(bob) and composed == [bob.id] and not acting(FEEDS).exists(keys.ACTED)
    assert first_page_of(bob) == Shown([post.id], {post.id})


def test_proxies_say_whose_pages_will_end(bob: User, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[tuple[int, str]] = []
    monkeypatch.setattr(proxy_front, "renew_soon", renewed.extend)
    said = [f"{bob.id:x}:{field_of('de')}", f"{alice.id:x}:en:of another release"]
    acting(FEEDS).sadd(proxy_front.AGING, *said)
    proxy_front.tell()
    assert renewed == [(bob.id, "de")] and not acting(FEEDS).exists(proxy_front.AGING)


def test_who_has_not_looked_since_gets_no_other(alice: User, bob: User, charlie: User) -> None:
    publish(alice, "old")
    look(bob)
    tasks.compose_pages([bob.id, charlie.id], push(alice).id)
    assert has_page(bob) and not has_page(charlie)
    post = push(alice)
    tasks.compose_pages([bob.id], post.id)
    assert not has_page(bob), "it would go with the next post, too, before anybody saw it"
    assert look(bob)[0] == post.id


def test_only_the_last_of_several_posts_has_the_page_composed(alice: User, bob: User) -> None:
    publish(alice, "old")
    look(bob)
    first, last = push(alice), push(alice)
    tasks.compose_pages([bob.id], first.id)
    assert not has_page(bob)
    tasks.compose_pages([bob.id], last.id)
    assert has_page(bob)


def test_a_page_that_is_there_is_not_made_again(alice: User, bob: User) -> None:
    post = publish(alice, "old")
    look(bob)
    acting(FEEDS).hset(keys.page_key(bob.id), field_of("en"), "a page")
    tasks.compose_pages([bob.id], post.id)
    assert acting(FEEDS).hget(keys.page_key(bob.id), field_of("en")) == b"a page"


def test_that_somebody_looked_is_not_kept_for_ever(alice: User) -> None:
    publish(alice)
    look(alice)
    assert 0 < acting(FEEDS).ttl(keys.seen_key(alice.id)) <= store.FEED_TTL


def test_who_has_posted_has_no_page_without_it_left(alice: User, bob: User) -> None:
    """Others have theirs for as long as too many wait for the next."""
    publish(alice, "old")
    for member in (alice, bob):
        look(member)
    push(alice)
    past = [acting(FEEDS).exists(keys.past_key(member.id)) for member in (alice, bob)]
    assert past == [0, 1] and not has_page(alice) and not has_page(bob)


def test_a_card_is_there_before_the_post_is_on_feeds(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(alice, "old")
    look(bob)
    post = live_post(alice, "new")
    there: list[bool] = []

    def look_then_push(post_id: int, members: list[int]) -> store.Pushed:
        there.extend(post_id in stored_cards([post_id], language) for language in ("en", "de"))
        return original(post_id, members)

    original = store.push
    monkeypatch.setattr(store, "push", look_then_push)
    services.fan_out(post.id)
    assert there and all(there)


def test_without_a_cache_for_cards_a_post_reaches_feeds_all_the_same(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(post_id: int) -> None:
        raise RedisAway("not there")

    assert feed_of(bob) == []
    monkeypatch.setattr(services, "render_cards", away)
    post = live_post(alice, "new")
    services.fan_out(post.id)
    assert store.read_feed(bob.id)[0] == store.IdList([post.id], complete=True)
