"""Decides which part each test process uses, before Django's settings load, and starts the parts.

The settings read only the environment, so every pytest worker gets one of its own: databases, Redis databases
and a bucket that no other worker shares. Processes that tests start inherit it, and so see the same data.

An operator's servers win: TEST_POSTGRES_URLS (comma-separated; databases `photoapp_test_…` are made there),
TEST_REDIS_URL (its databases are emptied), TEST_S3_URL (`s3://key:secret@host:port`).
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.parts import postgres, radosgw
from tests.parts.postgres import Postgres
from tests.parts.process import ROOT, PartError, find_binary, free_port, guardian
from tests.parts.radosgw import Radosgw
from tests.parts.redis import Redis

# Which of three servers holds what: shards of both groups share a server, as in small installations.
LAYOUT = {"auth": 0, "friends0": 1, "content0": 1, "friends1": 2, "content1": 2}
HOW_TO_INSTALL = (
    "apt-get install postgresql redis-server radosgw ceph-mon ceph-osd lua-nginx-redis chromium-headless-shell "
    "libnginx-mod-http-cache-purge squid-openssl"
)


@dataclass
class Parts:
    directory: Path
    postgres_urls: list[str] = field(default_factory=list)  # empty: SQLite
    redis_url: str = ""
    s3_url: str = ""  # empty: files
    to_start: list[Postgres | Redis | Radosgw] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # part: what follows from that
    starting: threading.Thread | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def state(self) -> Path:
        """A file that says `ready`, or why not, once that is known."""
        return self.directory / "state"

    def start_when_wanted(self) -> None:
        """Starts them in the background once a process has collected a test that needs them."""
        self.starting = threading.Thread(target=self._start)
        self.starting.start()

    def _start(self) -> None:
        while not self.state.with_name("wanted").exists():
            if self.stopping.wait(0.05):
                return
        outcome = "ready"
        with ThreadPoolExecutor(len(self.to_start) + 1) as pool:
            started = [pool.submit(part.start) for part in self.to_start]
            for done in [*started, pool.submit(collect_static)]:
                if error := done.exception():
                    outcome = f"{error}"
        unfinished = self.state.with_suffix(".new")
        unfinished.write_text(outcome)
        unfinished.replace(self.state)

    def stop(self) -> None:
        self.stopping.set()
        if self.starting:
            self.starting.join()
        for part in self.to_start:
            part.stop()
        guardian().close()

    def environment(self, worker: str) -> dict[str, str]:
        """The settings of one pytest worker; `main` is a run without workers."""
        number = 0 if worker == "main" else 1 + int(worker.removeprefix("gw"))
        home = self.directory / worker
        urls = {name: self._database_url(name, worker) for name in LAYOUT}
        port = free_port()
        return {
            "TESTING": "1",
            "TEST_PARTS_STATE": str(self.state),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(self.directory),
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "SITE_URL": f"http://localhost:{port}",
            "DATABASE_URL": urls["auth"],
            "FRIENDS_DATABASE_URLS": f"{urls['friends0']},{urls['friends1']}",
            "CONTENT_DATABASE_URLS": f"{urls['content0']},{urls['content1']}",
            "CACHE_URL": f"{self.redis_url}/{3 * number}",
            "FEEDS_URL": f"{self.redis_url}/{3 * number + 1}",
            "BROKER_URL": f"{self.redis_url}/{3 * number + 2}",
            "STORAGE_URL": f"{self.s3_url}/photoapp-test-{worker}" if self.s3_url else f"file://{home / 'photos'}",
            "EMAIL_URL": "consolemail://",
            "DEBUG": "0",
        }

    def _database_url(self, name: str, worker: str) -> str:
        if not self.postgres_urls:
            return f"sqlite:///{self.directory / worker / name}.sqlite3"
        server = self.postgres_urls[LAYOUT[name] % len(self.postgres_urls)]
        return f"{server}/photoapp_test_{worker}_{name}"


def want_parts() -> None:
    Path(os.environ["TEST_PARTS_STATE"]).with_name("wanted").touch()


def wait_for_parts(seconds: float = 120) -> None:
    """Raises PartError when a part did not start."""
    want_parts()
    state = Path(os.environ["TEST_PARTS_STATE"])
    deadline = time.monotonic() + seconds
    while not state.exists():
        if time.monotonic() > deadline:
            raise PartError(f"the real parts did not start within {seconds:.0f} s")
        time.sleep(0.05)
    if (outcome := state.read_text()) != "ready":
        raise PartError(outcome)


def plan() -> Parts:
    """Chooses parts and ports; starts nothing. Raises PartError for a missing part when REQUIRE_REAL=1."""
    directory = Path(tempfile.mkdtemp(prefix="photoapp-test-"))
    directory.chmod(0o755)  # servers that run as another user look inside
    guardian().remove_at_end(directory)
    parts = Parts(directory)
    embedded = os.environ.get("TEST_PARTS") == "embedded"
    if not embedded:
        plan_postgres(parts)
        plan_radosgw(parts)
    plan_redis(parts, embedded=embedded)
    if not browser_binary():
        parts.missing["Chromium"] = "no test ran in a browser"
    if not find_binary("nginx"):
        parts.missing["nginx"] = "no test ran behind a proxy"
    if not find_binary("squid"):
        parts.missing["Squid"] = "what shared caches store was seen with nginx alone"
    if parts.missing and os.environ.get("REQUIRE_REAL") == "1":
        raise PartError(f"REQUIRE_REAL=1, and missing: {', '.join(parts.missing)}. Install: {HOW_TO_INSTALL}")
    return parts


def plan_postgres(parts: Parts) -> None:
    if given := os.environ.get("TEST_POSTGRES_URLS"):
        parts.postgres_urls = [url.rstrip("/") for url in given.split(",")]
    elif postgres.binary("postgres") and postgres.binary("initdb"):
        servers = [Postgres(name, free_port(), parts.directory) for name in ("a", "b", "c")]
        parts.to_start += servers
        parts.postgres_urls = [server.url for server in servers]
    else:
        parts.missing["PostgreSQL"] = "the tests ran on SQLite instead"


def plan_radosgw(parts: Parts) -> None:
    if given := os.environ.get("TEST_S3_URL"):
        parts.s3_url = given.rstrip("/")
    elif radosgw.missing_binaries():
        parts.missing["radosgw"] = "the tests ran on files instead"
    else:
        gateway = Radosgw(free_port(), parts.directory)
        parts.to_start.append(gateway)
        parts.s3_url = gateway.url


def plan_redis(parts: Parts, *, embedded: bool) -> None:
    if given := os.environ.get("TEST_REDIS_URL"):
        parts.redis_url = given.rstrip("/")
        return
    fake = embedded or not find_binary("redis-server")
    if fake and not embedded:
        parts.missing["Redis"] = "the tests ran on fakeredis instead"
    server = Redis(free_port(), parts.directory, fake=fake)
    parts.to_start.append(server)
    parts.redis_url = server.url


def collect_static() -> None:
    """Pages name static files by their hash, which only a collected directory has; one serves all workers."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise PartError(f"collectstatic failed:\n{done.stdout[-2000:]}")


def browser_binary() -> str | None:
    return find_binary("chromium-headless-shell", "chromium")
