"""The ids of what authors posted lately, kept in Redis: profiles, and feeds that authors are pulled into, ask no
database for them. They are renewed with the author's generation (media/receivers.py)."""

from collections.abc import Sequence
from dataclasses import dataclass

from media.generations import author_generation
from media.selectors import newest_ids_of
from photoapp.remember import peek, remember

RECENT = 100
RECENT_SECONDS = 300


@dataclass(frozen=True)
class Recent:
    """`ids` newest first; `complete` when nothing older exists."""

    ids: list[int]
    complete: bool


def recent_ids(author_id: int) -> Recent:
    """All live ones, posts for followers included. No query when they are there, else one."""
    key, generations = _asked(author_id)
    return _read(remember(key, lambda: newest_ids_of([author_id], RECENT), ttl=RECENT_SECONDS, generations=generations))


def stored_recent(author_ids: Sequence[int]) -> dict[int, Recent | None]:
    """As recent_ids, of many authors in one round trip; None where it is not there. Raises RedisAway."""
    found = peek([_asked(author_id) for author_id in author_ids]) if author_ids else []
    return {id: _read(ids) if ids is not None else None for id, ids in zip(author_ids, found, strict=True)}


def _asked(author_id: int) -> tuple[str, list[str]]:
    return f"recent:{author_id}", [author_generation(author_id)]


def _read(ids: list[int]) -> Recent:
    return Recent(ids, len(ids) < RECENT)
