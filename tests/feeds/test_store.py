"""The lists of ids in Redis: sorted, without duplicates, and never wrong about where they end."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds import store

pytestmark = pytest.mark.django_db  # for an empty Redis

KEY = store.feed_key(7)
BIG = 1 << 62  # ids beyond what a number in Lua holds exactly


def build(ids: list[int], *, complete: bool = True, length: int = 500) -> None:
    store.begin(KEY)
    store.finish(KEY, ids, complete=complete, length=length)


def stored() -> store.IdList | None:
    return store.parse(store.connection().lrange(KEY, 0, -1))


def test_what_does_not_exist_is_not_pushed_onto() -> None:
    assert store.push(5, [KEY]) == 0
    assert stored() is None


def test_a_list_with_nothing_on_it_exists_all_the_same() -> None:
    build([])
    assert stored() == store.IdList([], complete=True)
    assert store.push(5, [KEY]) == 1
    assert stored() == store.IdList([5], complete=True)


def test_big_ids_keep_their_last_digits() -> None:
    build([BIG + 1])
    store.push(BIG + 3, [KEY])
    store.push(BIG + 2, [KEY])
    assert stored() == store.IdList([BIG + 3, BIG + 2, BIG + 1], complete=True)


def test_a_trimmed_list_is_not_complete() -> None:
    build([3, 2, 1])
    store.push(4, [KEY], length=3)
    assert stored() == store.IdList([4, 3, 2], complete=False)


def test_what_is_pushed_while_a_list_is_built_is_kept() -> None:
    store.begin(KEY)
    store.push(9, [KEY])
    assert stored() is None, "readers must not rely on it yet"
    store.finish(KEY, [5, 4], complete=True, length=500)
    assert stored() == store.IdList([9, 5, 4], complete=True)


def test_two_builders_at_once_make_one_list() -> None:
    store.begin(KEY)
    store.begin(KEY)
    store.finish(KEY, [5, 4], complete=True, length=500)
    store.push(6, [KEY])
    store.finish(KEY, [5, 4], complete=True, length=500)
    assert stored() == store.IdList([6, 5, 4], complete=True)


def test_a_list_that_went_away_while_it_was_built_stays_away() -> None:
    store.begin(KEY)
    store.drop(KEY)
    store.finish(KEY, [5], complete=True, length=500)
    assert stored() is None, "a push in between would have been lost"


def test_a_merge_takes_nothing_older_than_the_tail_of_an_incomplete_list() -> None:
    build([9, 7], complete=False)
    store.merge(KEY, [8, 3])
    assert stored() == store.IdList([9, 8, 7], complete=False)


def test_a_merge_into_a_complete_list_takes_all() -> None:
    build([9, 7])
    store.merge(KEY, [8, 7, 3])
    assert stored() == store.IdList([9, 8, 7, 3], complete=True)


def test_a_merge_of_the_newest_of_more_ends_the_list_where_they_end() -> None:
    build([9, 7, 2])
    store.merge(KEY, [8, 5], more=True)
    assert stored() == store.IdList([9, 8, 7, 5], complete=False)


def test_what_is_pushed_late_below_the_newest_of_more_is_left_to_the_database() -> None:
    store.begin(KEY)
    store.push(3, [KEY])
    store.finish(KEY, [9, 8], complete=False, length=500)
    assert stored() == store.IdList([9, 8], complete=False)


def test_a_feed_lives_for_seven_days_after_it_was_seen() -> None:
    build([1])
    store.set_pulls(7, [])
    store.connection().expire(KEY, 100)
    store.merge(KEY, [2])
    assert 0 < store.connection().ttl(KEY) <= 100, "news does not keep a feed alive"
    assert store.read_feed(7)[0] == store.IdList([2, 1], complete=True)
    assert store.connection().ttl(KEY) > 100


def test_five_hundred_ids_are_small() -> None:
    build([BIG + number * 4096 for number in range(500, 0, -1)], complete=False)
    assert store.connection().memory_usage(KEY, samples=0) <= 6 * 1024


ids = st.integers(1, 40).map(lambda number: number * (1 << 56))
acts = st.lists(
    st.one_of(
        st.tuples(st.just("push"), ids),
        st.tuples(st.just("remove"), ids),
        st.tuples(st.just("merge"), st.lists(ids, max_size=6)),
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.sets(ids, max_size=8), acts=acts, length=st.integers(3, 12))
def test_any_history_gives_the_newest_ids_in_order(
    db: None, first: set[int], acts: list[tuple[str, object]], length: int
) -> None:
    """Beside a model that keeps all ids: the list is always a head of the model's, and knows whether it is all."""
    store.drop(KEY)
    model = set(first)
    build(sorted(first, reverse=True)[:length], complete=len(first) <= length, length=length)
    for act, value in acts:
        if act == "push":
            model.add(value)  # type: ignore[arg-type]
            store.push(value, [KEY], length=length)  # type: ignore[arg-type]
        elif act == "remove":
            model.discard(value)  # type: ignore[arg-type]
            store.remove([KEY], [value])  # type: ignore[list-item]
        else:
            model |= set(value)  # type: ignore[call-overload]
            store.merge(KEY, sorted(value, reverse=True), length=length)  # type: ignore[call-overload]
        found = stored()
        if found is None:  # emptied by removals: it will be built again
            return
        truth = sorted(model, reverse=True)
        assert found.ids == [id for id in truth if found.complete or id >= found.ids[-1]]
        assert len(found.ids) <= length * 1.1, "a push cuts when a list is a tenth too long"
