"""What Redis keeps for each member who was seen lately (feeds/keys.py), and what changes it.

A push onto many members' feeds is one call for each of a Redis Cluster's slots. The member's version changes with each
act of theirs that changes the feed: what was read before it is not stored after it.

A mark at the end of a feed is one of

    "0"   nothing older exists in the database: the list is complete
    "-"   the list is being built: what is pushed meanwhile is kept, but readers must not rely on it

Ids are compared as strings (by length, then by character): numbers in Lua lose digits above 2^53.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

from feeds.keys import ACTED, feed_key, heard_key, member_key, mine_key, page_key, past_key, pulls_key
from photoapp.redis_clients import FEEDS, acting, acting_answers, acting_script, quick

FEED_LENGTH = 500
SLACK = 10  # a list may grow so much too long: cutting it at every push would be a third of the work
FEED_TTL = 7 * 24 * 3600  # seconds; a feed exists for members seen in the last 7 days
RENEWED_AFTER = 24 * 3600
BUILDING_TTL = 30
PUSH_CHUNK = 100  # keys a script call: half a millisecond, which is what readers of feeds wait for meanwhile
COMPLETE = "0"
BUILDING = "-"
ACTED_SECONDS = 60


NEWER = """
local function newer(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end
"""

# What is read lives on. Once a day is enough: a look at the time that is left costs less than a write. A feed that is
# being built keeps its own time.
KEEP_ALIVE = f"""
local function keep_alive(feed, others)
  local left = redis.call('TTL', feed)
  if left < 0 or left > {FEED_TTL - RENEWED_AFTER} or redis.call('LINDEX', feed, -1) == '-' then return end
  redis.call('EXPIRE', feed, {FEED_TTL})
  for _, key in ipairs(others) do redis.call('EXPIRE', key, {FEED_TTL}) end
end
"""

READ = (
    KEEP_ALIVE
    + """
local feed, pulls, heard, mine, member = unpack(KEYS)
keep_alive(feed, {pulls, heard, mine, member})
return {redis.call('LRANGE', feed, 0, -1), redis.call('SMEMBERS', pulls)}
"""
)

# Puts an id onto those of the feeds that exist, where it belongs; twice is the same as once. The pages of these
# members are past. Returns how many feeds took it, then the places (from 1) of those who had one: they were here
# lately.
PUSH = (
    NEWER
    + """
local call, id, length, slack = redis.call, ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local function insert(key)
  local from = 0
  repeat
    local some = call('LRANGE', key, from, from + 15)  -- news that comes late is seldom far from the head
    for _, other in ipairs(some) do
      if id == other then return 0 end
      if newer(id, other) then return call('LINSERT', key, 'BEFORE', other, id) end
    end
    from = from + 16
  until #some < 16
  return 0
end
local answer, pages, places = {0}, {}, {}
for place, key in ipairs(KEYS) do
  local head = call('LINDEX', key, 0)
  if head then
    local now = 0
    if newer(id, head) then
      now = call('LPUSH', key, id)
    elseif id ~= head then
      now = insert(key)
    end
    if now > length + slack then call('LTRIM', key, 0, length - 1) end
    answer[1] = answer[1] + 1
    if now > 0 then
      pages[#pages + 1] = 'page:' .. string.sub(key, 6)
      places[#places + 1] = place
    end
  end
end
for first = 1, #pages, 20 do  -- most members have none: one question for several
  local last = math.min(first + 19, #pages)
  if call('EXISTS', unpack(pages, first, last)) > 0 then
    for n = first, last do
      if call('EXISTS', pages[n]) == 1 then
        call('RENAME', pages[n], 'past' .. string.sub(pages[n], 5))
        answer[#answer + 1] = places[n]
      end
    end
  end
end
return answer
"""
)

BEGIN = """
local others = redis.call('LINDEX', KEYS[1], -1) == '-'
if not others then redis.call('HSET', KEYS[2], 'builder', ARGV[3]) end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('RPUSH', KEYS[1], '-')
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
redis.call('EXPIRE', KEYS[2], ARGV[2])
local version, builder = unpack(redis.call('HMGET', KEYS[2], 'version', 'builder'))
return {(version or '') .. '/' .. (builder or ''), others and 1 or 0}
"""

# Merges what was built (newest first) with what was pushed meanwhile, unless the member's version has changed, or the
# feed went away: pushes onto it may be lost. ARGV: version, length, ttl, complete, heard, down to which post acts are
# known, ids..., "mine", acts...
FINISH = (
    NEWER
    + """
local feed, pulls, heard, mine, member = unpack(KEYS)
local version, length, ttl, complete = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local now = redis.call('HMGET', member, 'version', 'builder')
if (now[1] or '') .. '/' .. (now[2] or '') ~= version then return 0 end
local old = redis.call('LRANGE', feed, 0, -1)
if #old == 0 then return 0 end
local last = 7
while ARGV[last] ~= 'mine' do last = last + 1 end
local cut = not complete and last > 7 and ARGV[last - 1] or nil
local merged, i, j = {}, 1, 7
while i <= #old or j < last do
  local one
  if j >= last or (i <= #old and not newer(ARGV[j], old[i])) then
    one = old[i]
    i = i + 1
  else
    one = ARGV[j]
    j = j + 1
  end
  local is_mark = one == '-' or one == '0'
  if not is_mark and one ~= merged[#merged] and not (cut and newer(cut, one)) then merged[#merged + 1] = one end
end
if complete then merged[#merged + 1] = '0' end
redis.call('DEL', feed, mine)
for k = 1, math.min(#merged, length) do redis.call('RPUSH', feed, merged[k]) end
redis.call('SADD', mine, '0')
for k = last + 1, #ARGV do redis.call('SADD', mine, ARGV[k]) end
redis.call('SET', heard, ARGV[5])
redis.call('HSET', member, 'known', ARGV[6])
redis.call('SADD', pulls, '0')
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return #merged
"""
)

# The feed and all that was built with it go, and so does the page; returns whether there was one of them.
FORGET = """
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
return redis.call('DEL', unpack(KEYS, 2))
"""

# A new version: the page goes, and so does a feed that is being built, which nobody may finish now.
TURN = """
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2], KEYS[4])
if ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[2]) end
if redis.call('LINDEX', KEYS[3], -1) == '-' then redis.call('DEL', KEYS[3]) end
return version
"""

# ARGV[2] and on are what the member does now (added) or does no longer (removed, with a "-"), as read in the version
# ARGV[1]; nothing is noted in another.
ACT = """
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'version', 1)  -- a page that was begun since the acts were read does not show them
redis.call('DEL', KEYS[2], KEYS[4])
if redis.call('EXISTS', KEYS[3]) == 0 then return 1 end
for k = 2, #ARGV do
  local act = ARGV[k]
  if string.sub(act, 1, 1) == '-' then redis.call('SREM', KEYS[3], string.sub(act, 2))
  else redis.call('SADD', KEYS[3], act) end
end
return 1
"""

# Adds an author to the pulls of those members whose feed exists, whose pages then go.
MARK_PULLED = """
for i = 1, #KEYS, 3 do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('SADD', KEYS[i + 1], ARGV[1])
    redis.call('DEL', KEYS[i + 2])
  end
end
"""

REMOVE = """
for _, key in ipairs(KEYS) do
  for _, id in ipairs(ARGV) do redis.call('LREM', key, 0, id) end
end
"""


@lru_cache(maxsize=16)
def script(source: str) -> Any:
    return acting(FEEDS).register_script(source)


@dataclass(frozen=True)
class IdList:
    """A list as it was read: `ids` newest first; `complete` when nothing older exists."""

    ids: list[int]
    complete: bool


def parse(elements: Sequence[bytes]) -> IdList | None:
    """None when the list is absent or still being built."""
    if not elements or elements[-1] == b"-":
        return None
    complete = elements[-1] == b"0"
    return IdList([int(element) for element in (elements[:-1] if complete else elements)], complete)


def read_feed(user_id: int) -> tuple[IdList | None, list[int]]:
    """A member's feed and the pulled authors they follow; one round trip, which also keeps them alive."""
    keys = [key(user_id) for key in (feed_key, pulls_key, heard_key, mine_key, member_key)]

    elements, authors = quick(FEEDS, lambda client: script(READ)(keys=keys, client=client))
    if not authors:  # its key was evicted: which authors are to be merged is not known
        return None, []
    return parse(elements), [int(author) for author in authors if author != b"0"]


@dataclass(frozen=True)
class Pushed:
    feeds: int
    pages: list[int]  # members whose page went


def push(post_id: int, user_ids: Iterable[int], *, length: int = FEED_LENGTH) -> Pushed:
    """Pushes onto those feeds that exist."""
    members = list(user_ids)
    feeds, pages = 0, []
    for start in range(0, len(members), PUSH_CHUNK):
        chunk = members[start : start + PUSH_CHUNK]
        taken, *places = acting_script(FEEDS, PUSH, [feed_key(id) for id in chunk], [post_id, length, SLACK])
        feeds += taken
        pages += [chunk[place - 1] for place in places]
    return Pushed(feeds, pages)


@dataclass(frozen=True)
class Begun:
    version: str  # the member's, and which building it is: for finish()
    by_others: bool  # somebody else is building the feed


def begin(user_id: int) -> Begun:
    """Marks an absent feed as being built, so that what is pushed from now on is not lost."""
    arguments = [BUILDING_TTL, FEED_TTL, uuid4().hex[:8]]
    version, others = acting_script(FEEDS, BEGIN, [feed_key(user_id), member_key(user_id)], arguments)
    return Begun(version.decode(), bool(others))


@dataclass(frozen=True)
class Built:
    """A feed as the shards have it. `acts` are in the form of mine_key, on posts down to `known`."""

    posts: IdList
    heard: Sequence[int] = ()
    acts: Sequence[str] = ()
    known: int = 0


def finish(user_id: int, version: str, built: Built, *, length: int = FEED_LENGTH, ttl: int = FEED_TTL) -> bool:
    """Ends what `begin` began. False when an act of the member came between, or the feed went away."""
    keys = [key(user_id) for key in (feed_key, pulls_key, heard_key, mine_key, member_key)]
    head = [version, length, ttl, "1" if built.posts.complete else "0", packed(built.heard), built.known]
    return bool(acting_script(FEEDS, FINISH, keys, [*head, *built.posts.ids, "mine", *built.acts]))


def packed(ids: Iterable[int]) -> bytes:
    found = list(ids)
    return struct.pack(f">{len(found)}Q", *found)


def unpacked(ids: bytes) -> frozenset[int]:
    return frozenset(struct.unpack(f">{len(ids) // 8}Q", ids))


def forget(user_id: int) -> bool:
    """After a change of what the member follows: the feed is built anew at the next reading. Returns whether there
    was one."""
    keys = (member_key, feed_key, pulls_key, heard_key, mine_key, page_key, past_key)
    return bool(acting_script(FEEDS, FORGET, [key(user_id) for key in keys], [FEED_TTL]))


def turn(user_id: int, *forgotten: str) -> int:
    """Begins a version of the member, after an act that changes what their page shows: the page goes, and what is
    `forgotten` of the member."""
    keys = [key(user_id) for key in (member_key, page_key, feed_key, past_key)]
    return int(acting_script(FEEDS, TURN, keys, [FEED_TTL, *forgotten]))


def note_acts(user_id: int, version: int, acts: Sequence[str]) -> bool:
    """`acts` as in mine_key, with a "-" before what was taken back. False when the member has acted again since the
    version began: they may have been read before that."""
    keys = [key(user_id) for key in (member_key, page_key, mine_key, past_key)]
    return bool(acting_script(FEEDS, ACT, keys, [version, *acts]))


def note_actor(user_id: int) -> None:
    """Whose page went by an act of theirs: it is composed ahead of them (feeds/proxy_front.py), once for all that they
    do within a second."""
    acting_answers(FEEDS, [("SADD", ACTED, user_id), ("EXPIRE", ACTED, ACTED_SECONDS)])


def forget_past(user_id: int) -> None:
    acting_answers(FEEDS, [("DEL", past_key(user_id))])


def forget_face(user_id: int) -> None:
    """After a change of what pages show of the member."""
    turn(user_id, "face")


def add_pulls(user_id: int, author_ids: Iterable[int]) -> None:
    """Before `finish`: who becomes a pulled author while the feed is built is not lost."""
    acting(FEEDS).sadd(pulls_key(user_id), COMPLETE, *author_ids)


def mark_pulled(author_id: int, follower_ids: Sequence[int]) -> None:
    keys = [key(id) for id in follower_ids for key in (feed_key, pulls_key, page_key)]
    for start in range(0, len(keys), PUSH_CHUNK * 3):
        acting_script(FEEDS, MARK_PULLED, keys[start : start + PUSH_CHUNK * 3], [author_id])


def with_feeds(user_ids: Sequence[int]) -> list[int]:
    """Those whose feed exists, or is being built."""
    with acting(FEEDS).pipeline(transaction=False) as pipe:
        for user_id in user_ids:
            pipe.exists(feed_key(user_id))
        return [user_id for user_id, is_there in zip(user_ids, pipe.execute(), strict=True) if is_there]


def remove(post_id: int, user_ids: Sequence[int]) -> None:
    keys = [feed_key(id) for id in user_ids]
    for start in range(0, len(keys), PUSH_CHUNK):
        acting_script(FEEDS, REMOVE, keys[start : start + PUSH_CHUNK], [post_id])


def own_acts(user_id: int, post_ids: Sequence[int]) -> frozenset[str]:
    """Which of these posts a member likes and saved, as in mine_key. Raises RedisAway."""
    wanted = [f"{kind}{id}" for id in post_ids for kind in "ls"]
    found = quick(FEEDS, lambda client: client.smismember(mine_key(user_id), wanted))
    return frozenset(act for act, is_there in zip(wanted, found, strict=True) if is_there)


def merged(parts: Sequence[IdList]) -> IdList:
    """Several lists as one. Right down to its last id: it ends where the shortest of those ends that are not
    complete."""
    if len(parts) == 1:
        return parts[0]
    floor = max((part.ids[-1] for part in parts if not part.complete and part.ids), default=0)
    ids = sorted({id for part in parts for id in part.ids if id >= floor}, reverse=True)
    return IdList(ids, complete=all(part.complete for part in parts))
