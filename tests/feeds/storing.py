"""Feeds in Redis as tests put them there, and look at them."""

import time
from typing import Any

from feeds import keys, store, withdrawn
from feeds.page_store import field_of
from feeds.store import Built, IdList
from photoapp.redis_clients import FEEDS, acting
from users.models import User

MEMBER, OTHER = 7, 8
BIG = 1 << 62  # ids beyond what a number in Lua holds exactly
KEPT = (keys.feed_key, keys.pulls_key, keys.heard_key, keys.mine_key)  # what is built, and lives as long


def begin(member: int = MEMBER) -> str:
    return store.begin(member).version


def note(*acts: str) -> None:
    assert store.note_acts(MEMBER, store.turn(MEMBER), acts)


def build(
    ids: list[int], *, complete: bool = True, length: int = 500, member: int = MEMBER, **more: Any
) -> store.IdList | None:
    version = begin(member)
    assert store.finish(member, version, Built(IdList(ids, complete), **more), length=length)
    return stored(member)


def stored(member: int = MEMBER) -> store.IdList | None:
    return store.parse(acting(FEEDS).lrange(keys.feed_key(member), 0, -1))


def mine() -> set[bytes]:
    return acting(FEEDS).smembers(keys.mine_key(MEMBER)) - {b"0"}


def put_page(member: int = MEMBER) -> None:
    acting(FEEDS).hset(keys.page_key(member), "en", "a page")


def has_page(member: int = MEMBER) -> bool:
    return bool(acting(FEEDS).exists(keys.page_key(member)))


def make_older(user: User, seconds: float) -> None:
    """The member's page, as if it had been begun so long ago, and nothing withdrawn since."""
    now, page = time.time() * 1000, keys.page_key(user.id)
    acting(FEEDS).delete(withdrawn.KEY)
    acting(FEEDS).zadd(withdrawn.KEY, {withdrawn.EPOCH: int(now) - 2_000_000})
    _began, _, rest = acting(FEEDS).hget(page, field_of("en")).partition(b" ")
    acting(FEEDS).hset(page, field_of("en"), b"%d %s" % (now - 1000 * seconds, rest))
