"""script/server as an operator meets it: real processes on a data directory of its own."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.parts.process import ROOT, free_port, guardian
from tests.parts.sites import eventually

# Everything that would point the embedded default at other servers.
FOREIGN = re.compile(
    r"(CACHE|FEEDS|BROKER|STORAGE|SITE|DATABASE|_DATABASE|EMAIL)_URLS?$|^(DATA_DIR|SECRET_KEY|TESTING)$"
)


class Server:
    def __init__(self, data: Path, port: int, *options: str, **settings: str) -> None:
        self.data, self.port = data, port
        env = {name: value for name, value in os.environ.items() if not FOREIGN.search(name)}
        env.update(settings)
        command = [sys.executable, "script/server", "--no-demo", "--data", str(data), "--port", str(port), *options]
        self.output = data.with_name(f"{data.name}-{time.monotonic_ns()}.out")
        with self.output.open("w") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True)
        guardian().watch(self.process.pid)

    @property
    def printed(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> "Server":
        eventually(lambda: "Ready in" in self.printed or self.process.poll() is not None, seconds=90)
        assert self.process.poll() is None, self.printed
        return self

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def children(self, word: str = "") -> list[int]:
        """Living processes that name this data directory or port, or were started for it."""
        listing = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True).stdout
        rows = [line.split(None, 3) for line in listing.splitlines()]
        alive = [(int(pid), int(ppid), args) for pid, ppid, state, args in rows if not state.startswith("Z")]
        return [pid for pid, ppid, args in alive if ppid == self.process.pid and word in args]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def start(tmp_path: Path) -> Generator[Callable[..., Server], None, None]:
    servers: list[Server] = []

    def begin(*options: str, port: int | None = None, data: str = "data", **settings: str) -> Server:
        servers.append(Server(tmp_path / data, port or free_port(), *options, **settings))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def alive(pids: list[int]) -> list[int]:
    listing = subprocess.run(["ps", "-eo", "pid=,stat="], capture_output=True, text=True).stdout
    living = {int(line.split()[0]) for line in listing.splitlines() if not line.split()[1].startswith("Z")}
    return [pid for pid in pids if pid in living]


def test_serves_refuses_a_second_one_revives_and_survives_kill_9(start: Callable[..., Server]) -> None:
    server = start().wait_until_ready()
    assert server.healthy()
    assert f"http://localhost:{server.port}" in server.printed

    second = start()
    assert second.process.wait(60) == 1
    assert "Another server is running" in second.printed
    same_port = start(port=server.port, data="other")
    assert same_port.process.wait(60) == 1
    assert f"Port {server.port} cannot be used" in same_port.printed

    [web] = server.children("granian")
    os.kill(web, signal.SIGKILL)
    eventually(lambda: server.children("granian") not in ([], [web]))
    eventually(server.healthy)

    children = server.children()
    secret = (server.data / "secret_key").read_text()
    server.process.kill()
    server.process.wait()
    eventually(lambda: not alive(children))

    again = start(port=server.port).wait_until_ready()
    assert "Migrating" not in again.printed
    assert (again.data / "secret_key").read_text() == secret
    assert (again.data / "secret_key").stat().st_mode & 0o077 == 0
    children = again.children()
    assert again.stop(signal.SIGINT) == 0
    assert not alive(children)
    assert "Traceback" not in again.printed
    assert not (again.data / "redis.url").exists()


def test_a_port_that_is_none_is_one_clear_line(start: Callable[..., Server]) -> None:
    server = start(port=70000)
    assert server.process.wait(60) == 1
    assert len(server.printed.splitlines()) == 1


def test_a_wrong_setting_ends_the_start_and_is_named(start: Callable[..., Server]) -> None:
    server = start(SITE_URL="nowhere")
    assert server.process.wait(60) == 1
    assert "SITE_URL is 'nowhere'" in server.printed.splitlines()[-1]
