"""script/cluster on a directory of its own, and members who use its site."""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from script.topology.state import Cluster, State
from tests.parts.process import ROOT, free_port, guardian
from tests.people import jpeg

PASSWORD = "correct horse battery"


class RunningCluster:
    def __init__(self) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="photoapp-"))
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.output = ""

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "script.topology", *arguments, "--data", str(self.data)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def up(self) -> str:
        done = self.run("up", "--port", str(self.port))
        for part in self.state.parts.values():  # a run of tests that is killed leaves nothing
            guardian().watch(part.pid)
        return done.stdout

    def down(self) -> None:
        for part in self.state.parts.values():
            guardian().forget(part.pid)
        self.run("down")

    @property
    def state(self) -> State:
        return Cluster(self.data).read()

    def pid(self, name: str) -> int:
        return self.state.parts[name].pid

    def status(self) -> dict[str, str]:
        """By part, the rest of its line."""
        lines = self.run("status", check=False).stdout.splitlines()[1:]
        return {line.split()[0]: " ".join(line.split()[2:]) for line in lines}

    def wait(self, condition: Callable[[], object], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, condition
            time.sleep(0.1)


@contextmanager
def cluster() -> Generator[RunningCluster, None, None]:
    running = RunningCluster()
    try:
        running.up()
        yield running
    finally:
        if (running.data / "cluster.json").exists():
            running.down()
        shutil.rmtree(running.data, ignore_errors=True)


class Member:
    """Signed up in the browser; `session` holds the cookie, `token` is for the API."""

    def __init__(self, site: RunningCluster, name: str) -> None:
        self.url, self.name = site.url, name
        self.session = requests.Session()
        self.session.headers["Sec-Fetch-Site"] = "same-origin"
        words = {"username": name, "email": f"{name}@example.org", "password1": PASSWORD}
        assert self.post("/signup/", words) == 302
        login = {"username": name, "password": PASSWORD}
        token = requests.post(f"{self.url}/api/v1/auth/token/", json=login, timeout=20).json()["token"]
        self.headers = {"Authorization": f"Token {token}"}

    def post(self, path: str, data: dict[str, str]) -> int:
        return self.session.post(self.url + path, data=data, allow_redirects=False, timeout=20).status_code

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, allow_redirects=False, timeout=20)

    def api(self, method: str, path: str, **rest: object) -> requests.Response:
        return requests.request(method, f"{self.url}/api/v1{path}", headers=self.headers, timeout=30, **rest)  # type: ignore[arg-type]

    def share(self, caption: str) -> str:
        """Uploads a photo; returns the post's id."""
        files = {"photos": ("photo.jpg", jpeg(size=(800, 600)).read(), "image/jpeg")}
        answer = self.api("POST", "/posts/", files=files, data={"caption": caption})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@dataclass
class Crowd:
    """Members that read and write in loops; `answers` counts (what, status), `late` those from `since` on."""

    acts: dict[str, Callable[[], int]]
    answers: Counter[tuple[str, object]] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Crowd":
        self.threads = [threading.Thread(target=self._loop, args=one) for one in self.acts.items()]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _loop(self, name: str, act: Callable[[], int]) -> None:
        while not self.stopping.wait(0.02):
            try:
                self.answers[name, act()] += 1
            except requests.RequestException as error:
                self.answers[name, repr(error)[:200]] += 1

    def of(self, name: str) -> Counter[object]:
        return Counter({status: count for (what, status), count in self.answers.items() if what == name})
