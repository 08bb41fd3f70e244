"""What this process knows of the followers (read replicas): how far each has come, and whether it is to be used.

A thread for each server looks once a second, and at once when somebody needed to know more (ten times a second at
most); in a process that nobody asks, it rests. So a read costs no question to a follower.

    not seen ──┐                     lags 5 s, does not answer, a read failed
               ├──▶ serving ──────────────────────────────────────────────────▶ out
               │       ▲                                                         │
               └───────┴───── it answers, and lags no more than 2.5 s ◀──────────┘

The lag is told by this process's clock alone: how long ago the leader was first seen beyond what the follower has
replayed. With the leader away nothing new is beyond it, and the follower goes on serving.
"""

import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from django.db import connections
from prometheus_client import REGISTRY, Counter
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError

from photoapp import positions

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
HURRY_SECONDS = 0.1  # between looks that somebody waits for
TRUSTED_SECONDS = 3.0  # what was seen longer ago says nothing: the server may hang
RESTING_SECONDS = 10.0  # without anybody who asks
REMEMBERED = 60  # positions of a leader, a second apart or more

ejections = Counter("photoapp_replica_ejections", "How often this process took a follower out", ["follower", "reason"])


class Watched(ABC):
    """A server that a thread of this process looks at."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.asked_at = self.seen_at = 0.0
        self.in_a_hurry = threading.Event()
        self.connection: Any = None
        self.ended = False

    def start(self) -> None:
        threading.Thread(target=self._look_for_ever, name=f"watch {self.alias}", daemon=True).start()

    def hurry(self) -> None:
        self.in_a_hurry.set()

    def _look_for_ever(self) -> None:
        while not self.ended:
            resting = time.monotonic() - self.asked_at > RESTING_SECONDS
            self.in_a_hurry.wait(None if resting else LOOK_SECONDS)
            self.in_a_hurry.clear()
            try:
                self.look()
            except Exception as error:  # whatever a server says when it is away
                self.failed(error)
            time.sleep(HURRY_SECONDS)

    @abstractmethod
    def look(self) -> None: ...

    def failed(self, error: Exception) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, sql: str) -> Any:
        """Over a connection without what Django's does: no leader answers in a follower's place."""
        if self.connection is None:
            settings_of = connections[self.alias]
            self.connection = settings_of.get_new_connection(settings_of.get_connection_params())
            self.connection.autocommit = True
        return self.connection.execute(sql).fetchone()


class Leader(Watched):
    """Where its log was, when. It also sets the floor (photoapp/positions.py) where that is missing, or could not be
    raised: the end of the log now is beyond whatever was written before."""

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        self.seen: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)  # when first, the position
        self.floor_wanted = False

    def look(self) -> None:
        end, written = map(positions.parsed, self.ask("SELECT pg_current_wal_insert_lsn(), pg_current_wal_lsn()"))
        self.seen_at = time.monotonic()
        if not self.seen or written > self.seen[-1][1]:
            self.seen.append((self.seen_at, written))
        if self.floor_wanted:
            with suppress(RedisError):  # then it stays wanted
                positions.raise_floor({self.alias: end})
                self.floor_wanted = False

    def lag(self, replayed: int) -> float | None:
        """For how many seconds the leader has been beyond a position; None when that is longer than this process has
        looked."""
        seen = list(self.seen)
        if not seen or seen[0][1] > replayed:
            return None
        return next((time.monotonic() - first for first, position in seen if position > replayed), 0.0)


class Follower(Watched):
    def __init__(self, alias: str, leader: Leader) -> None:
        super().__init__(alias)
        self.leader = leader
        self.replayed = 0
        self.serving = False
        self.lag: float | None = None

    def serves(self, needed: int) -> bool:
        """Whether it may answer somebody who must see what is below this position."""
        self.asked_at = self.leader.asked_at = now = time.monotonic()
        if now - self.leader.seen_at > LOOK_SECONDS:
            self.leader.hurry()
        if self.serving and self.replayed >= needed and now - self.seen_at < TRUSTED_SECONDS:
            return True
        self.hurry()
        return False

    def look(self) -> None:
        is_follower, replayed = self.ask("SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()")
        if not is_follower:
            self.eject("is no follower")
            self.connection.close()  # it was promoted; where the URL names other hosts, one of them may be a follower
            self.connection = None
            return
        self.replayed = positions.parsed(replayed)
        self.lag = self.leader.lag(self.replayed)
        self.seen_at = time.monotonic()
        if self.lag is None or self.lag > settings.REPLICA_LAG_SECONDS:
            self.eject("lags")
        elif not self.serving and self.lag <= settings.REPLICA_LAG_SECONDS / 2:
            self.serving = True
            log.info("replica.serves", follower=self.alias, lag=round(self.lag, 1))

    def failed(self, error: Exception) -> None:
        super().failed(error)
        self.eject("does not answer", error)

    def eject(self, reason: str, error: Exception | None = None) -> None:
        """Until a look finds that it is well."""
        if self.serving:
            self.serving = False
            ejections.labels(self.alias, reason).inc()
            said = f"{type(error).__name__}: {error}".strip() if error else None
            log.warning("replica.ejected", follower=self.alias, reason=reason, lag=self.lag, error=said)


class Watch:
    """All that this process looks at; begun when it first reads, and anew after a fork, which leaves threads behind."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.lock = threading.Lock()
        self.leaders: dict[str, Leader] = {}
        self.followers: dict[str, Follower] = {}

    def leader(self, alias: str) -> Leader:
        with self.lock:
            if alias not in self.leaders:
                self.leaders[alias] = Leader(alias)
                self.leaders[alias].start()
            return self.leaders[alias]

    def follower(self, alias: str) -> Follower:
        found = self.followers.get(alias)
        if found is None:
            leader = self.leader(connections.settings[alias]["LEADER"])
            with self.lock:
                if alias not in self.followers:
                    self.followers[alias] = Follower(alias, leader)
                    self.followers[alias].start()
                found = self.followers[alias]
        return found


watch = Watch()
os.register_at_fork(after_in_child=watch.begin)


def want_floor(leader: str) -> None:
    """There is none, or something that was written could not be noted: all must see what is there now."""
    found = watch.leader(leader)
    found.asked_at, found.floor_wanted = time.monotonic(), True
    found.hurry()


class Collector:
    """For /metrics: of the process that answers."""

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        lag = GaugeMetricFamily("photoapp_replica_lag_seconds", "How far a follower is behind", labels=["follower"])
        serving = GaugeMetricFamily("photoapp_replica_serving", "Whether a follower is read from", labels=["follower"])
        for alias, follower in sorted(watch.followers.items()):
            serving.add_metric([alias], float(follower.serving))
            lag.add_metric([alias], float("nan") if follower.lag is None else follower.lag)
        return [lag, serving]


REGISTRY.register(Collector())  # type: ignore[arg-type]
