"""Lists of post ids in Redis: feeds, newest first, and the recent posts of authors who are pulled.

Redis is a cache here: any list can be built again from the shards, and is when it is absent. An element is an id in
decimal, or one of two marks at the end of the list:

    "0"   nothing older exists in the database: the list is complete
    "-"   the list is being built: what is pushed meanwhile is kept, but readers must not rely on it

Ids are compared as strings (by length, then by character): numbers in Lua lose digits above 2^53.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

FEED_LENGTH = 500
RECENT_LENGTH = 100
FEED_TTL = 7 * 24 * 3600  # seconds; a feed exists for members seen in the last 7 days
BUILDING_TTL = 30
PUSH_CHUNK = 500  # keys a script call: more would hold up other clients of Redis
COMPLETE = "0"
BUILDING = "-"


@lru_cache(maxsize=1)
def connection() -> Any:
    return redis.Redis.from_url(
        settings.FEEDS_URL,
        decode_responses=True,
        socket_timeout=1,
        socket_connect_timeout=0.25,
        protocol=2,
        retry=Retry(NoBackoff(), 1),  # a connection that was closed while idle; every command here may run twice
    )


def feed_key(user_id: int) -> str:
    return f"feed:{{{user_id:x}}}"


def pulls_key(user_id: int) -> str:
    """The pulled authors whom a member follows; shares the hash tag of the member's feed."""
    return f"pulls:{{{user_id:x}}}"


def recent_key(author_id: int) -> str:
    return f"recent:{{{author_id:x}}}"


NEWER = """
local function newer(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end
"""

# Puts an id onto those of the lists that exist, where it belongs; twice is the same as once. A list may grow a tenth
# too long before it is cut: cutting it at every push would be a third of the work.
PUSH = (
    NEWER
    + """
local call, id, length = redis.call, ARGV[1], tonumber(ARGV[2])
local pushed = 0
for _, key in ipairs(KEYS) do
  local head = call('LINDEX', key, 0)
  if head then
    local now = 0
    if newer(id, head) then
      now = call('LPUSH', key, id)
    elseif id ~= head then
      for _, other in ipairs(call('LRANGE', key, 0, -1)) do
        if id == other then break end
        if newer(id, other) then now = call('LINSERT', key, 'BEFORE', other, id) break end
      end
    end
    if now > length * 1.1 then call('LTRIM', key, 0, length - 1) end
    pushed = pushed + 1
  end
end
return pushed
"""
)

# Merges ids (newest first) into a list at once. A list that is not complete takes nothing older than its tail:
# between its tail and such an id others would be missing. ARGV[3] says what the ids are:
#   'some'      more ids for a list that exists
#   'head'      the same, and older ones of their kind were left out: the list now ends where they end
#   'complete'  all there is: ends the building, and marks the list complete
#   'newest'    the newest of more: ends the building
MERGE = (
    NEWER
    + """
local key, length, ttl, kind = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local old = redis.call('LRANGE', key, 0, -1)
if #old == 0 then return 0 end
local last = old[#old]
local finishing = kind == 'complete' or kind == 'newest'
local floor = (not finishing and last ~= '0' and last ~= '-') and last or nil
local cut = (kind == 'head' or kind == 'newest') and #ARGV > 3 and ARGV[#ARGV] or nil
local merged, i, j = {}, 1, 4
while i <= #old or j <= #ARGV do
  local one
  if j > #ARGV or (i <= #old and not newer(ARGV[j], old[i])) then
    one = old[i]
    i = i + 1
  else
    one = ARGV[j]
    j = j + 1
    if floor and newer(floor, one) then one = nil end
  end
  if one and cut and one ~= '-' and newer(cut, one) then one = nil end
  if one and not (finishing and (one == '-' or one == '0')) and one ~= merged[#merged] then
    merged[#merged + 1] = one
  end
end
if kind == 'complete' then merged[#merged + 1] = '0' end
local left = redis.call('PTTL', key)
redis.call('DEL', key)
for k = 1, math.min(#merged, length) do redis.call('RPUSH', key, merged[k]) end
if finishing then redis.call('EXPIRE', key, ttl) elseif left > 0 then redis.call('PEXPIRE', key, left) end
return #merged
"""
)

# Adds an author to the pulls of those members whose feed exists.
MARK_PULLED = """
for i = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('SADD', KEYS[i + 1], ARGV[1]) end
end
"""

