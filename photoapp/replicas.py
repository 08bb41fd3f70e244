"""Which server a read goes to: the leader, or a follower that has replayed all that the reader must see.

    writes, transactions                                   the leader
    requests that may change something (POST, …)           the leader
    tasks, commands, what fills a cache                     the leader
    GET, HEAD; blocks in tasks that say `from_followers`    a follower that is far enough, else the leader

Far enough: it has replayed the reader's own last writes (of the last minute, on whatever device and through whatever
process), and what was withdrawn from everybody's sight (photoapp/positions.py). After the first write to a server a
request reads there. A request reads one server of each kind from its beginning to its end.

Whoever names a server by `alias_for` means the leader; reads ask `reading_alias`. The router and `on_shard_of` do by
themselves. Without followers in the settings all of them are the leaders, and nothing here costs anything.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error, connections
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from photoapp import followers, positions
from photoapp.positions import Positions
from photoapp.redis_clients import RedisAway
from photoapp.shards import alias_for

log = structlog.get_logger(__name__)

SAFE = {"GET", "HEAD", "OPTIONS"}
KNOWN_TOKENS = 10_000


class Reader:
    """Who reads, and what they have written, in one request or task."""

    def __init__(self, *, from_followers: bool, member_id: int | None = None, sent: Positions | None = None) -> None:
        """`sent`: what the sender of a task had written."""
        self.from_followers = from_followers
        self.member_id = member_id
        self.sent = sent or {}
        self.written: dict[str, int | None] = {}  # leaders; None: the position is not known yet
        self.withdrew = False
        self.chosen: dict[str, str] = {}
        self.needed: Positions | None = None

    def server_for(self, leader: str) -> str:
        if not self.from_followers or leader in self.written or leader not in settings.FOLLOWERS:
            return leader
        if connections[leader].in_atomic_block:
            return leader
        if leader not in self.chosen:
            self.chosen[leader] = self._choose(leader)
        return self.chosen[leader]

    def _choose(self, leader: str) -> str:
        if self.needed is None:
            try:
                self.needed = positions.needed(self.member_id)
            except RedisAway:
                self.needed = {}
        if leader not in self.needed:
            followers.want_floor(leader)
            return leader
        needed = max(self.needed[leader], self.sent.get(leader, 0))
        names = settings.FOLLOWERS[leader]
        first = (self.member_id or id(self)) % len(names)  # a member's pages do not alternate between two
        rotated = [*names[first:], *names[:first]]
        return next((name for name in rotated if followers.watch.follower(name).serves(needed)), leader)

    def positions(self) -> Positions:
        """The ends of what was written so far, by leader; one query for each that was written since it was asked."""
        for leader, position in self.written.items():
            if position is None and not connections[leader].in_atomic_block:
                try:
                    self.written[leader] = positions.of_leader(leader)
                except Error:  # it went away after the commit
                    self.written[leader] = positions.UNKNOWN
        return {leader: position for leader, position in self.written.items() if position is not None}

    def keep(self, member_id: int | None) -> None:
        """Notes what was written: for this member; for all, if something was withdrawn or nobody is known."""
        written = self.positions()
        if not written:
            return
        try:
            if member_id is not None:
                positions.note(member_id, written)
            if member_id is None or self.withdrew:
                positions.raise_floor({leader: at for leader, at in written.items() if at < positions.UNKNOWN})
        except RedisError as error:
            log.warning("replica.not_noted", error=f"{type(error).__name__}: {error}")
            unsaid = set(written)
        else:
            unsaid = {leader for leader, at in written.items() if at == positions.UNKNOWN}
        for leader in unsaid:
            followers.want_floor(leader)


_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


def reading_from(leader: str) -> str:
    """The server that a read of what this leader has goes to."""
    reader = _reader.get()
    return leader if reader is None else reader.server_for(leader)


def reading_alias(group: str, id: int) -> str:
    """As alias_for, for a read."""
    return reading_from(alias_for(group, id))


@contextmanager
def reader(new: Reader) -> Iterator[Reader]:
    token = _reader.set(new)
    try:
        yield new
    finally:
        _reader.reset(token)


@contextmanager
def _reading(from_followers: bool) -> Iterator[None]:
    reader = _reader.get()
    if reader is None:
        yield
        return
    before, reader.from_followers = reader.from_followers, from_followers
    try:
        yield
    finally:
        reader.from_followers = before


def from_leaders() -> Any:
    """Inside, reads go to the leaders: what fills a cache must not be older than the news that emptied it."""
    return _reading(False)


def from_followers() -> Any:
    """Inside, in a task, reads may go to followers: they show all that the task's sender had written, and of others'
    writes perhaps not the last seconds."""
    return _reading(True)


def withdraws() -> None:
    """What this request or task writes takes something from others' sight: everybody is to see it from now on."""
    reader = _reader.get()
    if reader is not None:
        reader.withdrew = True


