"""The embedded default: SQLite and photos on disk; a small Redis, a Celery worker and granian as children."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bootstrap import PYTHON, ROOT, SetupError, ensure_environment, say
from supervisor import Child, Supervisor

REDIS_VARIABLES = ("CACHE_URL", "FEEDS_URL", "BROKER_URL")
QUEUES = "default,feeds,fanout,photos"


def main() -> int:
    started = time.monotonic()
    options = parse_options()
    check_port(options.host, options.port)
    ensure_environment()
    site = Site(options)
    try:
        return site.run(started)
    finally:
        site.close()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/server",
        description="Sets up and serves the photo site on this machine; its data is in the data directory.",
    )
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--data", type=Path, default=ROOT / "var", metavar="DIR", help="where data is kept (default var)"
    )
    parser.add_argument("--no-demo", action="store_true", help="start without demo members and photos")
    return parser.parse_args()


def check_port(host: str, port: int) -> None:
    """Better now than after minutes of setting up."""
    if not 0 < port < 65536:
        raise SetupError(f"--port {port} is no port; it must be between 1 and 65535.")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise SetupError(f"--host {host} is no address of this machine.") from None
    deadline = time.monotonic() + 3  # a server that was killed lets go of it within a moment
    while problem := why_not_bind(family, address):
        if time.monotonic() > deadline:
            raise SetupError(f"Port {port} cannot be used ({problem}); try another with --port.")
        time.sleep(0.1)


def why_not_bind(family: int, address: tuple[object, ...]) -> str:
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            return error.strerror or str(error)
    return ""


class Site:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.data: Path = options.data.resolve()
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            self.lock = self._take_lock()
        except OSError as error:
            raise SetupError(f"The data directory {self.data} cannot be used: {error.strerror}.") from None
        self.redis_port = free_port()
        self.own_redis = not all(os.environ.get(name) for name in REDIS_VARIABLES)
        self.redis_file = self.data / "redis.url"
        make_secret_key(self.data / "secret_key")
        self.supervisor = Supervisor(
            log_dir=self.data / "log", env=self._environment(), cwd=ROOT, keep_open=[self.lock.fileno()]
        )

    def run(self, started: float) -> int:
        """Serves until a signal; returns the exit status."""
        self._start_redis()
        if not self._prepare():
            return self._interrupted()
        self._paint_demo()  # alone: a worker would find its posts waiting and render them too
        if self.supervisor.stopping:
            return self._interrupted()
        self.supervisor.start(Child("worker", self._worker_command(), patience=20))
        web = self.supervisor.start(Child("web", self._web_command(), patience=32))
        if not self._wait_until_healthy(web):
            return self._interrupted()
        self._announce(time.monotonic() - started)
        self.supervisor.wait(lambda: False)
        return self._interrupted()

    def close(self) -> None:
        self.supervisor.stop()
        if self.own_redis:
            self.redis_file.unlink(missing_ok=True)
        self.lock.close()

    def _take_lock(self) -> TextIO:
        """One server at a time on one data directory; after a crash its guardian lets go within a moment."""
        lock = (self.data / "server.lock").open("a+")
        for _ in range(40):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError:
                time.sleep(0.1)
        raise SetupError(f"Another server is running on {self.data}; stop it, or name another directory with --data.")

    def _environment(self) -> dict[str, str]:
        host, port = self.options.host, self.options.port
        name = "localhost" if is_loopback(host) or host in ("0.0.0.0", "::") else host
        env = {**os.environ, "DATA_DIR": str(self.data), "DJANGO_SETTINGS_MODULE": "config.settings"}
        env.setdefault("SITE_URL", f"http://{f'[{name}]' if ':' in name else name}:{port}")
        if not is_loopback(host):
            env.setdefault("ALLOWED_HOSTS", ",".join(own_names(host)))
        env["PYTHONUNBUFFERED"] = "1"
        env.setdefault("GRANIAN_BLOCKING_THREADS", "32")
        for variable, database in zip(REDIS_VARIABLES, range(3), strict=True):
            env.setdefault(variable, f"redis://127.0.0.1:{self.redis_port}/{database}")
        return env

    def _worker_command(self) -> list[str]:
        as_root = "ignore:You're running the worker"  # who starts everything as root knows
        celery = [str(PYTHON), "-W", as_root, "-m", "celery", "--quiet", "-A", "config"]
        options = ["-Q", QUEUES, "--concurrency", "2", "--loglevel", "WARNING"]
        return [*celery, "worker", "-B", *options, "--schedule", str(self.data / "celerybeat-schedule")]

    def _web_command(self) -> list[str]:
        """Clients that send slowly hold a thread each (photoapp/overload.py leaves some to others, and reads how many
        there are); the timeout ends a stop that they would block."""
        command = [str(PYTHON), "-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1"]
        command += ["--host", self.options.host, "--port", str(self.options.port)]
        return [*command, "--workers-kill-timeout", "30", "--log-level", "error", "config.wsgi:application"]

    def _start_redis(self) -> None:
        if not self.own_redis:
            return
        fake_redis = Path(__file__).with_name("fake_redis.py")
        self.supervisor.start(Child("redis", [str(PYTHON), str(fake_redis), str(self.redis_port)], patience=2))
        self.redis_file.write_text(f"redis://127.0.0.1:{self.redis_port}")  # for manage.py commands

    def _prepare(self) -> bool:
        """Migrates and collects static files where something changed; False when interrupted."""
        migrate = Step("Migrating the databases", ["migrate_all"], self.data / "db" / "migrated", "*/migrations/*.py")
        if os.environ.get("DATABASE_URL"):  # databases elsewhere: what they have seen is not known here
            migrate.stamp.unlink(missing_ok=True)
        collected = self.data / "static" / "collected"
        collect = Step("Collecting static files", ["collectstatic", "--noinput"], collected, "*/static/**/*")
        steps = [step for step in (migrate, collect) if not step.done()]
        for step in steps:
            say(step.message)
        if not self._manage(*(step.arguments for step in steps)):
            return False
        for step in steps:
            step.mark_done()
        return True

    def _paint_demo(self) -> None:
        if self.options.no_demo or (self.data / "demo.done").exists():
            return
        say("Painting the demo, which takes about a minute")
        if self._manage(["demo"], with_progress=True):
            (self.data / "demo.done").touch()

    def _manage(self, *commands: list[str], with_progress: bool = False) -> bool:
        """Runs management commands side by side; False when interrupted. Raises SetupError when one fails."""
        manage = [str(PYTHON), str(ROOT / "manage.py")]
        jobs = [Child(arguments[0], [*manage, *arguments], patience=5) for arguments in commands]
        for job in jobs:
            job.on_terminal = with_progress and sys.stdout.isatty()
        finished = self.supervisor.run(*jobs)
        for job in jobs:
            if finished and job.process and job.process.returncode:
                reason = job.last_lines[-1] if job.last_lines else f"status {job.process.returncode}"
                raise SetupError(f"manage.py {job.name} failed: {reason}")
        return finished

    def _wait_until_healthy(self, web: Child) -> bool:
        host = "127.0.0.1" if self.options.host in ("0.0.0.0", "::") else self.options.host
        url = f"http://{f'[{host}]' if ':' in host else host}:{self.options.port}/healthz"

        def healthy_or_dead() -> bool:
            return web.process is None or answers(url)

        in_time = self.supervisor.wait(healthy_or_dead, seconds=60)
        if self.supervisor.stopping:
            return False
        if web.process is None or not in_time:
            raise SetupError(f"The web server does not start; see {self.data / 'log' / 'web.log'}.")
        return True

    def _announce(self, seconds: float) -> None:
        lines = ["", f"Ready in {seconds:.1f} s: {self.supervisor.env['SITE_URL']}"]
        logins = self.data / "demo.json"
        if logins.exists():
            for login in json.loads(logins.read_text()).values():
                lines.append(f"    log in as {login['username']:<6} with {login['password']}")
        lines += [f"Data and logs are in {self.data}. Ctrl-C stops the server.", ""]
        say("\n".join(lines))

    def _interrupted(self) -> int:
        say("Stopping (once more to stop at once)")
        return 0


@dataclass(frozen=True)
class Step:
    """A management command that has to run again only when the files it reads have changed."""

    message: str
    arguments: list[str]
    stamp: Path
    pattern: str

    def done(self) -> bool:
        return self.stamp.exists() and self.stamp.read_text() == hash_of(self.pattern)

    def mark_done(self) -> None:
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(hash_of(self.pattern))


def make_secret_key(path: Path) -> None:
    if path.exists() and path.read_text().strip():
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))


def hash_of(pattern: str) -> str:
    """Changes when a matching file, or the pinned requirements (they bring files of their own), change."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob(pattern)):
        if path.is_file() and path.relative_to(ROOT).parts[0] not in ("var", ".venv"):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def own_names(host: str) -> list[str]:
    """The names under which others on the network may ask for this machine."""
    names = {"localhost", "127.0.0.1", "[::1]", host, socket.gethostname(), socket.getfqdn()}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; the system picks the address it would use
            names.add(probe.getsockname()[0])
        except OSError:
            pass
    return sorted(names - {"0.0.0.0", "::"})
