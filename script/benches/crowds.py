"""Visitors by the ten thousands, in several processes, and what became of their loads."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from script.benches.residents import Residents
from script.benches.visitor import AFTERWARDS, Job

PROCESSES = 3  # one may open 20,000 files on many machines
Step = tuple[float, float]  # seconds, loads a second


@dataclass
class Visits:
    """`answers`: kind, when it was due (time.monotonic()), milliseconds, outcome. There when the load has ended."""

    begin: float
    answers: list[tuple[str, float, float, str]] = field(default_factory=list)

    def of(self, *kinds: str) -> "Visits":
        return Visits(self.begin, [answer for answer in self.answers if answer[0] in kinds])

    def between(self, start: float, end: float) -> "Visits":
        """Due so many seconds after the begin."""
        start, end = self.begin + start, self.begin + end
        return Visits(self.begin, [answer for answer in self.answers if start <= answer[1] < end])

    def percentile(self, part: float) -> float:
        took = sorted(answer[2] for answer in self.answers if is_good(answer[3]))
        return took[min(len(took) - 1, int(len(took) * part))] if took else float("inf")

    def errors(self) -> Counter[str]:
        return Counter(f"{kind} {outcome}" for kind, _, _, outcome in self.answers if not is_good(outcome))

    def good_part(self) -> float:
        return sum(is_good(answer[3]) for answer in self.answers) / len(self.answers)

    def answered(self, start: float, end: float) -> int:
        """How many good answers came in these seconds."""
        start, end = self.begin + start, self.begin + end
        return sum(is_good(outcome) and start <= due + took / 1000 < end for _, due, took, outcome in self.answers)


def is_good(outcome: str) -> bool:
    return outcome.startswith("200")


@contextmanager
def visitors(
    residents: Residents,
    port: int,
    steps: list[Step],
    *,
    acts: dict[str, object] | None = None,
    photos: list[str] | None = None,
    reloads: bool = False,
) -> Iterator[Visits]:
    """Everybody is connected, and the load goes on inside the block; it is waited for at its end."""
    command = [sys.executable, "-m", "script.benches.visitor"]
    crowds = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    try:
        for number, crowd in enumerate(crowds):
            rates = [(seconds, rate / PROCESSES) for seconds, rate in steps]
            cookies = residents.cookies[number::PROCESSES]
            job = Job(port, f"127.0.{2 + number}", cookies, rates, acts or {}, photos or [], reloads)
            tell(crowd, json.dumps(asdict(job)))
        for crowd in crowds:
            if crowd.stdout.readline() != "ready\n":  # type: ignore[union-attr]
                raise RuntimeError("the visitors are not connected")
        visits = Visits(time.monotonic() + 1)
        for crowd in crowds:
            tell(crowd, str(visits.begin))
        yield visits
        seconds = visits.begin - time.monotonic() + sum(seconds for seconds, _ in steps) + AFTERWARDS
        for crowd in crowds:
            output, _ = crowd.communicate(timeout=max(0, seconds) + 120)
            words = (line.split() for line in output.splitlines())
            visits.answers += [(kind, float(due), float(took), how) for kind, due, took, how in words]
    finally:
        for crowd in crowds:
            crowd.kill()


def tell(crowd: subprocess.Popen[str], line: str) -> None:
    assert crowd.stdin
    crowd.stdin.write(line + "\n")
    crowd.stdin.flush()


def until(visits: Visits, seconds: float) -> None:
    time.sleep(max(0.0, visits.begin + seconds - time.monotonic()))
