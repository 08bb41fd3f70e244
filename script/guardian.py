"""Outlives the process that started it, by a moment: ends what that process left running.

Even after `kill -9` no orphan is left. The guardian reads commands from a pipe whose other end only its
parent holds; at the end of the file, however it came about, it kills the process groups and removes the
directories it was told of. File descriptors handed over (a lock) stay open until it has done so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable


class Guardian:
    """The parent's end."""

    def __init__(self, keep_open: Iterable[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", __file__],
            stdin=subprocess.PIPE,
            text=True,
            bufsize=1,
            pass_fds=list(keep_open),
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        self._tell(f"watch {group}")

    def forget(self, group: int) -> None:
        """To be called before the group's leader is reaped: its number may be another's afterwards."""
        self._tell(f"forget {group}")

    def remove_at_end(self, directory: object) -> None:
        self._tell(f"remove {directory}")

    def close(self) -> None:
        """Kills and removes everything still watched, and returns when that is done."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._process.stdin.write(f"{line}\n")  # type: ignore[union-attr]


def guard(commands: Iterable[str]) -> None:
    groups: set[int] = set()
    directories: list[str] = []
    for line in commands:
        command, _, argument = line.rstrip("\n").partition(" ")
        if command == "watch":
            groups.add(int(argument))
        elif command == "forget":
            groups.discard(int(argument))
        elif command == "remove":
            directories.append(argument)
    for group in groups:
        kill_group(group)
    wait_until_gone(groups)
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


def kill_group(group: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def wait_until_gone(groups: Iterable[int], seconds: float = 3) -> None:
    deadline = time.monotonic() + seconds
    for group in groups:
        while time.monotonic() < deadline:
            try:
                os.killpg(group, 0)
            except OSError:
                break
            time.sleep(0.02)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    guard(sys.stdin)
