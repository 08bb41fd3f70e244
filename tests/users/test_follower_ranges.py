"""The followers of a member in ranges of ids, which posts are brought to one by one."""

from itertools import pairwise

import pytest

from photoapp.ids import MAX_ID
from tests.people import add_follows, crowd
from tests.queries import counted_queries
from users.models import Follower, User
from users.selectors import follower_id_ranges, follower_ids_between

pytestmark = pytest.mark.django_db


def fans_of(charlie: User, count: int) -> list[int]:
    """Of charlie, whom nobody follows yet."""
    fans = crowd(count)
    add_follows([(fan, charlie) for fan in fans])
    return sorted(fan.id for fan in fans)


@pytest.mark.parametrize(("followers", "sizes"), [(0, [0]), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_ranges_hold_every_follower_once(charlie: User, followers: int, sizes: list[int]) -> None:
    fans = fans_of(charlie, followers)
    ranges = follower_id_ranges(charlie.id, 3)
    found = [follower_ids_between(charlie.id, first, last) for first, last in ranges]
    assert [len(ids) for ids in found] == sizes
    assert [id for ids in found for id in ids] == fans


def test_who_follows_meanwhile_is_in_one_of_them(charlie: User) -> None:
    fans_of(charlie, 7)
    ranges = follower_id_ranges(charlie.id, 3)
    assert ranges[0][0] == 1 and ranges[-1][1] == MAX_ID
    assert all(last + 1 == first for (_, last), (first, _) in pairwise(ranges))


def test_who_does_not_hear_the_member_is_in_none(charlie: User) -> None:
    muting, asking, *others = fans_of(charlie, 6)
    Follower.objects.for_owner(charlie.id).filter(follower_id=muting).update(muted=True)
    Follower.objects.for_owner(charlie.id).filter(follower_id=asking).update(accepted=False)
    ranges = follower_id_ranges(charlie.id, 2)
    assert [follower_ids_between(charlie.id, *one) for one in ranges] == [others[:2], others[2:]]


def test_a_range_costs_one_query(charlie: User) -> None:
    fans_of(charlie, 6)
    with counted_queries() as counts:
        ranges = follower_id_ranges(charlie.id, 3)
    assert len(ranges) == sum(counts.values()) == 2
