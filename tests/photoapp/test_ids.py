from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoapp import ids


@given(st.integers(0, 1023), st.datetimes(datetime(2020, 1, 2), datetime(2088, 1, 1)))
def test_an_id_carries_its_shard_and_its_time(shard: int, moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    id = ids.new_id(shard, moment)
    assert ids.shard_of(id) == shard
    assert abs(ids.time_of(id) - moment) < timedelta(milliseconds=2)
    assert 0 < id <= ids.MAX_ID


@given(st.integers(1, ids.MAX_ID))
def test_base58_goes_there_and_back(id: int) -> None:
    assert ids.decode(ids.encode(id)) == id


@pytest.mark.parametrize("text", ["", "0", "O", "l", "ä", "1", "zzzzzzzzzzz", "1" + ids.encode(5), " ", "2\n", "٣"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ids.InvalidId):
        ids.decode(text)


def test_what_is_too_long_is_refused_without_decoding_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field of a form may hold two million characters; decoding these would take an hour."""
    monkeypatch.setattr(ids.base58, "b58decode_int", lambda text: pytest.fail("was decoded"))
    with pytest.raises(ids.InvalidId):
        ids.decode("z" * 12)
    monkeypatch.undo()
    assert len(ids.encode(ids.MAX_ID)) == ids.LONGEST_TEXT


def test_ids_sort_by_time() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    earlier = [ids.new_id(1023, at) for _ in range(50)]
    later = [ids.new_id(0, at + timedelta(milliseconds=1)) for _ in range(50)]
    assert max(earlier) < min(later)
    assert ids.first_id_at(at) <= min(earlier) < ids.first_id_at(at + timedelta(milliseconds=1)) <= min(later)


def test_new_members_are_spread_over_the_logical_shards() -> None:
    assert len({ids.shard_of(ids.new_user_id()) for _ in range(3000)}) > 900


def test_an_id_beside_another_shares_its_home() -> None:
    owner = ids.new_user_id()
    assert ids.shard_of(ids.new_id_beside(owner)) == ids.shard_of(owner)


def test_a_process_never_draws_an_id_twice() -> None:
    """4,096 values a millisecond and shard: by chance alone, some of these would repeat."""
    drawn = [ids.new_id(7) for _ in range(50_000)]
    assert len(set(drawn)) == len(drawn)
