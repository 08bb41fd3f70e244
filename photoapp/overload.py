"""More than a process can do: what it refuses at once, so that what it does it does in time.

    on_time      a request that waited too long in front of this process is refused without work: whoever asked has
                 gone, or asks again. The proxy says when it came: `X-Request-Start: t=1700000000.123` (in nginx
                 "t=${msec}"). Two seconds are too long after a moment that held everything up; where requests have
                 queued for seconds already, one is: else all would wait as long as the queue is let grow
    in_turn      so many requests at a time, a few more wait for a moment, others are refused; and so many uploads,
                 which last as long as their senders are slow, that there are always threads for all else

A refusal is 503 with its reason (X-Refused), costs next to nothing, and says when to come again: each time another
moment (full jitter), so that what was refused together does not come back together. The rest of a request's time is
known to what it waits for (`remaining`). Nothing here tries again: docs/operating.md says who does.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from prometheus_client import Counter

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

LATE_SECONDS = 2.0  # a request that waited longer is not begun
SHORT_SECONDS = 0.1  # a queue in which nobody waited less …
STANDING_SECONDS = 3.0  # … for so long stands: more comes than is done
LATE_IN_STANDING_SECONDS = 1.5  # those behind as many as nginx lets wait (config/proxy.py) come out of it just in time
REQUEST_SECONDS = 10.0  # nobody waits longer for an answer
TURN_SECONDS = 1.0  # to wait for a place
COME_AGAIN_SECONDS = 10  # at the latest
WORKING = 8  # at a time; with more, each is slower, and none is answered sooner: they share one interpreter
LARGE_BODY = 64 * 1024  # bytes; an upload
REFUSED = "X-Refused"  # the header in which a 503 says its reason, one word (docs/operating.md)

refused = Counter("photoapp_requests_refused", "Requests that this process refused, being busy", ["reason"])
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)  # time.monotonic()


def remaining(most: float) -> float:
    """Seconds that something may take which may take `most`: less when the request has less time left."""
    deadline = _deadline.get()
    return most if deadline is None else max(0.0, min(most, deadline - time.monotonic()))


def come_again(most: int = COME_AGAIN_SECONDS) -> str:
    """A value of Retry-After."""
    return str(random.randint(1, most))


def on_time(application: Application, *, began: float) -> Application:
    """`began`: when this process could be asked first (epoch seconds). What came before is not late for having waited
    for that: nobody had too much to do."""

    queue = Queue()

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        waited = waited_seconds(environ)
        if queue.is_late(min(waited, time.time() - began), time.monotonic()):
            return _refuse("late", environ, start_response)
        token = _deadline.set(time.monotonic() + REQUEST_SECONDS - waited)
        try:
            return application(environ, start_response)
        finally:
            _deadline.reset(token)

    return serve


class Queue:
    """In front of this process: first come, first served, so all who come after a refusal in time waited as long as is
    let pass. Whether it stands is seen by the shortest wait in it (controlled delay: K. Nichols and V. Jacobson, 2012;
    for requests: B. Maurer, "Fail at Scale", 2015). Threads may share one: what they see differs by microseconds."""

    def __init__(self) -> None:
        self.long_since: float | None = None  # whoever came since then has waited

    def is_late(self, waited: float, now: float) -> bool:
        """Of a request that waited so long, now (monotonic seconds)."""
        if waited < SHORT_SECONDS:
            self.long_since = None
            return False
        if self.long_since is None:
            self.long_since = now
        stands = now - self.long_since > STANDING_SECONDS
        return waited > (LATE_IN_STANDING_SECONDS if stands else LATE_SECONDS)


def waited_seconds(environ: Environ) -> float:
    """Since the proxy sent it; 0 without a proxy that says so, or with one whose clock is ahead."""
    start = environ.get("HTTP_X_REQUEST_START", "")
    try:
        return max(0.0, time.time() - float(start.removeprefix("t=")))
    except ValueError:
        return 0.0


class Places:
    """So many at a time; so many more may wait."""

    def __init__(self, most: int, waiting: int) -> None:
        self.places = threading.BoundedSemaphore(most)
        self.waiting = threading.Semaphore(waiting)

    def take(self) -> bool:
        if self.places.acquire(blocking=False):
            return True
        if not self.waiting.acquire(blocking=False):
            return False
        try:
            return self.places.acquire(timeout=remaining(TURN_SECONDS))
        finally:
            self.waiting.release()

    def leave(self) -> None:
        self.places.release()


def in_turn(application: Application, *, threads: int, only_uploads: bool = False) -> Application:
    """`threads` of this process that serve requests. With them all in use even a health check waits, so uploads get
    half of them at most, and those who wait an eighth."""
    requests = Places(min(WORKING, threads), waiting=threads // 8)
    uploads = Places(threads if only_uploads else max(1, threads // 2), waiting=0)

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_upload = _length(environ) > LARGE_BODY
        places = uploads if is_upload else requests
        if environ["PATH_INFO"] == "/healthz":  # a process that is busy is alive
            return application(environ, start_response)
        if not places.take():
            return _refuse("uploads" if is_upload else "busy", environ, start_response)
        token = _deadline.set(None) if is_upload else None
        try:
            return application(environ, start_response)
        finally:
            if token is not None:
                _deadline.reset(token)
            places.leave()

    return serve


def _length(environ: Environ) -> int:
    length = environ.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdigit() else 0


def _refuse(reason: str, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    refused.labels(reason).inc()
    is_api = environ["PATH_INFO"].startswith("/api/")
    asked: Any = SimpleNamespace(COOKIES={}, META=environ)
    body = _said(get_language_from_request(asked), is_api)
    headers = [
        ("Content-Type", "application/json" if is_api else "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Retry-After", come_again()),
        (REFUSED, reason),
    ]
    start_response("503 Service Unavailable", headers)
    return [body]


@lru_cache(maxsize=16)
def _said(language: str, is_api: bool) -> bytes:
    with override(language):
        said = _("The site has very much to do just now. Please try again in a moment.")
    return f'{{"detail": "{said}"}}'.encode() if is_api else f"{said}\n".encode()


def bound_queries(databases: dict[str, dict[str, Any]]) -> None:
    """No query of a web process lasts longer than its request could; to be called before the first connection. (Not
    of workers and commands: what they do may take long.)"""
    for config in databases.values():
        if config["ENGINE"].startswith("photoapp.postgresql"):
            said = config["OPTIONS"].get("options", "")
            config["OPTIONS"]["options"] = f"{said} -c statement_timeout={int(REQUEST_SECONDS * 1000)}".strip()
