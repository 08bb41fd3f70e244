"""What runs: `cluster.json` in the data directory names each process by its id and the time it started, so that an id
that was given to another process later is never taken for ours."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from script.topology.plan import Part, Plan
from tests.parts.process import ROOT, PartError

FILE = "cluster.json"


@dataclass
class Running:
    name: str
    kind: str
    pid: int
    started: str  # in ticks since the machine's start, as /proc has it
    address: str
    log: str
    stop_signal: int
    patience: float
    generation: int = 0
    in_hand: bool = False  # a command starts or ends it: the watcher lets it be

    @property
    def alive(self) -> bool:
        return start_of(self.pid) == self.started


@dataclass
class State:
    """`leaders`: which node leads each database server. `lost`: nodes that must not be started as they are, since
    another was promoted in their place. `alarms`: by server, since when (epoch seconds) it has no follower in step:
    commits wait for nobody. `clones`: how many processes an app set was told to have."""

    port: int
    ports: dict[str, int]
    secrets: dict[str, str]
    parts: dict[str, Running] = field(default_factory=dict)
    leaders: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    alarms: dict[str, float] = field(default_factory=dict)
    clones: dict[str, int] = field(default_factory=dict)

    def of_kind(self, *kinds: str) -> list[Running]:
        return [part for part in self.parts.values() if part.kind in kinds]

    def is_running(self, name: str) -> bool:
        return name in self.parts and self.parts[name].alive


class Cluster:
    """The state of one data directory. `change()` holds a lock; reading takes none: the file is replaced whole."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.file = data / FILE

    @property
    def exists(self) -> bool:
        return self.file.exists()

    def read(self) -> State:
        try:
            values = json.loads(self.file.read_text())
        except FileNotFoundError:
            raise PartError(f"there is no cluster in {self.data}; script/cluster up makes one") from None
        values["parts"] = {name: Running(**part) for name, part in values["parts"].items()}
        return State(**values)

    def write(self, state: State) -> None:
        unfinished = self.file.with_suffix(".new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(state), file, indent=1)
        unfinished.replace(self.file)

    @contextlib.contextmanager
    def change(self) -> Iterator[State]:
        with (self.data / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.read()
            yield state
            self.write(state)

    @contextlib.contextmanager
    def one_command(self) -> Iterator[None]:
        """Commands that start and stop parts take turns; raises PartError while another one works."""
        with (self.data / "command.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PartError(f"another command is at work on the cluster in {self.data}") from None
            yield

    def plan(self) -> Plan:
        state = self.read()
        return Plan(self.data, state.port, state.ports, state.secrets, state.clones)

    # --- Processes

    def start(
        self, part: Part, env: Mapping[str, str] | None = None, *, generation: int = 0, in_hand: bool = False
    ) -> Running:
        """Starts it, as the leader of a group of its own, and notes it down. `env`: the site's."""
        before = self.read().parts.get(part.name)
        if before and not before.alive:
            stop(before, 0)  # its children may have outlived it
        log = self.data / "log" / f"{part.name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=part.user,
                extra_groups=[] if part.user else None,
                env={**(env or {}), **part.settings} if part.settings is not None else None,
                cwd="/" if part.user else ROOT,
                start_new_session=True,
            )
        if part.niceness:
            be_nice(process.pid, part.niceness)
        started = start_of(process.pid) or ""
        signal_number, patience = int(part.stop_signal), part.patience
        names = (part.name, part.kind, process.pid, started, part.address, str(log))
        running = Running(*names, signal_number, patience, generation, in_hand)
        self.note(running)
        return running

    def note(self, running: Running) -> None:
        with self.change() as state:
            state.parts[running.name] = running

    def stop(self, parts: Iterable[Running], *, patience: float | None = None) -> None:
        """All of them at once, and returns when they are gone; forgets those that are still noted down."""
        chosen = list(parts)
        pids = {part.pid for part in chosen}
        with self.change() as state:
            for part in state.parts.values():
                part.in_hand |= part.pid in pids
        with ThreadPoolExecutor(max(1, len(chosen))) as pool:
            list(pool.map(lambda part: stop(part, part.patience if patience is None else patience), chosen))
        with self.change() as state:
            state.parts = {name: part for name, part in state.parts.items() if part.pid not in pids}


def be_nice(group: int, niceness: int) -> None:
    """A session of processes yields to others by the niceness of its group, where the kernel groups them so. To go
    before others takes a right that not everybody has: it is left then."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpriority(os.PRIO_PGRP, group, niceness)
    with contextlib.suppress(OSError):
        Path(f"/proc/{group}/autogroup").write_text(str(niceness))


def start_of(pid: int) -> str | None:
    """When a process started; None when there is none, or only what is left until its parent has looked."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]


def stop(part: Running, patience: float) -> None:
    """Asks, waits, kills what is left of the group. While a member of a group lives, its number is no other's."""
    if part.alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(part.pid, part.stop_signal)
        wait_until(lambda: not part.alive, patience)
    if start_of(part.pid) in (None, part.started):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(part.pid, signal.SIGKILL)
        wait_until(lambda: not part.alive, 5)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(part.pid, os.WNOHANG)  # if it is this process's child


def wait_until(condition: Callable[[], Any], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def wait_for(part: Running, ready: Callable[[], Any], seconds: float = 30) -> None:
    """Raises PartError with the end of its log when it ends, or is not ready in time."""
    wait_until(lambda: ready() or not part.alive, seconds)
    if not part.alive or not ready():
        tail = Path(part.log).read_text(errors="replace")[-1500:]
        raise PartError(f"{part.name} {'is not ready' if part.alive else 'ended'}; its log {part.log} ends:\n{tail}")
