"""The outbox: what one database's commit must cause elsewhere, exactly as often as needed, whatever dies.

    with transaction.atomic(using=alias):
        ...                                                     # the change
        emit("post.published", group="content", owner_id=owner_id, post_id=post.id)

`emit` writes one row per handler of the event into the same database, in the same transaction. After the commit rows
of handlers that say `inline` are run at once, the others handed to Celery, one message for each queue. A row is deleted
when its handler has returned: when its effect is recorded, not when a message was sent. What is not done in time is
handed over again by `sweep`; after MAX_ATTEMPTS failures a row is parked, and shown in the admin with its error and a
retry.

    emitted --commit--> due --claim--> leased --handler returns--> deleted
                         ^                |
                         |                +--raises--> due later (full jitter), parked after 10 times
                         +--lease runs out (the worker died)

Handlers take ids, read the truth anew and are idempotent: they may run twice, late, or out of order.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from photoapp.models import OUTBOXES, OutboxRow, claim_rows, delete_rows, insert_rows, outbox_row
from photoapp.redis_clients import RedisAway
from photoapp.shards import alias_for, servers
from photoapp.transactions import after_commit

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 10
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 10)  # a task is dead by then
FIRST_SWEEP_AFTER = timedelta(seconds=20)  # leaves the hand-over after commit its time
NEXT_SWEEP_AFTER = timedelta(seconds=60)  # a message may wait in a long queue
LONGEST_BACKOFF_SECONDS = 600
LONGEST_BACKOFF_REDIS_SECONDS = 10  # while Redis is away: once it is back, what it kept meanwhile is wrong
OWED_SECONDS = 0.25
SWEEP_BATCH = 1000
REDIS_AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, RedisAway)


@dataclass(frozen=True)
class Handler:
    name: str
    event: str
    run: Callable[..., object]
    queue: str
    inline: bool


_handlers: dict[str, Handler] = {}
_by_event: dict[str, list[Handler]] = {}


def handles(event: str, *, name: str, queue: str = "default", inline: bool = False) -> Callable[[Any], Any]:
    """Registers a handler; `name` is stored in rows, so it outlives renames of functions.

    `inline` runs it in the committing process first (the acting member sees the effect at once); if that fails the
    row is left for Celery like any other.
    """

    def register(func: Callable[..., object]) -> Callable[..., object]:
        handler = Handler(name, event, func, queue, inline)
        if _handlers.setdefault(name, handler).run is not func:
            raise ValueError(f"two outbox handlers are called {name}")
        _by_event.setdefault(event, []).append(handler)
        return func

    return register


def emit(event: str, *, group: str, owner_id: int, **payload: Any) -> None:
    """Records an event in the database of the running transaction. Payload: ids and other plain JSON values."""
    using = alias_for(group, owner_id)
    if not connections[using].in_atomic_block:
        raise RuntimeError(f"emit({event!r}) outside a transaction on {using} could be lost")
    rows = [outbox_row(group, owner_id, handler.name, payload) for handler in _by_event.get(event, [])]
    for row in rows:
        row.due_at = timezone.now() + FIRST_SWEEP_AFTER
    if rows:
        insert_rows(rows, using=using)
        after_commit(lambda: _start(group, rows), using=using)


def _start(group: str, rows: Sequence[OutboxRow]) -> None:
    """What an event causes: inline handlers at once, in their order; the others by one message for each queue."""
    done, queues = [], dict[str, list[int]]()
    for row in rows:
        handler = _handlers[row.handler]
        if not handler.inline:
            queues.setdefault(handler.queue, []).append(row.id)
            continue
        row.attempts = 1  # It need not be claimed: nobody else takes it before FIRST_SWEEP_AFTER.
        if _ran(group, row):
            done.append(row.id)
    try:
        if done:
            delete_rows(group, done)
    finally:
        for queue, row_ids in queues.items():
            hand_over(group, row_ids, queue)


_broker_down_until = 0.0
_held_back: ContextVar[bool] = ContextVar("outbox_held_back", default=False)


@contextmanager
def held_back() -> Iterator[None]:
    """Inside, rows are not handed to Celery: for a command that delivers its own (deliver, drain) and would only
    have the workers compete with it. What it leaves, because it was killed, the sweeper finds."""
    token = _held_back.set(True)
    try:
        yield
    finally:
        _held_back.reset(token)


def hand_over(group: str, row_ids: Sequence[int], queue: str) -> bool:
    """Gives rows to Celery. A broker that is down is not waited for: the sweeper comes again."""
    from photoapp.tasks import deliver_outbox_rows

    return offer(deliver_outbox_rows, group, row_ids, queue=queue)


def _queue_of(handler: str) -> str:
    return _handlers[handler].queue if handler in _handlers else "default"


def offer(task: Any, *args: Any, queue: str) -> bool:
    """Gives a task to Celery, if there is a broker: one that is down is not waited for, and False returned."""
    global _broker_down_until

    if _held_back.get() or time.monotonic() < _broker_down_until:
        return False
    try:
        task.apply_async(args=args, queue=queue, argsrepr="", kwargsrepr="")  # texts for monitors that nobody runs
    except Exception as error:
        _broker_down_until = time.monotonic() + 2
        log.warning("outbox.broker_down", task=task.name, args=args, error=f"{type(error).__name__}: {error}")
        return False
    return True


def deliver(group: str, row_id: int) -> bool:
    """Runs a row's handler if nobody else does. True when its effect is recorded (now or before)."""
    return not deliver_all(group, [row_id])


