"""The web server that has time to leave: after SIGTERM it serves, and says at /readyz that it is about to end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator

import pytest
import requests

from tests.parts.process import ROOT, free_port
from tests.parts.sites import WebProcess, eventually

pytestmark = [pytest.mark.django_db]
NEVER = "600"  # seconds, which no test waits


class LeavingProcess(WebProcess):
    def arguments(self) -> list[str]:
        return [word if word != "granian" else "photoapp.serving" for word in super().arguments()]

    def terminate(self) -> None:
        """As systemd and containers do: the first process alone is told."""
        assert self.server
        os.kill(self.server.process.pid, signal.SIGTERM)

    @property
    def ended(self) -> bool:
        return not self.alive


@pytest.fixture
def started(db: None) -> Generator[Callable[..., LeavingProcess], None, None]:
    process = LeavingProcess(free_port())

    def start(**env: str) -> LeavingProcess:
        process.restart(**env)
        return process

    yield start
    if process.server:
        process.kill()


def test_it_says_that_it_is_about_to_end_and_serves_meanwhile(started: Callable[..., LeavingProcess]) -> None:
    site = started(DRAIN_SECONDS=NEVER)
    assert requests.get(f"{site.url}/readyz", timeout=20).status_code == 200
    site.terminate()
    eventually(lambda: requests.get(f"{site.url}/readyz", timeout=20).status_code == 503)
    stranger = {"X-Forwarded-For": "203.0.113.9"}
    said = requests.get(f"{site.url}/readyz", timeout=20, headers=stranger)
    assert said.json() == {"ready": False, "draining": True} and said.headers["Cache-Control"] == "no-store"
    assert requests.get(f"{site.url}/healthz", timeout=20).status_code == 200
    assert requests.get(f"{site.url}/login/", timeout=20).status_code == 200
    site.terminate()  # again: now
    eventually(lambda: site.ended)


def test_it_ends_when_its_time_is_over(started: Callable[..., LeavingProcess]) -> None:
    site = started(DRAIN_SECONDS="0.1")
    site.terminate()
    eventually(lambda: site.ended)


def test_where_nobody_asks_for_it_it_ends_at_once(started: Callable[..., LeavingProcess]) -> None:
    site = started()
    site.terminate()
    eventually(lambda: site.ended)


def test_a_time_that_is_none_is_refused_in_a_line() -> None:
    command = [sys.executable, "-m", "photoapp.serving", "config.wsgi:application"]
    env = {**os.environ, "DRAIN_SECONDS": "long"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("photoapp: DRAIN_SECONDS is 'long'")