REMOVE = """
for _, key in ipairs(KEYS) do
  for _, id in ipairs(ARGV) do redis.call('LREM', key, 0, id) end
end
"""


@lru_cache(maxsize=8)
def _script(source: str) -> Any:
    return connection().register_script(source)


@dataclass(frozen=True)
class IdList:
    """A list as it was read: `ids` newest first; `complete` when nothing older exists."""

    ids: list[int]
    complete: bool


def parse(elements: Sequence[str]) -> IdList | None:
    """None when the list is absent or still being built."""
    if not elements or elements[-1] == BUILDING:
        return None
    complete = elements[-1] == COMPLETE
    return IdList([int(element) for element in (elements[:-1] if complete else elements)], complete)


def read_feed(user_id: int) -> tuple[IdList | None, list[int]]:
    """A member's feed and the pulled authors they follow; one round trip, which also keeps both alive."""
    feed, pulls = feed_key(user_id), pulls_key(user_id)
    with connection().pipeline(transaction=False) as pipe:
        pipe.lrange(feed, 0, -1).smembers(pulls).expire(feed, FEED_TTL, gt=True).expire(pulls, FEED_TTL)
        elements, authors, *_ = pipe.execute()
    if not authors:  # its key was evicted: which authors are to be merged is not known
        return None, []
    return parse(elements), [int(author) for author in authors if author != COMPLETE]


def read_recent(author_ids: Sequence[int]) -> dict[int, IdList | None]:
    """The recent posts of authors; one round trip."""
    if not author_ids:
        return {}
    with connection().pipeline(transaction=False) as pipe:
        for author_id in author_ids:
            pipe.lrange(recent_key(author_id), 0, -1)
        return dict(zip(author_ids, map(parse, pipe.execute()), strict=True))


def push(post_id: int, keys: Iterable[str], *, length: int = FEED_LENGTH) -> int:
    """Pushes onto those lists that exist; returns how many did."""
    wanted = list(keys)
    pushed = 0
    for start in range(0, len(wanted), PUSH_CHUNK):
        pushed += _script(PUSH)(keys=wanted[start : start + PUSH_CHUNK], args=[post_id, length])
    return pushed


BEGIN = """
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('RPUSH', KEYS[1], '-')
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
"""


def begin(key: str) -> None:
    """Marks an absent list as being built, so that what is pushed from now on is not lost."""
    _script(BEGIN)(keys=[key], args=[BUILDING_TTL])


def finish(key: str, ids: Sequence[int], *, complete: bool, length: int, ttl: int = FEED_TTL) -> None:
    """Ends what `begin` began. A list that went away meanwhile stays away: pushes onto it may be lost."""
    kind = "complete" if complete else "newest"
    _script(MERGE)(keys=[key], args=[length, ttl, kind, *ids])


def merge(key: str, ids: Sequence[int], *, more: bool = False, length: int = FEED_LENGTH) -> None:
    """Merges ids, newest first, into a list that exists. `more`: older ones exist that were left out, so that the
    list can be relied on only down to the last of these; below, readers go on from the database."""
    if ids:
        _script(MERGE)(keys=[key], args=[length, FEED_TTL, "head" if more else "some", *ids])


def set_pulls(user_id: int, author_ids: Iterable[int]) -> None:
    key = pulls_key(user_id)
    with connection().pipeline(transaction=False) as pipe:
        pipe.sadd(key, COMPLETE, *author_ids).expire(key, FEED_TTL).execute()


def mark_pulled(author_id: int, follower_ids: Sequence[int]) -> None:
    keys = [key for id in follower_ids for key in (feed_key(id), pulls_key(id))]
    for start in range(0, len(keys), PUSH_CHUNK * 2):
        _script(MARK_PULLED)(keys=keys[start : start + PUSH_CHUNK * 2], args=[author_id])


def unmark_pulled(author_id: int, follower_ids: Iterable[int]) -> None:
    with connection().pipeline(transaction=False) as pipe:
        for follower_id in follower_ids:
            pipe.srem(pulls_key(follower_id), author_id)
        pipe.execute()


def remove(keys: Sequence[str], post_ids: Sequence[int]) -> None:
    if post_ids:
        for start in range(0, len(keys), PUSH_CHUNK):
            _script(REMOVE)(keys=keys[start : start + PUSH_CHUNK], args=list(post_ids))


def drop(*keys: str) -> None:
    connection().delete(*keys)
