"""The first page of a member's feed as it is stored, and the one round trip that leads to it.

A page is a field of the hash `page:{u}`, named by what its bytes vary by. It begins with a line: when its composing
began (milliseconds of Redis' clock) and the marks that it must be refused for (feeds/withdrawn.py); then gzip.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feeds.keys import feed_key, heard_key, member_key, mine_key, page_key, past_key, pulls_key, seen_key
from feeds.store import FEED_TTL, KEEP_ALIVE, script, unpacked
from photoapp.redis_clients import FEEDS, quick, quick_answers, quick_note, quick_script
from photoapp.release import release
from users.models import User
from users.sessions import record_key

PAGE_SECONDS = 600  # at most: counts of other people's likes may be as old, unless one asks anew (front.py)
SHORTEST = 0.8  # of that: pages that were made in the same minute do not all end, and are composed again, in another
CROWD_SECONDS = 1200  # kept, for when too many wait for a process (deploy/nginx/front_door.lua)
AGING_SECONDS = 360  # what is looked at then, or some time after, is composed again before it goes (feeds/tasks.py)
WINDOW = 16  # ids of the feed that a first page is made from: some may be withdrawn

# From the session to the page, or to all of the member's that it is composed from. Without a session that belongs to
# somebody, or with a message that waits in it: {0}. ARGV: whether the session is asked for, the page's field, how long
# it is kept that the member was here, how many ids. (A proxy that shows stored pages asks for the session and the page
# alone, deploy/nginx/front_door.lua: a feed lives on with each page that is composed.)
OPEN = (
    KEEP_ALIVE
    + """
local session, page, seen, feed, pulls, heard, mine, member = unpack(KEYS)
if ARGV[1] == '1' then
  local record = redis.call('GET', session)
  if not record or not string.find(record, '"_auth_user_id"', 1, true) then return {0} end
  if string.find(record, '"_messages"', 1, true) then return {0} end
