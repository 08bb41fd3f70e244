"""Clients of the Redis roles: `cache` (what is remembered), `feeds` (sessions, feeds, pages). Values are bytes.

Two ways to ask, since two things can be wrong with waiting: `quick` is for reads that can be had elsewhere, gives up
within 50 ms and, after a few failures, stops asking for a while (a circuit breaker); `acting` is for what must arrive,
and waits a second.
"""

import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
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


def acting(role: str) -> Any:
    """A client that waits longer, and asks again over a connection that was closed while idle: what is sent by it may
    run twice. Raises redis' own errors."""
    return _client(role, ACTING_SECONDS, 1)
