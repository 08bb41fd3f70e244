"""remember(): a value is computed once, and kept in Redis for all processes until it is renewed or grows old.

    remember("profile:42", compute, ttl=30, generations=["author:42"])

A value is *fresh* for `ttl` seconds, then *stale* for some more: whoever asks first takes the lease and computes, all
others get the stale value. A value that is absent, or of an earlier generation, is shown to nobody: one process holds
the lease and computes, in each other process one thread waits for it, and all other threads wait for that one.
docs/caching.md draws the states.

What changes a thing calls `renew("author:42")` after its commit: the generation gets another name, and values that
were computed for the old one, or are being computed, are never shown again.

(Leases: R. Nishtala et al., Scaling Memcache at Facebook, 2013. Soft expiry: "stale-while-revalidate", RFC 5861.)
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FlightTimeout
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import redis

from photoapp.cache_stats import count
from photoapp.overload import remaining
from photoapp.redis_clients import CACHE, RedisAway, acting, quick
from photoapp.replicas import from_leaders

T = TypeVar("T")

LEASE_SECONDS = 5  # whoever holds a lease longer is taken for dead
WAIT_SECONDS = 8  # longer than a lease: the first waiter of a dead holder computes
STALE_SECONDS = 120  # how long a value is kept beyond its ttl
JITTER = 0.1  # of the ttl: what was stored together does not expire together
GENERATION_SECONDS = 24 * 3600
HOT_SECONDS, HOT_READS = 0.5, 8  # what a process reads so often in so short a time, it keeps for as long
HOT_KEYS = 5_000
COMPUTING_MOST = 8  # computations of a process at a time: what the databases get to do when the cache is empty
COMPUTING_WAIT = 2.0


class Overloaded(Exception):
    """More is asked than can be computed just now: a 503 with Retry-After."""


class Codec(NamedTuple):
    dump: Callable[[Any], bytes]
    load: Callable[[bytes], Any]


JSON = Codec(lambda value: json.dumps(value, separators=(",", ":")).encode(), json.loads)
RAW = Codec(bytes, bytes)


@dataclass
class Entry:
    """What Redis knew of a key. `value` is None when there is none of the present generations."""

    payload: bytes | None
    fresh: bool
    tokens: list[str]  # names of the present generations; "" for one that has none yet


def remember(
    key: str, compute: Callable[[], T], *, ttl: float, generations: Sequence[str] = (), codec: Codec = JSON
) -> T:
    """The value of `key`; its family, for the statistics, is what stands before the first colon.

    `compute` reads all that it needs by itself. It runs in this thread, or the value comes from another that ran it;
    so it must not be changed. Raises Overloaded, or what `compute` raises.
    """
    family = key.partition(":")[0]
    kept = hot.get(key)
    if kept is not None:
        count(family, "local")
        return kept  # type: ignore[no-any-return]
    asked = _Asked(key, compute, ttl, tuple(generations), codec, family)
    try:
        entry = quick(CACHE, asked.read)
    except RedisAway:
        count(family, "away")
        return flights.join(key, asked.bounded)  # type: ignore[no-any-return]
    if entry.payload is not None and entry.fresh:
        count(family, "hit")
        return asked.loaded(entry.payload)  # type: ignore[no-any-return]
    if entry.payload is not None:
        return asked.renewed_or(entry.payload)  # type: ignore[no-any-return]
    count(family, "miss")
    flight = ":".join([key, *entry.tokens])  # a computation that began before the key was renewed is not joined
    return flights.join(flight, asked.computed_once)  # type: ignore[no-any-return]


def peek(keys: Sequence[tuple[str, Sequence[str]]], codec: Codec = JSON) -> list[Any]:
    """What is there of several keys, each with its generations, fresh or stale, in one round trip; None for what is
    not. Raises RedisAway."""
    asked = [_Asked(key, lambda: None, 0, tuple(generations), codec, "") for key, generations in keys]

    def read(client: redis.Redis) -> list[Any]:
        with client.pipeline(transaction=False) as pipe:
            for one in asked:
                one.ask(pipe)
            answers = iter(pipe.execute())
        return [one.entry(answers) for one in asked]

    return [codec.load(entry.payload) if entry.payload is not None else None for entry in quick(CACHE, read)]


def renew(*generations: str) -> None:
    """Begins new generations. Raises redis' errors: who cannot renew must try again (outbox handlers are)."""
    with acting(CACHE).pipeline(transaction=False) as pipe:
        for name in generations:
            pipe.set(_generation(name), uuid4().hex[:16], ex=GENERATION_SECONDS)
        pipe.execute()
    hot.clear()


def _generation(name: str) -> str:
    return f"gen:{name}"