# --- Tasks


def to_send() -> Positions:
    """What a task must see that is sent now: what its sender wrote, and was sent."""
    reader = _reader.get()
    if reader is None:
        return {}
    return _highest(reader.sent, reader.positions())


def _highest(one: Positions, other: Positions) -> Positions:
    return {leader: max(one.get(leader, 0), other.get(leader, 0)) for leader in one.keys() | other.keys()}


@contextmanager
def task(sent: Positions) -> Iterator[None]:
    with reader(Reader(from_followers=False, sent=sent)) as here:
        yield
        if here.withdrew:
            here.keep(None)


# --- What leaders and followers tell (photoapp/postgresql)


def note_write(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Around every statement on a leader that has followers."""
    reader = _reader.get()
    if reader is not None and str(sql).lstrip("( ")[:6].upper() != "SELECT":
        reader.written[context["connection"].alias] = None
    return execute(sql, params, many, context)


def wrote_before(alias: str, lsn: str) -> None:
    """All that was committed on this leader so far is below this position: it need not be asked for."""
    reader = _reader.get()
    if reader is not None:
        reader.written[alias] = positions.parsed(lsn)


def gave_up(alias: str, leader: str, error: Exception, *, lost: bool) -> None:
    """A follower did not answer: the leader does, now and for the rest of this request. `lost`: nor would it others."""
    if lost:
        followers.watch.follower(alias).eject("does not answer", error)
    reader = _reader.get()
    if reader is not None:
        reader.chosen[leader] = leader


# --- Requests


class ReadYourWritesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.FOLLOWERS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        member_id, is_known = bearer_of(request)
        safe = request.method in SAFE and is_known
        with reader(Reader(from_followers=safe, member_id=member_id)) as here:
            response = self.get_response(request)
            here.keep(_member_of(request) or here.member_id)
        return response


_owners: dict[bytes, int] = {}  # of API tokens, by their hash. (Whether a token still holds is asked each time.)


def identify(member_id: int, token: bytes) -> None:
    """Says whose an API token is: this process knows it from now on before it asks."""
    if settings.FOLLOWERS:
        if len(_owners) >= KNOWN_TOKENS:
            _owners.clear()
        _owners[sha256(token).digest()] = member_id


def bearer_of(request: HttpRequest) -> tuple[int | None, bool]:
    """Whose session or token a request bears, without asking anybody; and whether that is known. (What is said here is
    believed only so far as to wait for the right writes.)"""
    _scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if token:
        owner = _owners.get(sha256(token.strip().encode()).digest())
        return owner, owner is not None
    owner_hex, dot, _ = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "").partition(".")
    try:
        return (int(owner_hex, 16), True) if dot else (None, True)
    except ValueError:
        return None, True


def _member_of(request: HttpRequest) -> int | None:
    """The member as the request has them now, after a log-in or sign-up, too; nobody is fetched for it."""
    user = vars(request).get("user")
    if user is None or "_wrapped" in vars(user):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)
