"""Whatever ends a command, nothing it started is left running."""

import os
import subprocess
import sys
from pathlib import Path

from tests.parts.process import ROOT
from tests.parts.sites import eventually

PARENT = """
import subprocess, sys, time
from script.guardian import Guardian
guardian = Guardian()
# A child with a child of its own, in one group: both must go.
child = subprocess.Popen(["sh", "-c", "sleep 600 & sleep 600; true"], start_new_session=True)
guardian.watch(child.pid)
guardian.remove_at_end(sys.argv[1])
print(child.pid, flush=True)
time.sleep(600)
"""


def members(group: int) -> list[int]:
    """The living processes of a group."""
    listing = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, pgid, state in rows if int(pgid) == group and not state.startswith("Z")]


def start_parent(directory: Path) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-c", PARENT, str(directory)]
    parent = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout
    group = int(parent.stdout.readline())
    eventually(lambda: len(members(group)) == 3)
    return parent, group


def test_children_and_grandchildren_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    directory = tmp_path / "throwaway"
    directory.mkdir()
    parent, group = start_parent(directory)
    parent.kill()
    parent.wait()
    eventually(lambda: not members(group))
    eventually(lambda: not directory.exists())


def test_nothing_is_touched_while_the_parent_lives(tmp_path: Path) -> None:
    parent, group = start_parent(tmp_path)
    assert len(members(group)) == 3
    assert tmp_path.exists()
    parent.kill()
    parent.wait()
    eventually(lambda: not members(group))
