"""Several lists of ids as one: right down to its last id."""

from hypothesis import given
from hypothesis import strategies as st

from feeds import store
from feeds.store import IdList


def test_a_merge_takes_nothing_older_than_the_tail_of_an_incomplete_list() -> None:
    merged = store.merged([IdList([9, 7], complete=False), IdList([8, 3], complete=True)])
    assert merged == IdList([9, 8, 7], complete=False)


def test_a_merge_of_complete_lists_takes_all() -> None:
    merged = store.merged([IdList([9, 7], complete=True), IdList([8, 7, 3], complete=True)])
    assert merged == IdList([9, 8, 7, 3], complete=True)


def test_a_merge_with_the_newest_of_more_ends_where_they_end() -> None:
    merged = store.merged([IdList([9, 7, 2], complete=True), IdList([8, 5], complete=False)])
    assert merged == IdList([9, 8, 7, 5], complete=False)


def test_a_merge_ends_where_the_shortest_ends_and_an_empty_list_takes_nothing_from_it() -> None:
    parts = [IdList([9, 2], complete=False), IdList([8, 5], complete=False), IdList([], complete=True)]
    assert store.merged(parts) == IdList([9, 8, 5], complete=False)
    assert store.merged(parts[:1]) == parts[0]


@given(
    posts=st.sets(st.tuples(st.integers(1, 60), st.integers(0, 2))),
    lengths=st.tuples(*[st.integers(1, 12)] * 3),
)
def test_a_merge_is_the_head_of_all_that_there_is(posts: set[tuple[int, int]], lengths: tuple[int, ...]) -> None:
    """Of three authors' posts, of each of whom so many of the newest are known."""
    of_each = [sorted((id for id, author in posts if author == number), reverse=True) for number in range(3)]
    parts = [IdList(ids[:most], len(ids) <= most) for ids, most in zip(of_each, lengths, strict=True)]
    merged, truth = store.merged(parts), sorted({id for id, _ in posts}, reverse=True)
    assert merged.complete == all(part.complete for part in parts)
    assert merged.ids == (truth if merged.complete else truth[: len(merged.ids)])
    assert len(merged.ids) >= min(len(part.ids) for part in parts if not part.complete or merged.complete)
