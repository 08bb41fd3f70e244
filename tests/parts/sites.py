"""Fixtures for real processes on this worker's databases: the web server and a Celery worker.

One of each is started for a pytest worker when a test first asks for it, and is reused; one that a test
killed, or started with a changed environment, is replaced before the next test.
"""

import os
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from django.db.models import Q

from tests.parts.isolation import redis_client
from tests.parts.process import Server

T = TypeVar("T")
QUEUES = ("default", "feeds", "fanout", "photos", "search")


def eventually(condition: Callable[[], T], *, seconds: float = 30) -> T:
    """Returns the condition's first true value; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not true within {seconds:.0f} s: {condition.__qualname__}")
        time.sleep(0.02)
    return value


def untried_rows() -> bool:
    """Whether the outbox holds rows that nobody has tried yet, or that somebody works on."""
    from photoapp.models import OUTBOXES
    from photoapp.shards import servers

    new = Q(attempts=0) | Q(leased_until__isnull=False)
    found = (
        OUTBOXES[group].objects.using(alias).filter(new).exists() for group in OUTBOXES for alias in servers(group)
    )
    return any(found)


class Process(ABC):
    """A server of ours that tests kill and start again."""

    name: str

    def __init__(self) -> None:
        self.server: Server | None = None
        self.changes: dict[str, str] = {}
        self.paused = False

    @property
    def alive(self) -> bool:
        return self.server is not None and self.server.alive

    def ensure(self) -> None:
        if not self.alive or self.changes:
            self.restart()
        elif self.server and self.paused:
            self.server.resume()
        self.paused = False

    def pause(self) -> None:
        if self.server and self.alive:
            self.server.pause()
            self.paused = True

    def restart(self, **changes: str) -> None:
        """Stops it, and starts it with these changes to its environment."""
        self.stop()
        self.changes = changes
        log = Path(os.environ["DATA_DIR"]) / f"{self.name}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.log"
        env = {**os.environ, **changes, "PYTHONUNBUFFERED": "1"}
        self.server = Server([sys.executable, *self.arguments()], log=log, env=env)
        self.server.wait_until(self.ready, seconds=40)

    def stop(self) -> None:
        if self.server:
            self.server.stop()

    def kill(self) -> None:
        """SIGKILL to it and its children."""
        assert self.server
        self.server.kill()

    @property
    def log(self) -> str:
        assert self.server
        return self.server.log.read_text(errors="replace")

    @abstractmethod
    def arguments(self) -> list[str]: ...

    @abstractmethod
    def ready(self) -> bool: ...


class WebProcess(Process):
    """At the site's address; a further one of the same site has a `port` of its own."""

    def __init__(self, port: int | None = None) -> None:
        super().__init__()
        self.name = f"web-{port}" if port else "web"
        self.url = f"http://localhost:{port}" if port else os.environ["SITE_URL"]

    def arguments(self) -> list[str]:
        port = str(urlsplit(self.url).port)
        options = [
            "--interface",
            "wsgi",
            "--no-ws",
            "--workers",
            "1",
            "--blocking-threads",
            "8",
            "--port",
            port,
        ]
        return ["-m", "granian", *options, "--log-level", "warning", "config.wsgi:application"]

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False


class WorkerProcess(Process):
    name = "worker"

    def arguments(self) -> list[str]:
        queues = ["-Q", ",".join(QUEUES)]
        return ["-m", "celery", "-A", "config", "worker", *queues, "--concurrency", "2", "--loglevel", "INFO"]

    def ready(self) -> bool:
        from config.celery import app

        return bool(app.control.ping(timeout=0.3))

    def idle(self) -> bool:
        """Whether nothing is queued, running, or waiting for a retry."""
        broker = redis_client("BROKER_URL")
        return not broker.hlen("unacked") and not any(broker.llen(queue) for queue in QUEUES)

    def settle(self, *, seconds: float = 30) -> None:
        """Until every row of the outbox was tried, too: for a moment, a task that was taken is in no queue and not
        yet among the unacknowledged ones."""
        eventually(lambda: self.idle() and not untried_rows(), seconds=seconds)


class LiveSite(str):
    """The base URL, with the process behind it."""

    process: WebProcess


@pytest.fixture(scope="session")
def web_process() -> Generator[WebProcess, None, None]:
    process = WebProcess()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def worker_process() -> Generator[WorkerProcess, None, None]:
    process = WorkerProcess()
    yield process
    process.stop()


@pytest.fixture
def live_site(db: None, web_process: WebProcess) -> LiveSite:
    """The URL of a granian process on this test's databases; `.process` to kill or restart it."""
    web_process.ensure()
    site = LiveSite(web_process.url)
    site.process = web_process
    return site


@pytest.fixture
def live_worker(db: None, worker_process: WorkerProcess) -> Generator[WorkerProcess, None, None]:
    """A Celery worker on all queues. What it still does at the end of the test is waited for, so that it does
    not write into the next one; a task that waits for a retry ends with its worker. Between the tests that ask for
    it the worker stands still: others look at what is waiting, and would find it done."""
    worker_process.ensure()
    yield worker_process
    deadline = time.monotonic() + 3
    while worker_process.alive and not worker_process.idle():
        if time.monotonic() > deadline:
            worker_process.kill()
        time.sleep(0.02)
    worker_process.pause()
