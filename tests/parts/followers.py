"""Real followers (streaming read replicas) of this worker's PostgreSQL servers, which tests hold up, kill and restart.

`followers` are servers of their own, for child processes by their environment; `reading_followers` makes this process
use them, too. A follower copies its server whole, with the databases of all workers: few tests ask for them.
"""

import os
import signal
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import psycopg
import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from config.databases import followers_from
from photoapp.followers import watch
from photoapp.positions import of_leader
from photoapp.shards import leaders
from tests.parts.postgres import FAST_AND_FRAGILE, binary
from tests.parts.process import Server, free_port, own_directory, run, unprivileged_user
from tests.parts.sites import eventually

A_PAGES_HEAD = 64  # the end of a log may be told as that of the next page's head, which nobody has replayed
VARIABLES = ("DATABASE_URL", "FRIENDS_DATABASE_URLS", "CONTENT_DATABASE_URLS")


class FollowerServer:
    def __init__(self, leaders_port: int, directory: Path) -> None:
        self.leaders_port, self.port = leaders_port, free_port()
        self.home = directory / f"follower-{leaders_port}-{self.port}"
        self.url = f"postgres://app@127.0.0.1:{self.port}"

    def copy(self) -> None:
        own_directory(self.home)
        source = ["-h", "127.0.0.1", "-p", self.leaders_port, "-U", "app"]
        command = [binary("pg_basebackup"), *source, "-D", self.home / "data", "-R", "-X", "stream", "-c", "fast", "-N"]
        run(command, user=unprivileged_user(), cwd="/")

    def copy_and_start(self) -> None:
        self.copy()
        self.start()

    def start(self) -> None:
        options = [f"--{key}={value}" for key, value in FAST_AND_FRAGILE.items()]
        command = [binary("postgres"), "-D", self.home / "data", "-p", self.port, "-k", self.home, *options]
        log, user = self.home.with_suffix(".log"), unprivileged_user()
        self.server = Server(command, log=log, user=user, stop_signal=signal.SIGQUIT)
        self.server.wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("SELECT pg_is_in_recovery()"))
        except psycopg.OperationalError:
            return False

    def ask(self, sql: str) -> Any:
        with psycopg.connect(f"{self.url}/postgres", autocommit=True, connect_timeout=2) as connection:
            return connection.execute(sql).fetchone()[0]  # type: ignore[index]

    def hold(self) -> None:
        """From now on it replays nothing: it lags more and more."""
        self.ask("SELECT pg_wal_replay_pause()")
        eventually(lambda: self.ask("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def go_on(self) -> None:
        self.ask("SELECT pg_wal_replay_resume()")

    def kill(self) -> None:
        """SIGKILL to it and its children."""
        self.server.kill()


class Followers:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.by_port: dict[int, FollowerServer] = {}

    def start(self) -> None:
        ports = {urlsplit(url).port for variable in VARIABLES for url in os.environ[variable].split(",")}
        self.by_port = {port: FollowerServer(port, self.directory) for port in sorted(filter(None, ports))}
        with ThreadPoolExecutor() as pool:
            list(pool.map(FollowerServer.copy_and_start, self.by_port.values()))

    def stop(self) -> None:
        for server in self.by_port.values():
            server.server.stop()

    def environment(self) -> dict[str, str]:
        """The settings of a process that reads from them."""
        return {
            variable.replace("_URL", "_REPLICA_URL")
            if variable.endswith("_URLS")
            else "DATABASE_REPLICA_URLS": ",".join(self._follower_of(url) for url in os.environ[variable].split(","))
            for variable in VARIABLES
        }

    def of(self, alias: str) -> FollowerServer:
        """The follower of the leader with this alias."""
        return self.by_port[int(connections[alias].settings_dict["PORT"])]

    def _follower_of(self, url: str) -> str:
        parts = urlsplit(url)
        return f"{self.by_port[parts.port or 5432].url}{parts.path}"

    def go_on(self) -> None:
        for server in self.by_port.values():
            if not server.server.alive:
                server.start()
            server.go_on()

    def catch_up(self) -> None:
        """Waits until this process knows that all have replayed what is written now, and reads from them."""
        ends = {alias: of_leader(alias) - A_PAGES_HEAD for alias in leaders()}

        def all_are_there() -> bool:
            found = [watch.follower(f"{alias}_replica0").serves(end) for alias, end in ends.items()]
            return all(found)

        eventually(all_are_there)


@pytest.fixture(scope="module")
def followers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Generator[Followers, None, None]:
    found = Followers(Path(os.environ["DATA_DIR"]))
    found.start()
    yield found
    found.stop()


@pytest.fixture
def reading_followers(db: None, followers: Followers, settings: Settings) -> Generator[Followers, None, None]:
    """This process has them in its settings."""
    databases = {"default": {}, **{alias: connections.settings[alias] for alias in leaders()}}
    before = set(databases)
    env = environ.Env()
    env.ENVIRON = {**os.environ, **followers.environment()}
    settings.FOLLOWERS = followers_from(env, databases, settings.SHARD_SERVERS)
    new = {alias: config for alias, config in databases.items() if alias not in before}
    connections.settings.update(connections.configure_settings({"default": {}, **new}))
    connections.settings["default"] = databases["default"]
    forget_connections(leaders())
    yield followers
    followers.go_on()
    for watched in (*watch.followers.values(), *watch.leaders.values()):
        watched.ended = True
        watched.hurry()
    watch.begin()
    forget_connections([*new, *leaders()])
    for alias in new:
        del connections.settings[alias]


def forget_connections(aliases: list[str]) -> None:
    """So that they are made as the settings now say."""
    for alias in aliases:
        connections[alias].close()
        del connections[alias]