end
if ARGV[2] ~= '' then redis.call('SET', seen, ARGV[2], 'EX', ARGV[3]) end
keep_alive(feed, {pulls, heard, mine, member})
local stored = redis.call('HGET', page, ARGV[2])
if stored then return {1, stored} end
local time = redis.call('TIME')
local ids = redis.call('LRANGE', feed, 0, ARGV[4] - 1)
local possible, acts = {}, {}
for _, id in ipairs(ids) do
  possible[#possible + 1] = 'l' .. id
  possible[#possible + 1] = 's' .. id
end
if #possible > 0 then
  for place, is_there in ipairs(redis.call('SMISMEMBER', mine, unpack(possible))) do
    if is_there == 1 then acts[#acts + 1] = possible[place] end
  end
end
return {2, tostring(time[1] * 1000 + math.floor(time[2] / 1000)), redis.call('HGET', member, 'version') or '',
  redis.call('HGET', member, 'face') or '', redis.call('LLEN', feed), redis.call('LINDEX', feed, -1) or '', ids, acts,
  redis.call('SMEMBERS', pulls), redis.call('GET', heard) or '', redis.call('EXISTS', heard, mine),
  redis.call('HGET', member, 'known') or ''}
"""
)

# Stores a page unless the member acted, or the feed changed, since it was begun.
KEEP = """
local page, feed, member, past = unpack(KEYS)
if (redis.call('HGET', member, 'version') or '') ~= ARGV[1] then return 0 end
if (redis.call('LINDEX', feed, 0) or '') .. ':' .. redis.call('LLEN', feed) ~= ARGV[2] then return 0 end
redis.call('HSET', page, ARGV[3], ARGV[4])
redis.call('DEL', past)
if redis.call('HLEN', page) == 1 or redis.call('TTL', page) < 0 then redis.call('EXPIRE', page, ARGV[5]) end
return 1
"""

# For a member who looked at a page since this was asked last, and whose feed begins with a post (ARGV[1], if any): when
# another one came meanwhile, its page would go at once.
TAKE = """
local page, feed, seen = unpack(KEYS)
local field = redis.call('GET', seen)
if not field or redis.call('HEXISTS', page, field) == 1 then return '' end
if ARGV[1] ~= '' and redis.call('LINDEX', feed, 0) ~= ARGV[1] then return '' end
redis.call('DEL', seen)
return field
"""

KEEP_FACE = """
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'face', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


# Whether the feed's newest post is known already. No: there is one, or that is not known here.
NEWS = """
local session, feed, pulls = unpack(KEYS)
local record = redis.call('GET', session)
if not record or not string.find(record, '"_auth_user_id"', 1, true) then return '' end
if redis.call('SCARD', pulls) ~= 1 or redis.call('LINDEX', feed, -1) == '-' then return '' end
return redis.call('LINDEX', feed, 0) or ''
"""


@dataclass(frozen=True)
class Face:
    """What a page shows, and has to know, of the member whose page it is."""

    id: int
    username: str
    theme: str
    is_staff: bool

    @classmethod
    def of(cls, user: User) -> "Face":
        return cls(user.id, user.username, user.theme, user.is_staff)


@dataclass(frozen=True)
class Page:
    """As it is stored."""

    began: int
    marks: Sequence[int]
    body: bytes  # gzip

    def dumped(self) -> bytes:
        return b" ".join(b"%d" % number for number in (self.began, *self.marks)) + b"\n" + self.body

    @classmethod
    def parsed(cls, stored: bytes) -> "Page":
        head, _, body = stored.partition(b"\n")
        began, *marks = map(int, head.split())
        return cls(began, marks, body)

    def has_ended(self, user_id: int) -> bool:
        return time.time() > self.began / 1000 + shown_for(user_id)


@dataclass(frozen=True)
class State:
    """Of a member: what a page is composed from."""

    now: int  # milliseconds of Redis' clock
    version: str
    face: Face | None
    signature: str  # of the feed: another one when it has changed
    ids: list[int]  # the first of the feed
    ends: bool  # whether these are all, and nothing older exists
    is_built: bool
    acts: frozenset[str]
    known: int  # down to this post the acts are all
    pulled: list[int]
    heard: frozenset[int]


def shown_for(user_id: int) -> float:
    """Seconds from when a member's page was begun."""
    return PAGE_SECONDS * (SHORTEST + (1 - SHORTEST) * (user_id & 0xFFF) / 0x1000)


def field_of(language: str) -> str:
    """What a page's bytes vary by."""
    return f"{language}:{release()}"


def open_page(user_id: int, field: str, session_key: str | None = None) -> Page | State | None:
    """The stored page, else what it is composed from. With a session's key: None unless it is a member's who is
    logged in. One round trip. Raises RedisAway."""
    keys = [record_key(session_key or ""), *(key(user_id) for key in KEYS)]
    arguments = ["1" if session_key else "0", field, FEED_TTL, WINDOW]
    code, *answer = quick_script(FEEDS, OPEN, keys, arguments)
    if code == 0:
        return None
    return Page.parsed(answer[0]) if code == 1 else _state(user_id, *answer)


KEYS = (page_key, seen_key, feed_key, pulls_key, heard_key, mine_key, member_key)


def _state(
    user_id: int,
    now: bytes,
    version: bytes,
    face: bytes,
    length: int,
    last: bytes,
    ids: list[bytes],
    acts: list[bytes],
    pulls: list[bytes],
    heard: bytes,
    present: int,
    known: bytes,
) -> State:
    head = ids[0].decode() if ids else ""
    return State(
        now=int(now),
        version=version.decode(),
        face=Face(user_id, *json.loads(face)) if face else None,
        signature=f"{head}:{length}",
        ids=[int(id) for id in ids if id not in (b"0", b"-")],
        ends=last == b"0" and length <= WINDOW,
        is_built=bool(length) and last != b"-" and bool(pulls) and present == 2 and bool(known),
        acts=frozenset(act.decode() for act in acts),
        known=int(known or 0),
        pulled=[int(author) for author in pulls if author != b"0"],
        heard=unpacked(heard),
    )


def has_nothing_new(user_id: int, after: int, session_key: str) -> bool:
    """Whether, for a session that is a member's, no post of the feed is newer than one. False also when that is not
    known without asking elsewhere. One round trip. Raises RedisAway."""
    keys = [record_key(session_key), feed_key(user_id), pulls_key(user_id)]
    newest = quick_script(FEEDS, NEWS, keys, [])
    return bool(newest) and int(newest) <= after


def keep_page(user_id: int, field: str, state: State, page: Page) -> None:
    """Nobody waits for it. Raises RedisAway."""
    keys = [key(user_id) for key in (page_key, feed_key, member_key, past_key)]
    arguments = [state.version, state.signature, field, page.dumped(), CROWD_SECONDS]
    quick_note(FEEDS, KEEP, keys, arguments)


def keep_face(version: str, face: Face) -> None:
    """`version`: of the member, from before the face was read. Raises RedisAway."""
    arguments = [version, json.dumps([face.username, face.theme, face.is_staff]), FEED_TTL]
    quick(FEEDS, lambda client: script(KEEP_FACE)(keys=[member_key(face.id)], args=arguments, client=client))


def taken_languages(user_ids: Sequence[int], newest: int | None = None) -> dict[int, str]:
    """Whose page is to be composed ahead, and in which language: that of the last one that they looked at. Left out are
    those who have a page, who have not looked at one since this was asked, and whose feed does not begin with the post
    that is said to be its newest. One round trip. Raises RedisAway."""

    def take(client: Any) -> Any:
        with client.pipeline(transaction=False) as pipe:
            for user_id in user_ids:
                keys = [page_key(user_id), feed_key(user_id), seen_key(user_id)]
                script(TAKE)(keys=keys, args=[newest or ""], client=pipe)
            return pipe.execute()

    fields = zip(user_ids, quick(FEEDS, take), strict=True)
    return {user_id: field.decode().partition(":")[0] for user_id, field in fields if field}


def still_aging(looked_at: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Of members, with the language of their page, those whose page has not been composed again meanwhile, and is
    still there. One round trip. Raises RedisAway."""
    left = quick_answers(FEEDS, [("TTL", page_key(user_id)) for user_id, _ in looked_at])
    return [one for one, ttl in zip(looked_at, left, strict=True) if 0 <= ttl <= CROWD_SECONDS - AGING_SECONDS]