def deliver_all(group: str, row_ids: Sequence[int]) -> list[int]:
    """Runs the handlers of rows of one server, in their order, as far as nobody else does. Returns those whose effect
    is not recorded."""
    now = timezone.now()
    ours = claim_rows(group, row_ids, now=now, until=now + LEASE)
    done = [row.id for row in ours if _ran(group, row)]
    if done:
        delete_rows(group, done)
    others = set(row_ids) - {row.id for row in ours}
    left = {row.id for row in ours} - set(done)
    if others:
        rows = OUTBOXES[group].objects.using(alias_for(group, row_ids[0]))
        left |= set(rows.filter(id__in=others).values_list("id", flat=True))
    return [row_id for row_id in row_ids if row_id in left]


def _ran(group: str, row: OutboxRow) -> bool:
    """Whether its handler has returned; else when it is tried again is noted."""
    try:
        _handlers[row.handler].run(**row.payload)
    except Exception as error:
        _failed(OUTBOXES[group].objects.using(alias_for(group, row.id)).filter(id=row.id), row, error)
        handler = _handlers.get(row.handler)  # None: a newer release emitted it
        if handler and handler.inline and isinstance(error, REDIS_AWAY):
            owed.add(group, row.id)
        return False
    return True


class Owed:
    """Rows of this process that should have been delivered in the request, and did not reach Redis. It tries them
    again by itself: by the time the sweep and a worker have come to them, Redis may have been back for long, and show
    what was withdrawn meanwhile."""

    def __init__(self) -> None:
        self.tries = False  # web processes do (config/wsgi.py)
        self.rows: dict[tuple[str, int], None] = {}
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def add(self, group: str, row_id: int) -> None:
        with self.lock:
            if not self.tries:
                return
            self.rows[group, row_id] = None
            if self.thread is None:
                self.thread = threading.Thread(target=self._try_on, name="outbox-owed", daemon=True)
                self.thread.start()

    def _try_on(self) -> None:
        while True:
            time.sleep(OWED_SECONDS)
            try:
                self.try_all()
            except Exception as error:  # a database is away, too: the sweep comes to them
                log.warning("outbox.owed_failed", error=f"{type(error).__name__}: {error}")
            with self.lock:
                if not self.rows:
                    self.thread = None
                    break
        connections.close_all()

    def try_all(self) -> None:
        """In their order, until Redis does not answer."""
        for group, row_id in list(self.rows):
            with self.lock:
                del self.rows[group, row_id]
            deliver(group, row_id)
            if (group, row_id) in self.rows:
                return


owed = Owed()


def _failed(rows: Any, row: OutboxRow, error: Exception) -> None:
    redis_away = isinstance(error, REDIS_AWAY)
    longest = LONGEST_BACKOFF_REDIS_SECONDS if redis_away else LONGEST_BACKOFF_SECONDS
    wait = random.uniform(0, min(2**row.attempts, longest))  # full jitter (AWS architecture blog)
    parked = row.attempts >= MAX_ATTEMPTS and not redis_away  # it comes back, and the row is right
    rows.update(
        attempts=row.attempts,
        leased_until=None,
        parked=parked,
        due_at=timezone.now() + timedelta(seconds=wait),
        error=f"{type(error).__name__}: {error}"[:2000],
    )
    # The traceback once, when nobody will try again; while a part is away the lines would only repeat.
    log.warning(
        "outbox.failed",
        handler=row.handler,
        row=row.id,
        attempts=row.attempts,
        parked=parked,
        error=f"{type(error).__name__}: {error}",
        exc_info=error if parked else None,
    )


def due(group: str, alias: str, now: datetime) -> Any:
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return OUTBOXES[group].objects.using(alias).filter(free, parked=False, due_at__lte=now).order_by("due_at")


def sweep(now: datetime | None = None) -> int:
    """Hands over again what is due on every database, at most SWEEP_BATCH rows each. Returns how many."""
    now = now or timezone.now()
    swept = 0
    for group in OUTBOXES:
        for alias in servers(group):
            try:
                swept += _sweep_server(group, alias, now)
            except Exception as error:  # one server that is down must not keep the others waiting
                log.warning("outbox.sweep_failed", alias=alias, error=f"{type(error).__name__}: {error}")
                connections[alias].close()
    return swept


def _sweep_server(group: str, alias: str, now: datetime) -> int:
    handed = []
    for row_id, handler in due(group, alias, now).values_list("id", "handler")[:SWEEP_BATCH]:
        if not hand_over(group, [row_id], _queue_of(handler)):
            break
        handed.append(row_id)
    OUTBOXES[group].objects.using(alias).filter(id__in=handed).update(due_at=now + NEXT_SWEEP_AFTER)
    return len(handed)


def retry_parked(group: str, row: OutboxRow) -> None:
    """Gives a parked row its ten attempts anew."""
    rows = OUTBOXES[group].objects.using(alias_for(group, row.id)).filter(id=row.id)
    rows.update(parked=False, attempts=0, leased_until=None, due_at=timezone.now())
    hand_over(group, [row.id], _queue_of(row.handler))


def drain(limit: int = 10_000) -> int:
    """Runs everything that is waiting in this process, due or not, until nothing is left. Returns how many rows.

    For commands that end with quiet (the demo, an import) and for tests; a row that fails stays.
    """
    done = 0
    tried: set[int] = set()
    while done < limit:
        waiting = [
            (group, row_id)
            for group, model in OUTBOXES.items()
            for alias in servers(group)
            for row_id in model.objects.using(alias).filter(parked=False).values_list("id", flat=True)
            if row_id not in tried
        ]
        if not waiting:
            return done
        for group, row_id in waiting:
            tried.add(row_id)
            done += deliver(group, row_id)
    return done
