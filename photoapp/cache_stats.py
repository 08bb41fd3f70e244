"""What happens to cached things, counted by family and outcome.

A process counts in its memory; every few seconds a thread of it adds what is new to Redis (role `cache`):

    stats:<n>     a hash for the n-th five minutes since 1970, kept for 26 hours: "family:outcome" and how often
    stats:total   the same, since it was first written

/metrics and the admin's page show what Redis has: the sum of all processes. What a single process has counted says
little, since a scrape is answered by whichever process comes first. Counts wait while Redis is away, and are lost with
a process that ends within these few seconds. A write whose answer was lost is made again: counts may be a little high.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, Metric
from redis.exceptions import RedisError

from photoapp.redis_clients import CACHE, RedisAway, acting, quick

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 300
KEPT_SECONDS = 26 * 3600
TOTAL, TOTAL_SECONDS = "stats:total", 30 * 24 * 3600
WRITE_SECONDS = 5.0

Event = tuple[str, str]  # family, outcome


class Unwritten:
    """What this process has counted, and Redis has not yet."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Also in a child after a fork: its parent writes what was counted before, and has the thread and the locks."""
        self.lock = threading.Lock()
        self.writing = threading.Lock()
        self.counts: dict[Event, int] = {}
        self.thread: threading.Thread | None = None

    def take(self) -> dict[Event, int]:
        with self.lock:
            counts, self.counts = self.counts, {}
        return counts

    def give_back(self, counts: dict[Event, int]) -> None:
        with self.lock:
            for event, times in counts.items():
                self.counts[event] = self.counts.get(event, 0) + times

    def start_writing(self) -> None:
        with self.lock:
            if self.thread is not None:
                return
            self.thread = threading.Thread(target=_write_for_ever, name="cache-stats", daemon=True)
        with suppress(RuntimeError):  # the process is about to end
            self.thread.start()


_unwritten = Unwritten()
os.register_at_fork(after_in_child=_unwritten.begin)


def count(family: str, outcome: str, times: int = 1) -> None:
    """Outcomes: hit, local (kept by the process), miss, stale, computed, waited, overloaded, away (no Redis),
    evicted."""
    if times:
        event = (family, outcome)
        with _unwritten.lock:
            _unwritten.counts[event] = _unwritten.counts.get(event, 0) + times
        if _unwritten.thread is None:
            _unwritten.start_writing()


def write() -> None:
    """Adds what was counted to what Redis has. Raises redis' errors; the counts are kept then."""
    with _unwritten.writing:
        counts = _unwritten.take()
        if not counts:
            return
        key = _key(int(time.time()) // PERIOD_SECONDS)
        try:
            with acting(CACHE).pipeline(transaction=True) as pipe:
                for (family, outcome), times in counts.items():
                    for where in (key, TOTAL):
                        pipe.hincrby(where, f"{family}:{outcome}", times)
                pipe.expire(key, KEPT_SECONDS)
                pipe.expire(TOTAL, TOTAL_SECONDS)
                pipe.execute()
        except BaseException:
            _unwritten.give_back(counts)
            raise


def _write_for_ever() -> None:
    while True:
        time.sleep(WRITE_SECONDS)
        try:
            write()
        except (RedisError, OSError):
            pass  # they wait
        except Exception:
            log.exception("cache_stats.not_written")


def _key(number: int) -> str:
    return f"stats:{number}"


# --- Reading


@dataclass(frozen=True)
class Period:
    start: datetime
    counts: Counter[Event]


def history(hours: int) -> list[Period]:
    """The periods of the last hours, the present one included, oldest first. Raises redis' errors."""
    last = int(time.time()) // PERIOD_SECONDS
    numbers = range(last - hours * 3600 // PERIOD_SECONDS + 1, last + 1)
    with acting(CACHE).pipeline(transaction=False) as pipe:
        for number in numbers:
            pipe.hgetall(_key(number))
        found = pipe.execute()
    starts = [datetime.fromtimestamp(number * PERIOD_SECONDS, UTC) for number in numbers]
    return [Period(start, _parsed(fields)) for start, fields in zip(starts, found, strict=True)]


def totals() -> Counter[Event]:
    """Of all processes, since they were first counted. Raises RedisAway."""
    return _parsed(quick(CACHE, lambda client: client.hgetall(TOTAL)))


def _parsed(fields: dict[bytes, bytes]) -> Counter[Event]:
    counts: Counter[Event] = Counter()
    for field, times in fields.items():
        family, _, outcome = field.decode().rpartition(":")
        counts[family, outcome] += int(times)
    return counts


class Collector:
    """For /metrics. There is nothing while Redis is away."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        metric: Any = CounterMetricFamily(
            "photoapp_cache_events", "What happened to cached things, in all processes", labels=["family", "outcome"]
        )
        try:
            found = totals()
        except RedisAway:
            return
        for event, times in sorted(found.items()):
            metric.add_metric(event, times)
        yield metric


REGISTRY.register(Collector())  # type: ignore[arg-type]
