"""Positions in the leaders' logs, as Redis keeps them."""

import pytest

from photoapp import positions
from photoapp.ids import new_id
from photoapp.positions import parsed

pytestmark = pytest.mark.django_db


def test_a_position_only_grows() -> None:
    member_id = new_id(10)
    positions.raise_floor({"content0": 5})
    for at in (1 << 40, 1 << 39):
        positions.note(member_id, {"content0": at})
    assert positions.needed(member_id) == {"content0": 1 << 40}
    assert positions.needed(None) == {"content0": 5}


def test_a_leader_without_a_floor_is_not_told_of() -> None:
    member_id = new_id(10)
    positions.note(member_id, {"content0": 7, "friends1": 8})
    positions.raise_floor({"friends1": 9})
    assert positions.needed(member_id) == {"friends1": 9}


def test_positions_are_numbers() -> None:
    assert parsed("16/B374D848") == (0x16 << 32) + 0xB374D848
    assert parsed("0/0") == 0
    assert parsed("FFFFF/0") < positions.UNKNOWN
