"""Cards as they are stored: rendered once for each post and language, with slots where viewers differ.

A card is a hash in Redis, `card:<post id>`:

    g       the card's generation: a random name, another one after each change of the post or of its author's face
    c       how often the counts have changed
    n       likes and comments, as counted after the last change
    f       until when somebody is filling it (milliseconds of Redis' clock): others wait for that
    en:…    by language and release (photoapp/release.py): the generation that was rendered, a line of JSON (owner,
            name, who is tagged) and the HTML with a mark for each slot

Whoever fills a card reads `g` and `c` before the database, and what they store is refused if these have changed in
between. So a card is never filled with something older than its invalidation.
"""

import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from media.models import Post, PostCount
from media.selectors import cards_by_ids
from media.templatetags.cards import SLOT, STORED, acts_of, at_place, menu_of
from media.templatetags.posts import age_of
from photoapp import ids
from photoapp.cache_stats import count
from photoapp.redis_clients import CACHE, acting, acting_script, quick_answers
from photoapp.release import release
from photoapp.replicas import from_leaders

CARD_SECONDS = 24 * 3600
PARTS = 6  # of the HTML, around five slots: age, menu, sizes and loading of the first photo, acts
FILLING_SECONDS = 0.5  # who takes longer is not waited for
DROP_CHUNK = 500


class CardViewer(Protocol):
    """To whom a card is shown."""

    @property
    def id(self) -> int: ...

    @property
    def is_staff(self) -> bool: ...


@dataclass(frozen=True)
class Card:
    id: int
    owner_id: int
    owner: str  # user name
    tagged: tuple[int, ...]  # who is shown as tagged
    parts: tuple[str, ...]
    likes: int
    comments: int

    def html(self, viewer: CardViewer, place: int, *, language: str, liked: bool, saved: bool, now: datetime) -> str:
        """The card, at a place of the page, from 1. The language is the active one."""
        slug = ids.encode(self.id)
        own = viewer.id == self.owner_id
        who = "owner" if own else "staff" if viewer.is_staff else "member"
        slots = (
            age_of(self.id, now),
            menu_of(language, who, not own and viewer.id in self.tagged, slug, self.owner),
            *at_place(place),
            acts_of(language, True, liked, saved, slug, self.likes, self.comments),
            "",
        )
        return "".join([part for pair in zip(self.parts, slots, strict=True) for part in pair])


def stored_cards(post_ids: Sequence[int], language: str) -> dict[int, Card]:
    """Those that are there; one round trip. Raises RedisAway."""
    asked = [("HMGET", _key(post_id), "g", "n", _field(language)) for post_id in post_ids]
    found = {}
    for post_id, answer in zip(post_ids, quick_answers(CACHE, asked) if asked else [], strict=True):
        if (card := _parsed(post_id, *answer)) is not None:
            found[post_id] = card
    for outcome, times in (("hit", len(found)), ("miss", len(post_ids) - len(found))):
        count("card", outcome, times)
    return found


def cards_for(post_ids: Sequence[int], language: str) -> dict[int, Card]:
    """The cards of those that are live: what is not stored is rendered, from one query for each content server, and
    stored. Raises redis' errors."""
    found = stored_cards(post_ids, language)
    missing = [id for id in post_ids if id not in found]
    return found | _filled(missing, language) if missing else found


def render_cards(post_id: int) -> None:
    """Ahead of those who see a new post, in all languages. Raises redis' errors."""
    for language, _name in settings.LANGUAGES:
        cards_for([post_id], language)


def _key(post_id: int) -> str:
    return f"card:{post_id}"


def _field(language: str) -> str:
    return f"{language}:{release()}"


def _parsed(post_id: int, generation: bytes | None, counts: bytes | None, stored: bytes | None) -> Card | None:
    if generation is None or counts is None or stored is None or not stored.startswith(generation):
        return None
    head, _, html = stored[len(generation) :].decode().partition("\n")
    owner_id, owner, tagged = json.loads(head)
    likes, comments = counts.split()
    return Card(post_id, owner_id, owner, tuple(tagged), tuple(html.split(SLOT)), int(likes), int(comments))


# --- Filling

# Gives the card a generation if it has none; returns it, the number of changes of its counts, and whether the card is
# the caller's to fill: nobody else does, nor has just done so.
OPEN = """
local key = KEYS[1]
redis.call('HSETNX', key, 'g', ARGV[1])
redis.call('EXPIRE', key, ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local g, c, n, f, body = unpack(redis.call('HMGET', key, 'g', 'c', 'n', 'f', ARGV[4]))
local is_there = n and body and string.sub(body, 1, #g) == g
local ours = not is_there and tonumber(f or '0') <= now
if ours then redis.call('HSET', key, 'f', now + ARGV[3]) end
return {g, c or '', ours and 1 or 0}
"""
STORE = """
if redis.call('HGET', KEYS[1], 'g') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[1] .. ARGV[4])
if (redis.call('HGET', KEYS[1], 'c') or '') == ARGV[2] then redis.call('HSET', KEYS[1], 'n', ARGV[5]) end
redis.call('HDEL', KEYS[1], 'f')
return 1
"""


