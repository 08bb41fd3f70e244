"""Throwaway PostgreSQL servers: nothing they hold survives, so they never wait for the disk."""

import signal
from pathlib import Path

import psycopg
from psycopg import sql

from tests.parts.process import PartError, Server, find_binary, own_directory, run, unprivileged_user

FAST_AND_FRAGILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10s",
    "listen_addresses": "127.0.0.1",
    "wal_level": "logical",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


def binary(name: str) -> str | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    installed = versions[-1] / name if versions else None
    return str(installed) if installed and installed.exists() else find_binary(name)


class Postgres:
    options = FAST_AND_FRAGILE

    def __init__(self, name: str, port: int, directory: Path) -> None:
        self.port, self.directory = port, directory / f"postgres-{name}"
        self.url = f"postgres://app@127.0.0.1:{port}"

    def start(self) -> None:
        user = unprivileged_user()
        home = own_directory(self.directory)
        data = home / "data"
        initdb = [binary("initdb"), "-D", data, "-U", "app", "-A", "trust", "-E", "UTF8"]
        run([*initdb, "--locale=C.UTF-8", "--no-sync", "-N"], user=user, cwd="/")
        options = [f"--{key}={value}" for key, value in self.options.items()]
        command = [binary("postgres"), "-D", data, "-p", self.port, "-k", home, *options]
        self.server = Server(command, log=self.directory / "log", user=user, stop_signal=signal.SIGQUIT)
        self.server.wait_until(self._answers)

    def stop(self) -> None:
        if hasattr(self, "server"):
            self.server.stop()

    def _answers(self) -> bool:
        try:
            psycopg.connect(f"{self.url}/postgres", connect_timeout=2).close()
            return True
        except psycopg.OperationalError:
            return False


def recreate_database(url: str) -> None:
    """Drops and creates the database that the URL names, nothing else: the server may be shared."""
    server, _, name = url.rpartition("/")
    identifier = sql.Identifier(name)
    try:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
            connection.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(identifier))
    except psycopg.Error as error:
        raise PartError(f"cannot make the test database {name}: {error}") from error
