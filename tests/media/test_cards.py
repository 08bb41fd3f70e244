"""Cards as they are stored: rendered once, never older than their invalidation, with counts of their own."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.template.loader import render_to_string
from django.utils.translation import get_language

from feeds.page_store import Face
from media import cards, services
from media.cards import Card, cards_for, drop_cards, renew_counts, stored_cards
from media.models import Photo, Post
from media.selectors import cards_by_ids, visible_post
from photoapp.redis_clients import CACHE, acting
from tests.people import live_post, live_posts, make_user
from tests.queries import counted_queries
from users import services as members
from users.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def in_thread(*arguments: Any) -> dict[int, Card]:
    try:
        return cards_for(*arguments)
    finally:
        connections.close_all()


def of(post: Post) -> Card:
    return cards_for([post.id], "en")[post.id]


def html_of(post: Post, viewer: User, **acts: bool) -> str:
    shown: dict[str, Any] = {"language": get_language(), "liked": False, "saved": False, "now": NOW}
    return of(post).html(Face.of(viewer), 3, **(shown | acts))


def test_what_is_stored_costs_no_query_and_what_is_not_one_for_each_server(alice: User, bob: User) -> None:
    ids = [post.id for owner in (alice, bob) for post in live_posts(owner, ["a", "b", "c"])]
    assert stored_cards(ids, "en") == {}
    with counted_queries() as counts:
        filled = cards_for(ids, "en")
    assert counts == {"content0": 1, "content1": 1} and sorted(filled) == sorted(ids)
    with counted_queries() as counts:
        assert stored_cards(ids, "en") == filled
    assert counts == {} and stored_cards(ids, "de") == {}


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("who", ["alice", "bob", "erin_staff"])
@pytest.mark.parametrize("liked", [True, False])
def test_it_is_the_card_that_the_template_makes(alice: User, bob: User, place: int, who: str, liked: bool) -> None:
    make_user("erin_staff", is_staff=True)
    viewer = User.objects.get(username=who)
    tags = [{"id": str(bob.id), "username": "bob", "state": "shown"}]
    post = live_post(alice, 'Lake & "quay" #sea @bob <b>', photos=3, people=tags, location="Genève")
    if liked:
        services.like(post=post, user=viewer)
        services.save(post=post, user=viewer)
    [whole] = cards_by_ids([post.id], viewer.id)
    expected = render_to_string("media/_card.html", {"post": whole, "user": viewer, "place": place})
    face, language, now = Face.of(viewer), get_language(), datetime.now(UTC)
    made = of(post).html(face, place, language=language, liked=liked, saved=liked, now=now)
    assert made == expected


def test_posts_that_are_not_live_have_none(alice: User) -> None:
    kept, gone = live_posts(alice, ["kept", "gone"])
    services.archive_post(post=visible_post(gone.id, alice), by=alice)  # type: ignore[arg-type]
    for _ in range(2):
        assert list(cards_for([kept.id, gone.id], "en")) == [kept.id]


def test_a_change_of_the_post_or_its_author_makes_another_card(alice: User, bob: User) -> None:
    post = live_post(alice, "Harbour")
    assert "Harbour" in html_of(post, bob)
    services.edit_post(post=visible_post(post.id, alice), editor=alice, caption="Quay")  # type: ignore[arg-type]
    assert "Quay" in html_of(post, bob) and "Harbour" not in html_of(post, bob)
    members.update_profile(user=alice, display_name="Alicia")
    assert "Alicia" in html_of(post, bob)
    members.update_profile(user=alice, is_active=False)
    assert cards_for([post.id], "en") == {}


def test_counts_are_renewed_without_rendering(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    post = live_post(alice, "Harbour")
    of(post)
    monkeypatch.setattr(cards, "rendered", lambda post: pytest.fail("it is rendered already"))
    services.like(post=post, user=bob)
    assert of(post).likes == 1
    comment = services.add_comment(post=visible_post(post.id, bob), author=bob, text="Lovely")  # type: ignore[arg-type]
    assert (of(post).likes, of(post).comments) == (1, 1)
    services.unlike(post=post, user=bob)
    services.delete_comment(comment=comment, by=bob)
    assert (of(post).likes, of(post).comments) == (0, 0)


def test_what_was_read_before_a_change_is_not_stored_after_it(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    post = live_post(alice, "Harbour")
    original = cards.rendered

    def slow(row: Post) -> Card | None:
        monkeypatch.setattr(cards, "rendered", original)
        services.edit_post(post=visible_post(post.id, alice), editor=alice, caption="Quay")  # type: ignore[arg-type]
        return original(row)

    monkeypatch.setattr(cards, "rendered", slow)
    assert "Harbour" in "".join(of(post).parts), "it was asked for before"
    assert "Quay" in "".join(of(post).parts)


def test_counts_that_were_read_before_a_like_are_not_stored_after_it(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = live_post(alice, "Harbour")
    original = cards.rendered

    def slow(row: Post) -> Card | None:
        monkeypatch.setattr(cards, "rendered", original)
        services.like(post=post, user=bob)
        return original(row)

    monkeypatch.setattr(cards, "rendered", slow)
    assert of(post).likes == 0
    assert of(post).likes == 1


def test_of_two_that_count_at_a_time_the_later_one_writes(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = live_post(alice, "Harbour")
    of(post)
    original = cards.PostCount.totals
    seen = []

    def slow(post_id: int, *columns: str) -> dict[str, int]:
        totals = original(post_id, *columns)
        seen.append(totals["likes"])
        if len(seen) == 1:
            services.like(post=post, user=bob)
        return totals

    monkeypatch.setattr(cards.PostCount, "totals", slow)
    renew_counts(post.id)
    assert seen == [0, 1] and of(post).likes == 1


def test_each_card_is_filled_by_one(alice: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "FILLING_SECONDS", 20)
    ids = [post.id for post in live_posts(alice, ["a", "b", "c"])]
    gate, rendering, original, runs = threading.Event(), threading.Event(), cards.rendered, []

    def slow(row: Post) -> Card | None:
        runs.append(row.id)
        rendering.set()
        assert gate.wait(20)
        return original(row)

    monkeypatch.setattr(cards, "rendered", slow)
    asked = [pool.submit(in_thread, ids, "en")]
    assert rendering.wait(20)
    asked += [pool.submit(in_thread, ids, "en") for _ in range(7)]
    gate.set()
    assert all(set(one.result(20)) == set(ids) for one in asked)
    assert sorted(runs) == sorted(ids)


def test_one_that_somebody_fills_and_does_not_finish_is_filled_here(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = live_post(alice, "Harbour")
    cards._opened([post.id], "en")  # as a process that was killed
    assert of(post).likes == 0


def test_a_card_lives_a_day_at_most_and_counts_alone_are_no_card(alice: User) -> None:
    post = live_post(alice, "Harbour")
    of(post)
    key = f"card:{post.id}"
    assert 0 < acting(CACHE).ttl(key) <= cards.CARD_SECONDS
    acting(CACHE).hdel(key, "n")
    assert stored_cards([post.id], "en") == {}
    drop_cards([post.id])
    renew_counts(post.id)
    assert stored_cards([post.id], "en") == {} and Photo.objects.for_owner(alice.id).exists()
