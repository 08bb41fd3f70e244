"""What Redis keeps of a member: sorted lists that know their end, and nothing that was read before the last act."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds import keys, store
from feeds.store import Built, IdList, Pushed
from photoapp.redis_clients import FEEDS, acting
from tests.feeds.storing import BIG, KEPT, MEMBER, OTHER, begin, build, has_page, mine, note, put_page, stored

pytestmark = pytest.mark.django_db  # for an empty Redis

# --- Lists -------------------------------------------------------------------------------------------------------


def test_what_does_not_exist_is_not_pushed_onto() -> None:
    assert store.push(5, [MEMBER]) == Pushed(0, [])
    assert stored() is None


def test_a_list_with_nothing_on_it_exists_all_the_same() -> None:
    assert build([]) == IdList([], complete=True)
    assert store.push(5, [MEMBER]) == Pushed(1, [])
    assert stored() == IdList([5], complete=True)


def test_big_ids_keep_their_last_digits() -> None:
    build([BIG + 1])
    store.push(BIG + 3, [MEMBER])
    store.push(BIG + 2, [MEMBER])
    assert stored() == IdList([BIG + 3, BIG + 2, BIG + 1], complete=True)


def test_a_push_that_comes_twice_or_late_finds_its_place() -> None:
    build([9, 3])
    for id in (5, 9, 5, 3, 1, 1):
        store.push(id, [MEMBER])
    assert stored() == IdList([9, 5, 3, 1], complete=True)


def test_a_push_that_comes_very_late_finds_its_place_far_down() -> None:
    build(list(range(100, 0, -2)))
    for id in [*range(1, 100, 2), 51, 50]:
        store.push(id, [MEMBER])
    assert stored() == IdList(list(range(100, 0, -1)), complete=True)


def test_a_late_push_below_an_incomplete_list_is_left_to_the_database() -> None:
    build([9, 5], complete=False)
    assert store.push(3, [MEMBER]) == Pushed(1, [])
    assert stored() == IdList([9, 5], complete=False)


def test_a_list_may_grow_a_little_too_long_then_it_is_cut_and_no_longer_complete() -> None:
    build([3, 2, 1])
    last = 3 + store.SLACK - 1  # the mark takes a place, too
    for id in range(4, last + 1):
        store.push(id, [MEMBER], length=3)
    assert stored() == IdList(list(range(last, 0, -1)), complete=True)
    store.push(last + 1, [MEMBER], length=3)
    assert stored() == IdList([last + 1, last, last - 1], complete=False)


def test_what_is_built_too_long_is_cut_and_no_longer_complete() -> None:
    assert build([4, 3, 2, 1], length=3) == IdList([4, 3, 2], complete=False)
    assert build([4, 3, 2, 1], length=4, member=OTHER) == IdList([4, 3, 2, 1], complete=False), "no room for the mark"


def test_a_push_reaches_all_feeds_that_exist_however_many_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PUSH_CHUNK", 2)
    members = list(range(100, 107))
    for member in members[::2]:
        build([1], member=member)
        put_page(member)
    assert store.push(5, iter(members)) == Pushed(4, members[::2])
    assert [stored(member) for member in members] == [IdList([5, 1], complete=True), None] * 3 + [IdList([5, 1], True)]


def test_the_pages_of_all_go_however_many_have_none() -> None:
    members = list(range(100, 170))
    for member in members:
        build([1], member=member)
    for member in (100, 119, 120, 169):
        put_page(member)
    assert store.push(5, members) == Pushed(70, [100, 119, 120, 169])
    assert not acting(FEEDS).exists(*(keys.page_key(member) for member in members))


def test_a_page_that_a_push_has_overtaken_is_past_and_ends_when_it_would_have() -> None:
    build([1])
    put_page()
    acting(FEEDS).expire(keys.page_key(MEMBER), 100)
    for id in (2, 3):
        store.push(id, [MEMBER])
        assert not has_page() and acting(FEEDS).hget(keys.past_key(MEMBER), "en") == b"a page"
        assert 0 < acting(FEEDS).ttl(keys.past_key(MEMBER)) <= 100


def test_a_removed_id_is_on_none_of_the_lists() -> None:
    build([3, 2, 1])
    build([2], member=OTHER)
    store.remove(2, [MEMBER, OTHER, 9])
    assert (stored(), stored(OTHER)) == (IdList([3, 1], complete=True), IdList([], complete=True))


# --- Building ----------------------------------------------------------------------------------------------------


def test_what_is_pushed_while_a_list_is_built_is_kept() -> None:
    version = begin()
    assert store.push(9, [MEMBER]) == Pushed(1, [])
    assert stored() is None, "readers must not rely on it yet"
    assert store.finish(MEMBER, version, Built(IdList([5, 4], complete=True)))
    assert stored() == IdList([9, 5, 4], complete=True)


def test_what_is_pushed_late_below_the_newest_of_more_is_left_to_the_database() -> None:
    version = begin()
    store.push(3, [MEMBER])
    assert store.finish(MEMBER, version, Built(IdList([9, 8], complete=False)))
    assert stored() == IdList([9, 8], complete=False)


def test_two_builders_at_once_make_one_list() -> None:
    one, other = begin(), begin()
    assert store.finish(MEMBER, one, Built(IdList([5, 4], complete=True)))
    store.push(6, [MEMBER])
    assert store.finish(MEMBER, other, Built(IdList([5, 4], complete=True)))
    assert stored() == IdList([6, 5, 4], complete=True)


def test_who_begins_is_told_whether_others_have_begun() -> None:
    assert [store.begin(MEMBER).by_others for _ in range(2)] == [False, True]
    store.push(9, [MEMBER])
    assert store.begin(MEMBER).by_others
    build([5])
    assert not store.begin(MEMBER).by_others, "a whole list may be built anew"
    assert stored() == IdList([9, 5], complete=True), "it is there meanwhile"
    store.forget(MEMBER)
    assert not store.begin(MEMBER).by_others


def test_a_list_that_went_away_while_it_was_built_stays_away() -> None:
    version = begin()
    acting(FEEDS).delete(keys.feed_key(MEMBER))
    assert not store.finish(MEMBER, version, Built(IdList([5], complete=True)))
    assert stored() is None, "a push in between would have been lost"


def test_a_list_that_went_away_is_another_one_when_it_is_begun_anew() -> None:
    slow = begin()
    acting(FEEDS).delete(keys.feed_key(MEMBER))
    store.push(9, [MEMBER])
    other = begin()
    assert not store.finish(MEMBER, slow, Built(IdList([5], complete=True)))
    assert stored() is None, "9 was pushed onto nothing, after the first builder had read"
    assert store.finish(MEMBER, other, Built(IdList([9, 5], complete=True)))
    assert stored() == IdList([9, 5], complete=True)


def test_a_list_is_not_stored_when_its_member_follows_others_meanwhile() -> None:
    version = begin()
    assert store.forget(MEMBER), "there was one, if not a whole one"
    assert not store.finish(MEMBER, version, Built(IdList([5], complete=True)))
    assert not acting(FEEDS).exists(*(key(MEMBER) for key in KEPT))
    later = begin()
    assert not store.finish(MEMBER, version, Built(IdList([5], complete=True))), "nor for whoever began after that"
    assert stored() is None
    assert store.finish(MEMBER, later, Built(IdList([4], complete=True)))
    assert stored() == IdList([4], complete=True)


def test_a_list_is_not_stored_when_its_member_acts_meanwhile() -> None:
    version = begin()
    note("l5")
    store.push(9, [MEMBER])
    assert not store.finish(MEMBER, version, Built(IdList([5], complete=True)))
    assert stored() is None and mine() == set()
    later = begin()
    store.push(10, [MEMBER])
    assert store.finish(MEMBER, later, Built(IdList([9, 5], complete=True), acts=["l5"]))
    assert stored() == IdList([10, 9, 5], complete=True) and mine() == {b"l5"}


def test_with_a_list_is_stored_whom_its_member_hears_and_what_the_member_did() -> None:
    build([5, 4], heard=[BIG + 1, 3], acts=["l5", "s5", "s4"], known=4)
    assert acting(FEEDS).hget(keys.member_key(MEMBER), "known") == b"4"
    assert store.unpacked(acting(FEEDS).get(keys.heard_key(MEMBER))) == {BIG + 1, 3}
    assert mine() == {b"l5", b"s5", b"s4"}
    assert store.own_acts(MEMBER, [5, 4, 3]) == {"l5", "s5", "s4"}
    build([5], heard=[], acts=["l5"])
    assert acting(FEEDS).hget(keys.member_key(MEMBER), "known") == b"0"
    assert store.unpacked(acting(FEEDS).get(keys.heard_key(MEMBER))) == frozenset()
    assert mine() == {b"l5"}


@given(found=st.sets(st.integers(0, (1 << 63) - 1)))
def test_ids_are_packed_and_unpacked(found: set[int]) -> None:
    packed = store.packed(found)
    assert store.unpacked(packed) == found and len(packed) == 8 * len(found)


# --- Histories ---------------------------------------------------------------------------------------------------


ids = st.integers(1, 40).map(lambda number: number * (1 << 56))
acts = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["push", "push", "remove"]), ids),
        st.tuples(st.sampled_from(["begin", "finish"]), st.integers(0, 1)),  # two builders
        st.tuples(st.sampled_from(["forget", "act", "evict"]), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.sets(ids, max_size=8), acts=acts, length=st.integers(3, 12))
def test_any_history_gives_the_newest_ids_in_order(
    db: None, first: set[int], acts: list[tuple[str, Any]], length: int
) -> None:
    """Beside a model that keeps all ids: the list is always a head of the model's, and knows whether it is all. Who
    builds reads just after having begun, so that all that happens until the end is news."""
    store.forget(MEMBER)
    model = set(first)
    builders: dict[int, tuple[str, list[int]]] = {}
    gone: set[int] = set()  # a removal that passes by a list before it is there; readers leave these out
    build(sorted(first, reverse=True)[:length], complete=len(first) <= length, length=length)
    for act, value in acts:
        if act == "push":
            model.add(value)
            store.push(value, [MEMBER], length=length)
        elif act == "remove":
            model.discard(value)
            gone |= {value} if builders else set()
            store.remove(value, [MEMBER])
        elif act == "begin":
            builders[value] = begin(), sorted(model, reverse=True)
        elif act == "finish" and value in builders:
            version, truth = builders.pop(value)
            part = IdList(truth[:length], len(truth) <= length)
            store.finish(MEMBER, version, Built(part), length=length)
        elif act == "forget":
            store.forget(MEMBER)
        elif act == "act":
            store.turn(MEMBER)
        elif act == "evict":
            acting(FEEDS).delete(keys.feed_key(MEMBER))
        found = stored()
        if found is not None:  # else it will be built again
            known = [id for id in found.ids if id not in gone - model]
            assert known == [id for id in sorted(model, reverse=True) if found.complete or id >= found.ids[-1]]
            assert len(found.ids) <= length + store.SLACK
