"""PostgreSQL: leaders, streaming followers, synchronous commit, promotion."""

import contextlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from script.topology.plan import NODES, SERVERS, Plan, node_name
from script.topology.state import Cluster, State, wait_for, wait_until
from tests.parts.postgres import binary
from tests.parts.process import PartError, own_directory, run, unprivileged_user

# A follower that has not been heard of for so long is out of step (seconds).
SILENCE = 3.0


@dataclass(frozen=True)
class Behind:
    """How far a follower is."""

    sync: str  # "sync": commits wait for it
    bytes: int
    ms: int


@dataclass(frozen=True)
class Replication:
    waits_for: str  # the follower that commits wait for
    in_step: dict[str, Behind]  # followers that stream and were heard of lately


class Databases:
    def __init__(self, cluster: Cluster, plan: Plan) -> None:
        self.cluster, self.plan = cluster, plan

    # --- Nodes

    def connect(self, name: str, database: str = "postgres") -> psycopg.Connection[Any]:
        password, port = self.plan.secrets["postgres"], self.plan.ports[name]
        address = {"host": "127.0.0.1", "port": port, "user": "app", "password": password, "dbname": database}
        return psycopg.connect(**address, autocommit=True, connect_timeout=2, application_name="cluster")  # type: ignore[arg-type]

    def answers(self, name: str) -> bool:
        try:
            self.connect(name).close()
        except psycopg.Error:
            return False
        return True

    def home(self, name: str) -> Path:
        return self.plan.data / "postgres" / name

    def ensure_leader(self, server: str, state: State) -> None:
        """Makes it from nothing where there is none, and starts it."""
        node = state.leaders.get(server, NODES[0])
        name, user = node_name(server, node), unprivileged_user()
        is_new = not (self.home(name) / "data" / "PG_VERSION").exists()
        if is_new:
            home = own_directory(self.home(name))
            words = home / "password"
            words.touch(mode=0o600)
            words.write_text(self.plan.secrets["postgres"])
            own(words)
            initdb = [binary("initdb"), "-D", home / "data", "-U", "app", "-A", "scram-sha-256", "--pwfile", words]
            run([*initdb, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-N"], user=user, cwd="/")
            words.unlink()
            own(passwords(home, self.plan.secrets["postgres"]))
        self.start(server, node)
        with self.connect(name) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [server]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(server)))

    def ensure_follower(self, server: str, state: State) -> None:
        """Copies the leader where there is no follower, or one that another was promoted before; starts it."""
        leader, follower = roles(server, state)
        name, user = node_name(server, follower), unprivileged_user()
        home = self.home(name)
        if name in state.lost or not (home / "data" / "PG_VERSION").exists():
            shutil.rmtree(home, ignore_errors=True)
            own_directory(home)
            own(passwords(home, self.plan.secrets["postgres"]))
            self._drop_slot(server, leader, follower)
            port = str(self.plan.ports[node_name(server, leader)])
            copy = [binary("pg_basebackup"), "-d", f"host=127.0.0.1 port={port} user=app passfile={home / 'passwords'}"]
            copy += ["-D", home / "data", "-R", "-C", "-S", slot(name), "-X", "stream", "-c", "fast", "-N"]
            run(copy, user=user, cwd="/")
            with self.cluster.change() as now:
                now.lost = [lost for lost in now.lost if lost != name]
        self.start(server, follower)

    def start(self, server: str, node: str) -> None:
        name = node_name(server, node)
        if self.cluster.read().is_running(name):
            return
        data = self.home(name) / "data"
        if not wait_until(lambda: not works_in(data), 10):
            raise PartError(f"{name} was killed, and processes of it still write to {data}")
        (data / "postmaster.pid").unlink(missing_ok=True)
        running = self.cluster.start(self.plan.node(server, node))
        wait_for(running, lambda: self.answers(name))

    def _drop_slot(self, server: str, leader: str, follower: str) -> None:
        name = slot(node_name(server, follower))
        with self.connect(node_name(server, leader)) as connection:
            connection.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [name]
            )

    # --- Replication

    def replication(self, connection: psycopg.Connection[Any]) -> Replication:
        """Of the leader that the connection leads to."""
        question = """
            SELECT application_name, sync_state, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint,
                   coalesce(extract(epoch FROM replay_lag) * 1000, 0)::int
            FROM pg_stat_replication WHERE state = 'streaming' AND reply_time > now() - make_interval(secs => %s)
        """
        rows = connection.execute(question, [SILENCE]).fetchall()
        row = connection.execute("SHOW synchronous_standby_names").fetchone()
        return Replication(row[0].strip('"') if row else "", {name: Behind(*rest) for name, *rest in rows})

    @staticmethod
    def wait_for_copy(connection: psycopg.Connection[Any], follower: str | None) -> None:
        """A commit on the leader waits for this follower from now on; None: for nobody."""
        names = sql.Literal(f'"{follower}"' if follower else "")
        connection.execute(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(names))
        connection.execute("SELECT pg_reload_conf()")

    # --- Failover

    def promote(self, server: str, *, even_if_behind: bool = False) -> str:
        """Ends the leader, if it lives, and makes its follower the leader. Returns the new leader's node.

        Raises PartError if the follower may lack commits that were acknowledged."""
        state = self.cluster.read()
        leader, follower = roles(server, state)
        old, new = node_name(server, leader), node_name(server, follower)
        if server in state.alarms and not even_if_behind:
            since = time.strftime("%H:%M:%S", time.localtime(state.alarms[server]))
            raise PartError(
                f"{new} has been out of step since {since}: it may lack commits that were acknowledged. "
                "Bring the leader back, or lose them with --even-if-behind"
            )
        if not self.answers(new):
            raise PartError(f"{new} does not answer, so it cannot be promoted")
        with self.cluster.change() as now:
            now.lost.append(old)  # first: nobody may start it as a leader again
            running = now.parts.get(old)
        if running:
            self.cluster.stop([running])  # it sends all it has to its follower before it ends
        with self.connect(new) as connection:
            connection.execute("SELECT pg_promote(true, 30)")
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() != (False,):
                raise PartError(f"{new} was not promoted; see its log")
            self.wait_for_copy(connection, None)
        with self.cluster.change() as now:
            now.leaders[server] = follower
            now.alarms[server] = time.time()
        return follower


def roles(server: str, state: State) -> tuple[str, str]:
    """The nodes that lead and follow."""
    leader = state.leaders.get(server, NODES[0])
    return leader, next(node for node in NODES if node != leader)


def servers_of(state: State) -> list[tuple[str, str, str]]:
    """(server, the leader's name, the follower's name)."""
    found = [(server, *roles(server, state)) for server in SERVERS]
    return [(server, node_name(server, leader), node_name(server, follower)) for server, leader, follower in found]


def works_in(directory: Path) -> bool:
    """Whether a process has it as its working directory, as all of a PostgreSQL server's have."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == directory:
                return True
    return False


def slot(name: str) -> str:
    return name.replace("-", "_")


def passwords(home: Path, password: str) -> Path:
    """The file by which a follower, or a former one, logs in to its leader."""
    path = home / "passwords"
    path.touch(mode=0o600)
    path.write_text(f"*:*:*:app:{password}\n")
    return path


def own(path: Path) -> None:
    if user := unprivileged_user():
        shutil.chown(path, user)