@dataclass
class _Asked:
    """One call of remember()."""

    key: str
    compute: Callable[[], Any]
    ttl: float
    generations: tuple[str, ...]
    codec: Codec
    family: str

    @property
    def lease(self) -> str:
        return f"lease:{self.key}"

    # --- What Redis knows: a line of JSON about the value, then the value

    def ask(self, pipe: Any) -> None:
        pipe.get(self.key)
        for name in self.generations:
            pipe.get(_generation(name))

    def entry(self, answers: Iterator[bytes | None]) -> Entry:
        stored = next(answers)
        tokens = [(next(answers) or b"").decode() for _ in self.generations]
        if stored is None or "" in tokens:
            return Entry(None, False, tokens)
        head, _, payload = stored.partition(b"\n")
        until, of = json.loads(head)
        return Entry(payload if of == tokens else None, time.time() < until, tokens)

    def read(self, client: redis.Redis) -> Entry:
        with client.pipeline(transaction=False) as pipe:
            self.ask(pipe)
            return self.entry(iter(pipe.execute()))

    def claim(self, client: redis.Redis, token: str) -> tuple[bool, Entry]:
        """Takes the lease if it is free, and only then looks again: what was stored in between is seen."""
        with client.pipeline(transaction=False) as pipe:
            pipe.set(self.lease, token, nx=True, px=int(LEASE_SECONDS * 1000))
            for name in self.generations:  # before they are read
                pipe.set(_generation(name), uuid4().hex[:16], nx=True, ex=GENERATION_SECONDS)
            self.ask(pipe)
            answers = iter(pipe.execute())
        claimed = bool(next(answers))
        for _ in self.generations:
            next(answers)
        return claimed, self.entry(answers)

    def loaded(self, payload: bytes) -> Any:
        value = self.codec.load(payload)
        hot.put(self.key, value)
        return value

    # --- Who computes

    def renewed_or(self, stale: bytes) -> Any:
        """One caller computes; the others go away with the stale value."""
        token = uuid4().hex
        try:
            claimed, entry = quick(CACHE, lambda client: self.claim(client, token))
        except RedisAway:
            claimed, entry = False, Entry(stale, False, [])
        if not claimed:
            count(self.family, "stale")
            return self.loaded(entry.payload or stale)
        return self.settled(token, entry)

    def computed_once(self) -> Any:
        """Computes if no other process does; else waits for what it stores. In one thread of this process at a time."""
        token, deadline = uuid4().hex, time.monotonic() + remaining(WAIT_SECONDS)
        while True:
            try:
                claimed, entry = quick(CACHE, lambda client: self.claim(client, token))
            except RedisAway:
                count(self.family, "away")
                return self.bounded()
            if claimed:
                return self.settled(token, entry)
            if entry.payload is not None:
                count(self.family, "waited")
                return self.loaded(entry.payload)
            if time.monotonic() > deadline:
                count(self.family, "overloaded")
                raise Overloaded(f"{self.key} is being computed elsewhere")
            time.sleep(random.uniform(0.005, 0.03))

    def settled(self, token: str, entry: Entry) -> Any:
        """With the lease: the value that another has stored just before, or a new one."""
        if entry.payload is not None and entry.fresh:
            self.give_back(token)
            return self.loaded(entry.payload)
        try:
            value = self.bounded()
        except BaseException:
            self.give_back(token)
            raise
        until = time.time() + self.ttl * random.uniform(1 - JITTER, 1)
        stored = json.dumps([until, entry.tokens]).encode() + b"\n" + self.codec.dump(value)
        lives = int((self.ttl + STALE_SECONDS) * 1000)
        with suppress(RedisAway):
            quick(CACHE, lambda client: _store(client)(keys=[self.key, self.lease], args=[token, stored, lives]))
        return value

    def give_back(self, token: str) -> None:
        with suppress(RedisAway):  # the lease ends by itself
            quick(CACHE, lambda client: _give_back(client)(keys=[self.lease], args=[token]))

    def bounded(self) -> Any:
        if getattr(_this_thread, "computes", False):  # what it needs for its value has a place with it
            return self.counted()
        if not _computing.acquire(timeout=remaining(COMPUTING_WAIT)):
            count(self.family, "overloaded")
            raise Overloaded("too many computations at a time")
        _this_thread.computes = True
        try:
            return self.counted()
        finally:
            _this_thread.computes = False
            _computing.release()

    def counted(self) -> Any:
        count(self.family, "computed")
        with from_leaders():
            return self.compute()


_computing = threading.BoundedSemaphore(COMPUTING_MOST)
_this_thread = threading.local()

STORE = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
"""
GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


@lru_cache(maxsize=4)
def _store(client: Any) -> Any:
    return client.register_script(STORE)


@lru_cache(maxsize=4)
def _give_back(client: Any) -> Any:
    return client.register_script(GIVE_BACK)


class Flights:
    """In one process, of those who ask for the same key at the same time one computes and all get the result
    ("single flight")."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.flying: dict[str, Future[Any]] = {}

    def join(self, key: str, func: Callable[[], Any]) -> Any:
        with self.lock:
            flight = self.flying.get(key)
            leads = flight is None
            if flight is None:
                flight = self.flying[key] = Future()
        if not leads:
            try:
                return flight.result(remaining(WAIT_SECONDS + LEASE_SECONDS))
            except FlightTimeout as error:
                raise Overloaded(f"{key} takes too long") from error
        try:
            result = func()
        except BaseException as error:
            self._land(key)
            flight.set_exception(error)
            raise
        self._land(key)
        flight.set_result(result)
        return result

    def _land(self, key: str) -> None:
        with self.lock:
            del self.flying[key]


class Hot:
    """What this process reads again and again it keeps for HOT_SECONDS; nothing else."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[float, int, Any]] = {}  # since when, how often read since, the value when hot

    def get(self, key: str) -> Any:
        entry = self.entries.get(key)
        if entry is None or time.monotonic() - entry[0] > HOT_SECONDS:
            return None
        return entry[2]

    def put(self, key: str, value: Any) -> None:
        """After each read from Redis."""
        now = time.monotonic()
        since, reads, _ = self.entries.get(key, (now, 0, None))
        if now - since > HOT_SECONDS:
            since, reads = now, 0
        if reads + 1 >= HOT_READS:
            since = now
        if len(self.entries) >= HOT_KEYS:
            self.entries.clear()
        self.entries[key] = (since, reads + 1, value if reads + 1 >= HOT_READS else None)

    def clear(self) -> None:
        self.entries.clear()


flights = Flights()
hot = Hot()
