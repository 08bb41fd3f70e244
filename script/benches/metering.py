"""What something costs: how long it takes, and how much processor time of this process, of PostgreSQL and of Redis.

Processor time is the kernel's own count of each process, in nanoseconds, so that a single page can be measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any, TypeVar

from django.db import connections

from script.benches.front import redis_process

T = TypeVar("T")

# Autovacuum comes and goes, and is asked by nobody.
CLIENTS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"


@dataclass
class Costs:
    """Of several times the same; milliseconds each."""

    took: list[float] = field(default_factory=list)
    app: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    redis: list[float] = field(default_factory=list)

    def summary(self, per: int = 1) -> dict[str, float]:
        """The median of what it took, means of processor time: what is to be multiplied are means."""
        found = {"ms": median(self.took), "app": mean(self.app), "database": mean(self.database)}
        found["redis"] = mean(self.redis)
        return {name: round(value / per, 6) for name, value in found.items()}


class Meter:
    def __init__(self) -> None:
        self.redis = [redis_process().pid]
        self.backends: list[int] = []

    def measure(self, items: Iterable[T], do: Callable[[T], Any], before: Callable[[T], Any] | None = None) -> Costs:
        """`before` is done to each item first, and not counted."""
        self.backends = backends()
        costs = Costs()
        for item in items:
            if before:
                before(item)
            database, redis = used(self.backends), used(self.redis)
            app, started = time.process_time(), time.perf_counter()
            do(item)
            took, app = time.perf_counter() - started, time.process_time() - app
            costs.took.append(1000 * took)
            costs.app.append(1000 * app)
            costs.database.append(1000 * (used(self.backends) - database))
            costs.redis.append(1000 * (used(self.redis) - redis))
        return costs


def backends() -> list[int]:
    """PostgreSQL's processes that serve this one, whatever its threads have asked."""
    found = []
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute(CLIENTS)
            found += [pid for (pid,) in cursor.fetchall()]
    return found


def used(pids: Iterable[int]) -> float:
    """Seconds of processor time."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[0]) for pid in pids) / 1e9
