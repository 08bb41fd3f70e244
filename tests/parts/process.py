"""Starting and ending the throwaway processes that the tests run on."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from script.guardian import Guardian

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_PATHS = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
_guardians: list[Guardian] = []


class PartError(Exception):
    """A part did not start; the message ends with what it logged."""


def guardian() -> Guardian:
    """One for this process, started when the first part is."""
    if not _guardians:
        _guardians.append(Guardian())
    return _guardians[0]


def find_binary(*names: str) -> str | None:
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATHS}"
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged_user() -> str | None:
    """Whom to run servers as that refuse root; None where we are not root anyway."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


def own_directory(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    if user := unprivileged_user():
        entry = pwd.getpwnam(user)
        os.chown(directory, entry.pw_uid, entry.pw_gid)
    return directory


def run(command: Sequence[object], *, user: str | None = None, **options: object) -> str:
    """Runs to the end and returns the output. Raises PartError with the output when it fails."""
    done = subprocess.run(  # type: ignore[call-overload]
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=user,
        extra_groups=[] if user else None,
        timeout=60,
        **options,
    )
    if done.returncode:
        raise PartError(f"{command[0]} failed:\n{done.stdout[-2000:]}")
    return str(done.stdout)


class Server:
    """A process, leader of its own group, that is killed with the test run however that ends."""

    def __init__(
        self,
        command: Sequence[object],
        *,
        log: Path,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.log, self.stop_signal = log, stop_signal
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=user,
                extra_groups=[] if user else None,
                env=env,
                cwd=ROOT if user is None else "/",
                start_new_session=True,
            )
        guardian().watch(self.process.pid)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 30) -> None:
        """Raises PartError when the process ends, or is not ready in time."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                state = "is not ready" if self.process.poll() is None else "ended"
                tail = self.log.read_text(errors="replace")[-3000:]
                self.stop()
                raise PartError(f"{self.process.args[0]} {state} after {seconds:.0f} s at most:\n{tail}")  # type: ignore[index]
            time.sleep(0.03)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def pause(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self, *, seconds: float = 10) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, self.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole group, as a crash of the machine would be."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        guardian().forget(self.process.pid)


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
