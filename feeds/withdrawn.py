"""What was withdrawn lately, so that no page that was composed before shows it.

Pages are composed ahead of time and hold posts. When a post goes, or changes, or its author does, or an author who is
pulled has posted, its id is written here after that was committed, before it is answered: a *mark*, with the time of
Redis' clock. A page names the marks that concern it and when its composing began; one that began before a mark of its
own is refused. Each process mirrors the marks, and asks for new ones some times a second, so that looking at them
costs no round trip. A mirror that is older than a second refuses every page.

Marks are kept longer than pages. The set has a mark of its own, EPOCH: since when it knows everything. When Redis lost
it (a restart, an eviction), it begins anew, and pages from before are refused.
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

import structlog
from redis.exceptions import RedisError

from feeds.store import script
from photoapp.redis_clients import FEEDS, acting_script, quick

log = structlog.get_logger(__name__)

KEY = "withdrawn"
EPOCH = "epoch"
KEEP_SECONDS = 1260  # longer than a page is kept (feeds/page_store.py)
ASK_EVERY = 0.25
FRESH_SECONDS = 1.0
OVERLAP_MS = 2000  # marks of the same millisecond may become visible one after the other

TELL = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epoch = redis.call('ZSCORE', KEYS[1], 'epoch') or now
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
redis.call('ZADD', KEYS[1], epoch, 'epoch')
for k = 2, #ARGV do redis.call('ZADD', KEYS[1], now, ARGV[k]) end
return tostring(now)
"""


def tell(*marks: int) -> None:
    """Ids of posts and authors: pages that show them, and began before now, are refused. Raises redis' errors."""
    now = acting_script(FEEDS, TELL, [KEY], [KEEP_SECONDS * 1000, *marks])
    mirror.note(int(now), marks)


class Mirror:
    """This process's copy of the marks."""

    def __init__(self) -> None:
        self.marks: dict[int, int] = {}  # mark: milliseconds
        self.epoch: int | None = None
        self.newest = 0
        self.asked_at = 0.0  # monotonic; when what is known was asked for
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def ensure(self) -> None:
        """Begins to ask, once in a process. (Not before it has forked.)"""
        if self.thread is not None:
            return
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self._ask_on, name="withdrawn", daemon=True)
                self.thread.start()

    def note(self, at: int, marks: Iterable[int]) -> None:
        """This process need not ask for what it told."""
        with self.lock:
            self.marks = self.marks | dict.fromkeys(marks, at)

    def refuses(self, began: int, marks: Iterable[int]) -> bool:
        """Whether a page that began then (milliseconds of Redis' clock) and is about these must not be shown."""
        if self.epoch is None or time.monotonic() - self.asked_at > FRESH_SECONDS or began <= self.epoch:
            return True
        known = self.marks
        return bool(known) and any(known.get(mark, 0) >= began for mark in marks)

    def ask(self) -> None:
        """Learns what is new. Raises RedisAway."""
        now = time.monotonic()
        epoch, rows = quick(FEEDS, self._read)
        if epoch is None:
            quick(FEEDS, lambda client: script(TELL)(keys=[KEY], args=[KEEP_SECONDS * 1000], client=client))
            epoch, rows = quick(FEEDS, self._read)
        if epoch != self.epoch:  # Redis lost the set, and began another one. Marks that are known stay so.
            self.newest = 0
            epoch, rows = quick(FEEDS, self._read)
        new = {int(mark): int(at) for mark, at in rows if mark != EPOCH.encode()}
        self.newest = max([self.newest, *new.values()])
        oldest = self.newest - KEEP_SECONDS * 1000
        with self.lock:
            if new:
                self.marks = {mark: at for mark, at in (self.marks | new).items() if at > oldest}
        self.epoch, self.asked_at = epoch, now

    def _read(self, client: Any) -> tuple[int | None, list[tuple[bytes, float]]]:
        since = self.newest - OVERLAP_MS
        with client.pipeline(transaction=False) as pipe:
            pipe.zscore(KEY, EPOCH).zrangebyscore(KEY, since, "+inf", withscores=True)
            epoch, rows = pipe.execute()
        return int(epoch) if epoch is not None else None, rows

    def _ask_on(self) -> None:
        behind = False
        while True:
            try:
                self.ask()
                behind = False
            except RedisError as error:
                if not behind:  # said once, until it is over
                    log.warning("feeds.mirror_behind", error=f"{type(error).__name__}: {error}")
                behind = True
            except Exception:  # without this thread no page would be shown again
                log.exception("feeds.mirror_failed")
            time.sleep(ASK_EVERY)


mirror = Mirror()
