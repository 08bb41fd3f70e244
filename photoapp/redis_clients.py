"""Clients of the Redis roles: `cache` (what is remembered), `feeds` (sessions, feeds, pages). Values are bytes.

Two ways to ask, since two things can be wrong with waiting: `quick` is for reads that can be had elsewhere, gives up
within 50 ms and, after a few failures, stops asking for a while (a circuit breaker); `acting` is for what must arrive,
and waits a second.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha1
from typing import Any, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry

T = TypeVar("T")

CACHE, FEEDS = "cache", "feeds"
ACTING_SECONDS = 1.0
FAILURES = 3  # in a row open the circuit
OPEN_SECONDS = 1.0
MOST_CONNECTIONS = 4096  # threads ask at the same time; one that got no connection would take Redis for away


class RedisAway(RedisError):
    """Redis did not answer in time, or has not lately and is not asked just now."""


class Breaker:
    """Closed while calls succeed; after FAILURES in a row open: nobody asks for OPEN_SECONDS, then one caller tries.
    (M. Nygard, Release It!)"""

    def __init__(self) -> None:
        self.failures = 0
        self.open_until = 0.0
        self.lock = threading.Lock()

    def admit(self) -> None:
        """Raises RedisAway while the circuit is open."""
        if not self.open_until:
            return
        with self.lock:
            now = time.monotonic()
            if now < self.open_until:
                raise RedisAway("not asked: it did not answer lately")
            if self.open_until:
                self.open_until = now + OPEN_SECONDS  # this caller tries, the others wait for what it finds

    def worked(self) -> None:
        if self.failures:
            self.failures, self.open_until = 0, 0.0

    def failed(self) -> None:
        with self.lock:
            self.failures += 1
            if self.failures >= FAILURES:
                self.open_until = time.monotonic() + OPEN_SECONDS


_breakers = {CACHE: Breaker(), FEEDS: Breaker()}


class Pool(redis.ConnectionPool):
    """Asks for the process's id once after a fork, not twice with each command: where the system is asked by way of a
    sandbox, that was a twelfth of what a feed process did."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        os.register_at_fork(after_in_child=self.reset)

    def _checkpid(self) -> None: ...


@lru_cache(maxsize=8)
def _client(role: str, timeout: float, retries: int) -> Any:
    pool = Pool.from_url(
        settings.CACHE_URL if role == CACHE else settings.FEEDS_URL,
        socket_timeout=timeout,
        socket_connect_timeout=min(timeout, 0.25),
        protocol=2,
        retry=Retry(NoBackoff(), retries),
        max_connections=MOST_CONNECTIONS,
    )
    return redis.Redis.from_pool(pool)


def quick(role: str, ask: Callable[[Any], T]) -> T:
    """What `ask` gets from a client of the role. Raises RedisAway."""
    breaker = _breakers[role]
    breaker.admit()
    try:
        answer = ask(_client(role, settings.REDIS_QUICK_SECONDS, 0))
    except (RedisError, OSError) as error:
        breaker.failed()
        raise RedisAway(f"{type(error).__name__}: {error}") from error
    breaker.worked()
    return answer


# --- Past what the client does around each command (pools, hooks, retries, meters), which takes longer than the command
# itself: over connections of each thread's own.

Command = tuple[Any, ...]
_lines = threading.local()
os.register_at_fork(after_in_child=lambda: _lines.__dict__.clear())


def quick_answers(role: str, commands: Sequence[Command]) -> list[Any]:
    """Of plain commands, in one round trip, as `quick` asks. Raises RedisAway, and NoScriptError."""
    breaker = _breakers[role]
    breaker.admit()
    try:
        answers = _asked(role, settings.REDIS_QUICK_SECONDS, commands)
    except NoScriptError:
        raise
    except (RedisError, OSError) as error:
        breaker.failed()
        raise RedisAway(f"{type(error).__name__}: {error}") from error
    breaker.worked()
    return answers


def acting_answers(role: str, commands: Sequence[Command]) -> list[Any]:
    """Of plain commands, in one round trip, as `acting` asks: they may run twice. Raises redis' own errors."""
    try:
        return _asked(role, ACTING_SECONDS, commands)
    except (redis.ConnectionError, redis.TimeoutError):
        return _asked(role, ACTING_SECONDS, commands)


def quick_note(role: str, source: str, keys: Sequence[str], arguments: Sequence[Any]) -> None:
    """Has a script run of which nobody needs to know what it answers, or whether: that is read when this thread asks
    for something else. (To wait for an answer is most of what a short question costs.) Raises RedisAway."""
    breaker = _breakers[role]
    breaker.admit()
    try:
        line = _line(role, settings.REDIS_QUICK_SECONDS)
        line.send([("EVAL", source, len(keys), *keys, *arguments)])
        line.unread += 1
    except (RedisError, OSError) as error:
        breaker.failed()
        raise RedisAway(f"{type(error).__name__}: {error}") from error


def _asked(role: str, seconds: float, commands: Sequence[Command]) -> list[Any]:
    line = _line(role, seconds)
    try:
        line.send(commands)
        return [line.connection.read_response() for _ in commands]
    except BaseException:
        line.connection.disconnect()  # what comes yet is no answer to what is asked next
        raise


Answers = Callable[[str, Sequence[Command]], list[Any]]


def quick_script(role: str, source: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    """What a script answers, by `quick_answers`. Raises RedisAway."""
    return _script(quick_answers, role, source, keys, arguments)


def acting_script(role: str, source: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    """What a script answers, by `acting_answers`. Raises redis' own errors."""
    return _script(acting_answers, role, source, keys, arguments)


def _script(ask: Answers, role: str, source: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    operands = (len(keys), *keys, *arguments)
    try:
        return ask(role, [("EVALSHA", _name_of(source), *operands)])[0]
    except NoScriptError:
        return ask(role, [("EVAL", source, *operands)])[0]


@lru_cache(maxsize=64)
def _name_of(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


class Line:
    """A thread's connection."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.connection = pool.make_connection()
        self.unread = 0  # answers

    def send(self, commands: Sequence[Command]) -> None:
        self.connection.send_packed_command(self.connection.pack_commands(commands))

    def make_ready(self) -> None:
        """Connected, with nothing in it."""
        self.connection.connect()  # unless it is
        try:
            while self.unread:
                self.unread -= 1
                with suppress(ResponseError):
                    self.connection.read_response()
            was_closed = self.connection.can_read()  # nothing was asked
        except (RedisError, OSError):
            was_closed = True
        if was_closed:
            self.connection.disconnect()
            self.connection.connect()
            self.unread = 0


def _line(role: str, seconds: float) -> Line:
    """This thread's, ready to be asked; an answer may take so many seconds."""
    pool, name = _client(role, seconds, 0).connection_pool, f"{role}, {seconds}"
    line: Line | None = getattr(_lines, name, None)
    if line is None or line.pool is not pool:
        line = Line(pool)
        setattr(_lines, name, line)
    line.make_ready()
    return line


def acting(role: str) -> Any:
    """A client that waits longer, and asks again over a connection that was closed while idle: what is sent by it may
    run twice. Raises redis' own errors."""
    return _client(role, ACTING_SECONDS, 1)
