"""63-bit ids: 41 bits of milliseconds, 10 bits of logical shard, 12 random bits.

Every id carries the logical shard of the member who owns the row, so the home of a user, a post or a comment is
known from its id alone. Ids sort by time. (The layout is Twitter's Snowflake, with the shard where the worker's
number was and random bits where the sequence was: a sequence that restarts at 0 in every process collides.)
"""

import random
import threading
import time
from datetime import UTC, datetime, timedelta

import base58

RANDOM_BITS = 12
SHARD_BITS = 10
LOGICAL_SHARDS = 1 << SHARD_BITS
MAX_ID = (1 << 63) - 1
LONGEST_TEXT = 11  # of an id in base58
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)

_EPOCH_MS = int(EPOCH.timestamp() * 1000)
_TIME_SHIFT = SHARD_BITS + RANDOM_BITS
_random = random.SystemRandom()
_lock = threading.Lock()
_drawn: set[int] = set()  # by this process, in the millisecond _drawn_at
_drawn_at = 0


class InvalidId(ValueError):
    """The text of a URL or of JSON is no id."""


def new_id(shard: int, at: datetime | None = None) -> int:
    """A new id on a logical shard (0 to 1023); `at` dates it, for imports and demos."""
    ms = int((at.timestamp() if at else time.time()) * 1000) - _EPOCH_MS
    while True:
        id = ms << _TIME_SHIFT | shard << RANDOM_BITS | _random.getrandbits(RANDOM_BITS)
        if at or _is_fresh(ms, id):
            return id


def _is_fresh(ms: int, id: int) -> bool:
    """Whether this process has not drawn the id before: what one transaction writes within a millisecond (a post and
    its outbox rows) would collide once in some thousand times."""
    global _drawn_at
    with _lock:
        if ms != _drawn_at:
            _drawn_at = ms
            _drawn.clear()
        fresh = id not in _drawn
        _drawn.add(id)
        return fresh


def new_id_beside(owner_id: int, at: datetime | None = None) -> int:
    """A new id on the logical shard of an existing one."""
    return new_id(shard_of(owner_id), at)


def new_user_id() -> int:
    """A member's id, on a logical shard drawn at random: the home of everything the member will own."""
    return new_id(_random.randrange(LOGICAL_SHARDS))


def shard_of(id: int) -> int:
    """The logical shard (0 to 1023) that an id carries."""
    return id >> RANDOM_BITS & LOGICAL_SHARDS - 1


def time_of(id: int) -> datetime:
    return EPOCH + timedelta(milliseconds=id >> _TIME_SHIFT)


def first_id_at(at: datetime) -> int:
    """The smallest id of a moment: `id < first_id_at(t)` means made before t."""
    return int(at.timestamp() * 1000) - _EPOCH_MS << _TIME_SHIFT


def encode(id: int) -> str:
    """An id as it stands in URLs: base58."""
    return base58.b58encode_int(id).decode()


def decode(text: str) -> int:
    """Raises InvalidId for what is not the base58 of a positive 63-bit number."""
    if len(text) > LONGEST_TEXT:  # the time that decoding takes grows with the square of the length
        raise InvalidId("This is not a valid id.")
    try:
        id = base58.b58decode_int(text)
    except (ValueError, UnicodeError) as error:
        raise InvalidId("This is not a valid id.") from error
    if not 0 < id <= MAX_ID or encode(id) != text:
        raise InvalidId("This is not a valid id.")
    return id


class IdConverter:
    """`<id:post_id>` in URL patterns; anything that is no id is a 404."""

    regex = "[1-9A-HJ-NP-Za-km-z]{1,11}"

    def to_python(self, value: str) -> int:
        return decode(value)

    def to_url(self, value: int) -> str:
        return encode(value)
