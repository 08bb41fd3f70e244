"""Asking all servers of a group at once, each with a time limit (scatter and gather): what one does not answer in time
is missing from the answer, and nobody waits for it longer."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeVar

import structlog
from django.conf import settings
from django.db import connections

log = structlog.get_logger(__name__)

T = TypeVar("T")

THREADS = 2  # that wait for a server at a time, each over a connection of its own
FAILURES = 3  # in a row: then it is not asked
AWAY_SECONDS = 5.0


class Lane(Generic[T]):
    """The way to one server: threads that keep their connections, and whether it answered lately."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"search-{alias}")
        self.failures = 0
        self.away_until = 0.0

    def ask(self, question: Callable[[Any], T]) -> "Future[T] | None":
        """None while the server is taken for away; now and then somebody tries."""
        now = time.monotonic()
        if now < self.away_until:
            return None
        if self.away_until:
            self.away_until = now + AWAY_SECONDS
        return self.threads.submit(self._answer, question)

    def _answer(self, question: Callable[[Any], T]) -> T:
        connection = connections[self.alias]
        connection.close_if_unusable_or_obsolete()
        try:
            connection.ensure_connection()
            self._limit(connection)
            return question(connection)
        except Exception:
            connection.close()  # the next question begins anew
            raise

    def _limit(self, connection: Any) -> None:
        """What nobody waits for any more, the server need not go on with. Each question is planned for its own words:
        some are in one post, others in every ninth."""
        if (
            connection.vendor == "postgresql"
            and getattr(connection, "search_limited", None) is not connection.connection
        ):
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = {int(settings.SEARCH_SECONDS * 1000)}")
                cursor.execute("SET plan_cache_mode = force_custom_plan")
            connection.search_limited = connection.connection

    def worked(self) -> None:
        self.failures, self.away_until = 0, 0.0

    def failed(self, error: BaseException | None) -> None:
        self.failures += 1
        if self.failures >= FAILURES:
            self.away_until = time.monotonic() + AWAY_SECONDS
        reason = f"{type(error).__name__}: {error}" if error else f"no answer within {settings.SEARCH_SECONDS} s"
        log.warning("search.server_missing", alias=self.alias, error=reason)


_lanes: dict[str, Lane[Any]] = {}
_lock = threading.Lock()


def _lane(alias: str) -> Lane[Any]:
    with _lock:
        if alias not in _lanes:
            _lanes[alias] = Lane(alias)
        return _lanes[alias]


def ask_all(aliases: Sequence[str], question: Callable[[Any], T]) -> tuple[dict[str, T], list[str]]:
    """What `question(connection)` gets from each server, by alias; and who did not answer."""
    lanes = [_lane(alias) for alias in aliases]
    asked = {lane.alias: (lane, future) for lane in lanes if (future := lane.ask(question))}
    wait([future for _, future in asked.values()], timeout=settings.SEARCH_SECONDS)
    answers: dict[str, T] = {}
    for alias, (lane, future) in asked.items():
        if not future.done():
            future.cancel()
            lane.failed(None)
        elif (error := future.exception()) is not None:
            lane.failed(error)
        else:
            lane.worked()
            answers[alias] = future.result()
    return answers, [alias for alias in aliases if alias not in answers]


def forget() -> None:
    """Ends the threads; for tests, whose servers come and go."""
    with _lock:
        for lane in _lanes.values():
            lane.threads.shutdown(wait=True, cancel_futures=True)
        _lanes.clear()
