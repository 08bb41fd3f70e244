"""Runs the site's processes as children: restarts one that dies, keeps their logs, stops them in order."""

from __future__ import annotations

import collections
import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from guardian import Guardian, kill_group

FIRST_PAUSE, LONGEST_PAUSE, STEADY = (
    0.5,
    30.0,
    60.0,
)  # seconds; a child up for STEADY starts over with short pauses
KEPT_LOG_BYTES = 10_000_000


class Child:
    """One supervised process, the leader of its own group, so that Ctrl-C reaches it only through us."""

    def __init__(self, name: str, command: list[str], *, patience: float) -> None:
        self.name = name
        self.command = command
        self.patience = patience  # seconds between SIGTERM and SIGKILL
        self.process: subprocess.Popen[str] | None = None
        self.started = self.next_start = 0.0
        self.pause = FIRST_PAUSE
        self.reader: threading.Thread | None = None
        self.on_terminal = False  # writes to our terminal itself, as progress bars must
        self.last_lines: collections.deque[str] = collections.deque(maxlen=20)


class Supervisor:
    def __init__(self, *, log_dir: Path, env: dict[str, str], cwd: Path, keep_open: list[int]) -> None:
        self.log_dir, self.env, self.cwd = log_dir, env, cwd
        self.children: list[Child] = []
        self.stopping: list[int] = []  # the signals that asked us to stop
        log_dir.mkdir(parents=True, exist_ok=True)
        self.guardian = Guardian(keep_open)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, frame: self.stopping.append(received))

    def start(self, child: Child) -> Child:
        self.children.append(child)
        self._spawn(child)
        return child

    def run(self, *jobs: Child) -> bool:
        """Runs commands side by side to their ends, still looking after the children; False when interrupted."""
        for job in jobs:
            self._spawn(job)
        processes = [job.process for job in jobs if job.process]
        self.wait(lambda: all(process.poll() is not None for process in processes))
        for job in jobs:
            if self.stopping:
                self._stop(job)
            else:
                self._reap(job)
        return not self.stopping

    def wait(self, done: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Looks after the children until `done`, the deadline, or a signal; says whether it was `done`."""
        deadline = time.monotonic() + seconds
        while not self.stopping:
            if done():
                return True
            if time.monotonic() > deadline:
                return False
            self._revive()
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """Stops the youngest child first: the web server, then the worker, then what they both need."""
        for child in reversed(self.children):
            self._stop(child)
        self.guardian.close()

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=None if child.on_terminal else subprocess.PIPE,
            stderr=None if child.on_terminal else subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self.env,
            cwd=self.cwd,
            start_new_session=True,
        )
        self.guardian.watch(child.process.pid)
        child.started = time.monotonic()
        child.reader = threading.Thread(target=self._forward, args=(child, child.process), daemon=True)
        child.reader.start()

    def _revive(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.next_start:
                    self._spawn(child)
            elif child.process.poll() is not None:
                self._reap(child)
                status, child.process = child.process.returncode, None
                child.pause = FIRST_PAUSE if now - child.started > STEADY else min(2 * child.pause, LONGEST_PAUSE)
                child.next_start = now + child.pause
                self._print(f"{child.name} ended ({status}); starting it again in {child.pause:.0f} s")

    def _reap(self, child: Child) -> None:
        """The leader has ended; ends what is left of its group."""
        assert child.process
        kill_group(child.process.pid)
        self.guardian.forget(child.process.pid)
        if child.reader:
            child.reader.join(2)  # its last words may say why

    def _stop(self, child: Child) -> None:
        if child.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.process.terminate()
        deadline = time.monotonic() + child.patience
        asked = len(self.stopping)
        while child.process.poll() is None and time.monotonic() < deadline:
            if len(self.stopping) > asked:  # asked again: no more patience
                break
            time.sleep(0.02)
        kill_group(child.process.pid)
        child.process.wait()
        self.guardian.forget(child.process.pid)
        child.process = None

    def _forward(self, child: Child, process: subprocess.Popen[str]) -> None:
        """Copies a child's output into its log file and, with its name in front, to the terminal."""
        path = self.log_dir / f"{child.name}.log"
        if path.exists() and path.stat().st_size > KEPT_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("a", buffering=1) as log:
            for line in process.stdout or ():
                child.last_lines.append(line.rstrip())
                log.write(line)
                self._print(f"{child.name:>6} | {line.rstrip()}")

    @staticmethod
    def _print(line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads any more; the log file has it
            print(line, flush=True)
