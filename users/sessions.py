"""The session engine: keys say whose a session is, so that all of a member's are found, listed and ended.

The key of a member's session is `<user id in hex>.<random>`. The truth is a row in the database; a copy in Redis saves
the query. A session that ends leaves an empty copy behind for a while: a request that read the row just before cannot
put the old one back. That this is written is an event of the outbox: a Redis that was away while somebody logged out
hears of it when it is back.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db, db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from photoapp import outbox
from photoapp.redis_clients import FEEDS, RedisAway, acting, quick_answers
from photoapp.replicas import from_leaders, withdraws
from photoapp.shards import AUTH
from users.devices import device_name, is_phone

KEY_LENGTH = 40  # all that the column takes; 23 of them are random at least
COPY_SECONDS = 3600  # a cache that was away while a session ended shows it no longer than this
GRAVE_SECONDS = 600
SEEN_EVERY = 3600  # seconds; "last seen" costs one write in this time
STARTED, SEEN, AGENT, ADDRESS = "started", "seen", "agent", "address"


Store: Any = cached_db.SessionStore  # the parts that are replaced below have no types


def record_key(key: str) -> str:
    """The name of a session's copy in Redis: `session:{<user id in hex>}.<random>`. It shares the hash tag of the
    member's feed and page, so that one script reads all of them, on a cluster, too."""
    owner, dot, rest = key.partition(".")
    return f"session:{{{owner}}}.{rest}" if dot else f"session:{key}"


class Copies:
    """What Django's session engine asks of a cache. Redis away makes pages slower, never wrong."""

    def get(self, key: str) -> Any:
        found = self._ask("GET", record_key(key))
        return json.loads(found) if found is not None else None

    def set(self, key: str, data: dict[str, Any], seconds: int, *, only_new: bool = False) -> None:
        condition = ["NX"] if only_new else []
        self._ask("SET", record_key(key), json.dumps(data), "EX", seconds, *condition)

    def delete(self, key: str) -> None:
        self._ask("DEL", record_key(key))

    def __contains__(self, key: str) -> bool:
        return bool(self._ask("EXISTS", record_key(key)))

    def _ask(self, *command: Any) -> Any:
        try:
            return quick_answers(FEEDS, [command])[0]
        except RedisAway:
            return None


class SessionStore(Store):
    cache_key_prefix = ""

    def __init__(self, session_key: str | None = None) -> None:
        db.SessionStore.__init__(self, session_key)
        self._cache = Copies()

    def _get_new_session_key(self) -> str:
        owner = getattr(self, "_session_cache", {}).get(SESSION_KEY)
        if owner is None:
            return super()._get_new_session_key()
        prefix = prefix_of(int(owner))
        return prefix + get_random_string(KEY_LENGTH - len(prefix), VALID_KEY_CHARS)

    def load(self) -> dict[str, Any]:
        data = self._cache.get(self.cache_key)
        if data is None:
            with from_leaders():  # the copy is kept
                row = self._get_session_from_db()
            data = self.decode(row.session_data) if row else {}
            if data:
                self._cache.set(self.cache_key, data, COPY_SECONDS, only_new=True)
        owner = data.get(SESSION_KEY)
        if not data or (owner and not self.session_key.startswith(prefix_of(int(owner)))):
            self._session_key = None
            return {}
        return data

    def save(self, must_create: bool = False) -> None:
        """The copy of what is there already is written first: if the row is gone by then, the copy goes, too."""
        if self.session_key is None:
            return self.create()
        if must_create:
            db.SessionStore.save(self, must_create)
        self._cache.set(self.cache_key, self._get_session(no_load=must_create), COPY_SECONDS)
        if not must_create:
            try:
                db.SessionStore.save(self)
            except UpdateError:  # it ended meanwhile; who ended it has left the empty copy, which was just replaced
                bury([self.session_key])
                raise
            except Exception:  # the database is away, which ends no session
                self._cache.delete(self.cache_key)
                raise
        return None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            _end([key])


def bury(keys: Iterable[str]) -> None:
    """Raises redis' errors."""
    with acting(FEEDS).pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.set(record_key(key), "{}", ex=GRAVE_SECONDS)
        pipe.execute()


def prefix_of(user_id: int) -> str:
    return f"{user_id:x}."


def begin(session: Any, *, agent: str, address: str) -> None:
    """Notes where a member has just logged in; the session gets a key of the member's."""
    session.update({STARTED: int(time.time()), SEEN: int(time.time()), AGENT: agent[:300], ADDRESS: address})
    session.cycle_key()


def note_seen(session: Any) -> None:
    now = int(time.time())
    if SESSION_KEY in session and now - session.get(SEEN, 0) > SEEN_EVERY:
        session[SEEN] = now


@dataclass(frozen=True)
class Device:
    """A session as its owner sees it. `handle` names it in forms: keys are for cookies alone."""

    handle: str
    name: str
    is_phone: bool
    address: str
    started: datetime | None
    seen: datetime | None
    is_current: bool


def devices(user_id: int, current_key: str | None) -> list[Device]:
    """A member's sessions, this one first, then those seen last. One query."""
    found = [_device(row, current_key) for row in _rows(user_id).filter(expire_date__gt=timezone.now())]
    long_ago = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda device: (device.is_current, device.seen or long_ago), reverse=True)


def _device(row: Session, current_key: str | None) -> Device:
    data = row.get_decoded()
    return Device(
        handle=handle_of(row.session_key),
        name=device_name(data.get(AGENT, "")),
        is_phone=is_phone(data.get(AGENT, "")),
        address=data.get(ADDRESS, ""),
        started=_moment(data.get(STARTED)),
        seen=_moment(data.get(SEEN)),
        is_current=row.session_key == current_key,
    )


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def handle_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:20]


def end(user_id: int, handle: str) -> bool:
    """Ends one of a member's sessions; False when there is none of this handle."""
    keys = [key for key in _keys(user_id) if handle_of(key) == handle]
    _end(keys)
    return bool(keys)


def end_all(user_id: int, *, keep: str | None = None) -> int:
    """Ends all of a member's sessions but the one with the key `keep`; returns how many."""
    keys = [key for key in _keys(user_id) if key != keep]
    _end(keys)
    return len(keys)


def _rows(user_id: int) -> Any:
    return Session.objects.using("default").filter(session_key__startswith=prefix_of(user_id))


def _keys(user_id: int) -> list[str]:
    return list(_rows(user_id).values_list("session_key", flat=True))


def _end(keys: list[str]) -> None:
    """The rows first, then the copies: whoever finds neither is a visitor."""
    withdraws()
    owned = [key for key in keys if "." in key]
    with transaction.atomic(using="default"):
        Session.objects.using("default").filter(session_key__in=keys).delete()
        if owned:
            owner_id = int(owned[0].partition(".")[0], 16)
            outbox.emit("session.ended", group=AUTH, owner_id=owner_id, keys=owned)
