"""How far a follower must have come before somebody may read there: positions in the leaders' logs (LSN), in Redis.

    position:{u}   of the member u's own last writes: what they wrote, they see
    floor          of what everybody must see: withdrawals, and writes of people who are not known

Both are sorted sets, {alias of a leader: position}, where a position only grows. A member's are kept for a minute:
followers that lag so long answer nobody. A leader without a floor has lost it with its Redis, and with it perhaps what
members wrote: its followers are not read until there is one again (photoapp/followers.py), which is the leader's
position by then, so everything written before is below it.
"""

from collections.abc import Mapping

from django.db import connections

from photoapp.redis_clients import FEEDS, acting_answers, quick_answers

Positions = dict[str, int]  # alias of a leader: a position in its log, in bytes

KEPT_SECONDS = 60
FLOOR, FLOOR_SECONDS = "floor", 3600
END_OF_LOG = "pg_current_wal_insert_lsn()"
UNKNOWN = 1 << 53  # beyond every log: no follower will do (a score in Redis is exact up to here)


def needed(member_id: int | None) -> Positions:
    """What a follower of each leader must have replayed before it answers this member, or a visitor. One round trip.
    Raises RedisAway."""
    keys = [FLOOR] if member_id is None else [FLOOR, _key(member_id)]
    answers = quick_answers(FEEDS, [("ZRANGE", key, 0, -1, "WITHSCORES") for key in keys])
    floor, *own = [
        {alias.decode(): int(float(at)) for alias, at in zip(found[::2], found[1::2], strict=True)} for found in answers
    ]
    mine = own[0] if own else {}
    return {leader: max(at, mine.get(leader, 0)) for leader, at in floor.items()}


def note(member_id: int, positions: Mapping[str, int]) -> None:
    """What a member has written. Raises redis' errors."""
    _raise(_key(member_id), positions, KEPT_SECONDS)


def raise_floor(positions: Mapping[str, int]) -> None:
    """What everybody must see from now on. Raises redis' errors."""
    _raise(FLOOR, positions, FLOOR_SECONDS)


def _raise(key: str, positions: Mapping[str, int], seconds: int) -> None:
    if not positions:
        return
    pairs = [word for alias, position in positions.items() for word in (position, alias)]
    acting_answers(FEEDS, [("MULTI",), ("ZADD", key, "GT", *pairs), ("EXPIRE", key, seconds), ("EXEC",)])


def _key(member_id: int) -> str:
    return f"position:{{{member_id:x}}}"


def of_leader(alias: str) -> int:
    """The end of a leader's log just now: what was committed before is below it. One query."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT {END_OF_LOG}")
        return parsed(cursor.fetchone()[0])


def parsed(lsn: str) -> int:
    """PostgreSQL writes "16/B374D848"."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
