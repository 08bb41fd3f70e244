"""A throwaway Redis, or for the embedded default the fake one that script/server uses."""

import sys
from pathlib import Path

from tests.parts.process import ROOT, Server, find_binary, port_answers

DATABASES = 192  # three for each of many pytest workers


class Redis:
    def __init__(self, port: int, directory: Path, *, fake: bool = False) -> None:
        self.port, self.directory, self.fake = port, directory, fake
        self.url = f"redis://127.0.0.1:{port}"

    def start(self) -> None:
        command: list[object]
        if self.fake:
            command = [sys.executable, ROOT / "script" / "fake_redis.py", self.port]
        else:
            command = [find_binary("redis-server"), "--port", self.port, "--bind", "127.0.0.1", "--save", ""]
            command += ["--appendonly", "no", "--databases", DATABASES, "--dir", self.directory]
        self.server = Server(command, log=self.directory / "redis.log")
        self.server.wait_until(lambda: port_answers(self.port))

    def stop(self) -> None:
        if hasattr(self, "server"):
            self.server.stop()