def _filled(post_ids: Sequence[int], language: str) -> dict[int, Card]:
    """Fills those that nobody else is filling, and waits for the others for a moment."""
    found: dict[int, Card] = {}
    deadline = time.monotonic() + FILLING_SECONDS
    while post_ids:
        opened = _opened(post_ids, language)
        patient = time.monotonic() < deadline
        found |= _fill({id: card for id, card in opened.items() if card.is_ours or not patient}, language)
        others = [id for id, card in opened.items() if not card.is_ours and patient]
        found |= stored_cards(others, language)
        post_ids = [id for id in others if id not in found]
        if post_ids:
            time.sleep(0.01)
    return found


class Opened(NamedTuple):
    generation: bytes
    changes: bytes  # of the counts
    is_ours: bool


def _opened(post_ids: Sequence[int], language: str) -> dict[int, Opened]:
    filling = int(FILLING_SECONDS * 1000)
    with acting(CACHE).pipeline(transaction=False) as pipe:
        for post_id in post_ids:
            lives = int(CARD_SECONDS * random.uniform(0.9, 1))
            arguments = [uuid4().hex[:12], lives, filling, _field(language)]
            _script(OPEN)(keys=[_key(post_id)], args=arguments, client=pipe)
        answers = zip(post_ids, pipe.execute(), strict=True)
        return {id: Opened(generation, changes, bool(ours)) for id, (generation, changes, ours) in answers}


def _fill(opened: dict[int, Opened], language: str) -> dict[int, Card]:
    if not opened:
        return {}
    filled = {}
    with acting(CACHE).pipeline(transaction=False) as pipe, override(language):
        with from_leaders():
            posts = {post.id: post for post in cards_by_ids(opened, None)}
        for post_id, (generation, changes, _) in opened.items():
            card = rendered(posts[post_id]) if post_id in posts else None
            if card is None:
                pipe.hdel(_key(post_id), "f")
                continue
            filled[post_id] = card
            body = f"{json.dumps([card.owner_id, card.owner, card.tagged])}\n{SLOT.join(card.parts)}"
            arguments = [generation, changes, _field(language), body, f"{card.likes} {card.comments}"]
            _script(STORE)(keys=[_key(post_id)], args=arguments, client=pipe)
        pipe.execute()
    count("card", "computed", len(filled))
    return filled


def rendered(post: Post) -> Card | None:
    """A post of media.selectors in the active language; None when its words hold what marks the slots."""
    html = render_to_string("media/_card.html", {"post": post, "place": STORED})
    parts = html.split(SLOT)
    if len(parts) != PARTS:
        return None
    tagged = tuple(int(person["id"]) for person in post.shown_people)
    return Card(post.id, post.owner_id, post.owner.username, tagged, tuple(parts), post.like_count, post.comment_count)


# --- Invalidation

# A card that does not exist has nobody who fills it, either: whoever does has opened it.
DROP = """
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    local changes = redis.call('HGET', key, 'c') or 0
    redis.call('DEL', key)
    redis.call('HSET', key, 'g', ARGV[1], 'c', changes)
    redis.call('EXPIRE', key, ARGV[2])
  end
end
"""
CHANGE_COUNTS = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HINCRBY', KEYS[1], 'c', 1) end"
SET_COUNTS = "if redis.call('HGET', KEYS[1], 'c') == ARGV[1] then redis.call('HSET', KEYS[1], 'n', ARGV[2]) end"


def drop_cards(post_ids: Iterable[int]) -> None:
    """After a change of these posts, or of their authors' faces. Raises redis' errors."""
    keys = [_key(post_id) for post_id in post_ids]
    for start in range(0, len(keys), DROP_CHUNK):
        acting_script(CACHE, DROP, keys[start : start + DROP_CHUNK], [uuid4().hex[:12], CARD_SECONDS])


def renew_counts(post_id: int) -> None:
    """After a like or a comment came or went. Of several at a time, the one that began last writes what it has read,
    and it has read all."""
    key = _key(post_id)
    changes = acting_script(CACHE, CHANGE_COUNTS, [key], [])
    if changes is not None:
        with from_leaders():
            totals = PostCount.totals(post_id, "likes", "comments")
        acting_script(CACHE, SET_COUNTS, [key], [changes, f"{totals['likes']} {totals['comments']}"])


@lru_cache(maxsize=8)
def _script(source: str) -> Any:
    return acting(CACHE).register_script(source)
