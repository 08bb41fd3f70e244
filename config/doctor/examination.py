"""How parts are examined: all at once, each in a thread of its own, none waited for longer than a limit."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connections

OK, WARN, WRONG = "ok", "warn", "WRONG"
CLOCK_TOLERANCE_SECONDS = 1.0

Report = Iterator[tuple[str, str]]  # (OK | WARN | WRONG, what is so and what to do)


@dataclass(frozen=True)
class Finding:
    level: str
    part: str
    message: str


@dataclass
class Check:
    """`advice` is what to do when `run` raises or does not come to an end."""

    part: str
    run: Callable[[], Report]
    advice: str
    findings: list[Finding] = field(default_factory=list)
    thread: threading.Thread | None = None

    def start(self) -> None:
        # A daemon, so that one that hangs for ever does not keep the command from ending.
        self.thread = threading.Thread(target=self._examine, name=f"doctor {self.part}", daemon=True)
        self.thread.start()

    def _examine(self) -> None:
        try:
            for level, message in self.run():
                self.findings.append(Finding(level, self.part, message))
        except Exception as error:  # whatever a part says when it is away
            self.findings.append(Finding(WRONG, self.part, f"{first_line(error)}. {self.advice}"))
        finally:
            connections.close_all()

    def wait(self, until: float) -> list[Finding]:
        assert self.thread
        self.thread.join(max(0.0, until - time.monotonic()))
        if self.thread.is_alive():
            return [*self.findings, Finding(WRONG, self.part, f"no answer in time. {self.advice}")]
        return self.findings


def examine(checks: Iterable[Check], *, seconds: float) -> Iterator[Finding]:
    """The findings of all checks, in the order of checks; those still running after `seconds` are wrong."""
    started = list(checks)
    until = time.monotonic() + seconds
    for check in started:
        check.start()
    for check in started:
        yield from check.wait(until)


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}"[:300].rstrip(".") if lines else type(error).__name__


def clock_report(theirs: float, asked: float, answered: float) -> Report:
    """`theirs`: the other side's time, somewhere between `asked` and `answered` of ours (seconds since 1970)."""
    apart = max(asked - theirs, theirs - answered, 0.0)
    if apart > CLOCK_TOLERANCE_SECONDS:
        yield (
            WRONG,
            f"its clock is {apart:.1f} s away from this machine's. Ids carry the time, and feeds are in the order of "
            "ids: run an NTP client (chrony, systemd-timesyncd) on both.",
        )
