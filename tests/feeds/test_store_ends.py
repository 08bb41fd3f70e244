"""What ends what Redis keeps of a member: acts, posts that come, time."""

from collections.abc import Callable

import pytest

from feeds import keys, page_store, store
from feeds.store import Built, IdList, Pushed
from photoapp.redis_clients import FEEDS, acting
from tests.feeds.storing import BIG, KEPT, MEMBER, OTHER, begin, build, has_page, mine, note, put_page, stored

pytestmark = pytest.mark.django_db  # for an empty Redis


def test_what_was_forgotten_is_gone_whole() -> None:
    build([5], heard=[3], acts=["l5"])
    put_page()
    assert store.forget(MEMBER)
    assert not acting(FEEDS).exists(*(key(MEMBER) for key in KEPT)) and not has_page()
    assert store.read_feed(MEMBER) == (None, [])
    assert not store.forget(MEMBER), "there is none by now"


def test_a_page_vanishes_with_a_push_and_its_member_is_told_of() -> None:
    for member in (MEMBER, OTHER, 9):
        build([5], member=member)
    put_page(MEMBER)
    put_page(9)
    assert store.push(6, [MEMBER, OTHER, 9, 10]) == Pushed(3, [MEMBER, 9])
    assert not has_page(MEMBER) and not has_page(9)
    assert store.push(7, [MEMBER, OTHER, 9, 10]) == Pushed(3, [])


def test_a_page_stays_when_a_push_changes_nothing() -> None:
    build([9, 5], complete=False)
    put_page()
    for id in (9, 5, 3):
        assert store.push(id, [MEMBER]) == Pushed(1, [])
    assert has_page()
    assert store.push(7, [MEMBER]) == Pushed(1, [MEMBER]), "late, but within the list"
    assert not has_page()


def test_a_page_vanishes_with_an_act_of_its_member() -> None:
    build([5, 4], acts=["l4"])
    put_page()
    note("l5", "-s5", "-l4")
    assert not has_page() and mine() == {b"l5"}
    put_page()
    store.turn(MEMBER)
    assert not has_page() and stored() == IdList([5, 4], complete=True)


def test_acts_that_were_read_before_a_later_act_are_not_noted() -> None:
    build([5], acts=["l5"])
    earlier, later = store.turn(MEMBER), store.turn(MEMBER)
    assert not store.note_acts(MEMBER, earlier, ["l5", "s5"]) and mine() == {b"l5"}
    assert store.note_acts(MEMBER, later, ["-l5"]) and mine() == set()


def test_acts_are_noted_only_where_they_are_known() -> None:
    note("l5")
    assert mine() == set(), "who builds the list reads them from the shards"


@pytest.mark.parametrize(
    "change",
    [
        lambda: store.note_acts(MEMBER, store.turn(MEMBER), ["l5"]),
        lambda: store.turn(MEMBER),
        lambda: store.forget(MEMBER),
        lambda: store.forget_past(MEMBER),
    ],
    ids=["act", "turn", "forget", "own post"],
)
def test_a_page_that_is_past_goes_with_what_the_member_does(change: Callable[[], object]) -> None:
    build([1])
    put_page()
    store.push(5, [MEMBER])
    change()
    assert not acting(FEEDS).exists(keys.past_key(MEMBER))


def test_a_page_that_is_past_goes_when_an_act_is_noted() -> None:
    """Also when one came in between."""
    build([1])
    version = store.turn(MEMBER)
    put_page()
    store.push(5, [MEMBER])
    assert store.note_acts(MEMBER, version, ["l5"]) and not acting(FEEDS).exists(keys.past_key(MEMBER))


def test_a_face_that_changed_is_not_shown() -> None:
    build([5])
    acting(FEEDS).hset(keys.member_key(MEMBER), "face", "old")
    put_page()
    store.forget_face(MEMBER)
    assert not has_page() and not acting(FEEDS).hexists(keys.member_key(MEMBER), "face")


def test_pulled_authors_are_marked_where_a_feed_exists_and_its_page_goes() -> None:
    build([5])
    put_page()
    put_page(OTHER)
    store.mark_pulled(BIG + 1, [MEMBER, OTHER])
    assert store.read_feed(MEMBER) == (IdList([5], complete=True), [BIG + 1]) and not has_page()
    assert store.read_feed(OTHER) == (None, []) and not acting(FEEDS).exists(keys.pulls_key(OTHER))
    assert has_page(OTHER)


def test_who_becomes_pulled_while_a_list_is_built_is_pulled() -> None:
    version = begin()
    store.mark_pulled(3, [MEMBER])
    store.add_pulls(MEMBER, [4])
    assert store.finish(MEMBER, version, Built(IdList([5], complete=True)))
    feed, pulled = store.read_feed(MEMBER)
    assert feed == IdList([5], complete=True) and sorted(pulled) == [3, 4]


def test_a_feed_lives_for_seven_days_after_it_was_seen() -> None:
    build([1])
    for key in KEPT:
        acting(FEEDS).expire(key(MEMBER), 100)
    store.push(2, [MEMBER])
    note("l2")
    assert all(0 < acting(FEEDS).ttl(key(MEMBER)) <= 100 for key in KEPT), "news does not keep a feed alive"
    assert store.read_feed(MEMBER)[0] == IdList([2, 1], complete=True)
    assert all(acting(FEEDS).ttl(key(MEMBER)) > 100 for key in (*KEPT, keys.member_key))


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_first_page_keeps_the_feed_alive_whether_it_is_stored_or_not(is_stored: bool) -> None:
    build([3])
    if is_stored:
        acting(FEEDS).hset(keys.page_key(MEMBER), "en", b"1 1\nbody")
    names = (*KEPT, keys.member_key)
    for key in names:
        acting(FEEDS).expire(key(MEMBER), 6 * 24 * 3600)
    assert isinstance(page_store.open_page(MEMBER, "en"), page_store.Page) is is_stored
    assert all(acting(FEEDS).ttl(key(MEMBER)) > 6 * 24 * 3600 for key in names)


def test_what_was_read_today_is_not_written_again() -> None:
    build([3])
    left = store.FEED_TTL - store.RENEWED_AFTER + 100
    acting(FEEDS).expire(keys.feed_key(MEMBER), left)
    store.read_feed(MEMBER)
    page_store.open_page(MEMBER, "en")
    assert acting(FEEDS).ttl(keys.feed_key(MEMBER)) <= left


def test_reading_does_not_lengthen_the_life_of_a_feed_whose_builder_died() -> None:
    begin()
    store.add_pulls(MEMBER, [])
    store.read_feed(MEMBER)
    page_store.open_page(MEMBER, "en")
    assert 0 < acting(FEEDS).ttl(keys.feed_key(MEMBER)) <= store.BUILDING_TTL


def test_the_keys_of_a_member_are_in_one_slot_of_a_cluster() -> None:
    names = [key(255) for key in (*KEPT, keys.member_key, keys.page_key, keys.past_key)]
    assert {key.partition(":")[2] for key in names} == {"{ff}"} and len(set(names)) == 7


@pytest.mark.real("redis")  # the fake one has no MEMORY
def test_five_hundred_ids_are_small() -> None:
    build([BIG + number * 4096 for number in range(500, 0, -1)], complete=False, heard=range(BIG, BIG + 300))
    assert acting(FEEDS).memory_usage(keys.feed_key(MEMBER), samples=0) <= 6 * 1024
    assert acting(FEEDS).memory_usage(keys.heard_key(MEMBER), samples=0) <= 300 * 9
