"""Two thousand threads in four processes ask for one key: who computes, who waits, and what a killed holder leaves."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest

from photoapp.redis_clients import CACHE, acting
from photoapp.remember import LEASE_SECONDS
from tests.parts.isolation import redis_client
from tests.parts.process import ROOT
from tests.parts.sites import eventually
from tests.photoapp.test_remember import Computation, make_stale, remember

pytestmark = [pytest.mark.django_db, pytest.mark.faults, pytest.mark.real("redis")]

PROCESSES, THREADS = 4, 500


class Herd:
    def __init__(self) -> None:
        self.name = f"herd-{uuid4().hex[:8]}"
        self.shared = redis_client("BROKER_URL")
        self.processes: list[subprocess.Popen[str]] = []

    def gather(self, processes: int = PROCESSES, threads: int = THREADS) -> list[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "tests.faults.herd", self.name, str(threads)]
        new = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
        self.processes += new
        eventually(lambda: self.number("ready") == len(self.processes), seconds=60)
        return new

    def open(self, key: str) -> None:
        self.shared.set(f"{self.name}:{key}", 1)

    def number(self, key: str) -> int:
        return int(self.shared.get(f"{self.name}:{key}") or 0)

    def results(self, processes: list[subprocess.Popen[str]]) -> Counter[str]:
        found: Counter[str] = Counter()
        for process in processes:
            found += Counter(json.loads(process.communicate(timeout=60)[0]))
        return found

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
            assert process.stdout
            process.stdout.close()


@pytest.fixture
def herd() -> Iterator[Herd]:
    herd = Herd()
    yield herd
    herd.end()


def test_for_a_cold_key_there_is_one_computation(herd: Herd) -> None:
    processes = herd.gather()
    herd.open("go")
    eventually(lambda: herd.number("runs"))
    herd.open("gate")
    assert herd.results(processes) == {"value 1": PROCESSES * THREADS}
    assert herd.number("runs") == 1


def test_for_a_stale_one_there_is_one_and_nobody_waits_for_it(herd: Herd) -> None:
    key = f"{herd.name}:key"
    remember(key, Computation("old"), ttl=60)
    make_stale(key)
    processes = herd.gather()
    herd.open("go")
    eventually(lambda: herd.number("answered") == PROCESSES * THREADS - 1, seconds=60)
    assert herd.number("runs") == 1, "it is still computing"
    herd.open("gate")
    assert herd.results(processes) == {"old": PROCESSES * THREADS - 1, "value 1": 1}


def test_when_the_holder_is_killed_the_others_go_on_with_one_computation_more(herd: Herd) -> None:
    [holder] = herd.gather(1, 1)
    herd.open("go")
    eventually(lambda: herd.number("runs") == 1)
    others = herd.gather(3)
    eventually(lambda: acting(CACHE).exists(f"lease:{herd.name}:key"))
    holder.kill()
    herd.open("gate")
    assert herd.results(others) == {"value 2": 3 * THREADS}
    assert herd.number("runs") == 2
    assert LEASE_SECONDS < 10, "else they had waited too long"
