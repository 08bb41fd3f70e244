"""A process beside the cluster: `python -m script.topology.watcher DIRECTORY`.

Every half second it looks whether each leader's follower streams. As long as it does, a commit waits for it, so that
nothing that was acknowledged is lost with the leader. When it has not been heard of for some seconds, the leader goes
on without, loudly, until it is back. The watcher also starts processes again that ended by themselves, databases
excepted: which of these leads is for `promote` to say.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import structlog

from script.topology import proxy, site, web
from script.topology.databases import Databases, roles
from script.topology.plan import REDIS, SERVERS, Plan, node_name
from script.topology.state import Cluster, Running

PAUSE = 0.5
FIRST_REST, LONGEST_REST = 1.0, 30.0  # seconds between attempts to start what ends again and again

log = structlog.get_logger("watcher")


class Watcher:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.plan: Plan = cluster.plan()
        self.databases = Databases(cluster, self.plan)
        self.connections: dict[str, psycopg.Connection[Any]] = {}
        self.stopping = threading.Event()
        self.rests: dict[str, tuple[float, float]] = {}  # name: (not before, the next rest)

    def run(self) -> None:
        signal.signal(signal.SIGTERM, lambda number, frame: self.stopping.set())
        for server in SERVERS:  # one that hangs holds up nobody else's
            threading.Thread(target=self.watch, args=(server,), name=f"watch {server}", daemon=True).start()
        while not self.stopping.wait(PAUSE):
            reap()
            for part in self.cluster.read().parts.values():
                if not part.alive and not part.in_hand and part.kind in ("web", "worker", "beat", "proxy", "redis"):
                    self.revive(part)

    def watch(self, server: str) -> None:
        while not self.stopping.wait(PAUSE):
            leader, follower = (node_name(server, node) for node in roles(server, self.cluster.read()))
            try:
                self.look_after(server, leader, follower)
            except psycopg.Error as error:
                log.warning("leader.away", server=server, node=leader, error=str(error).strip())

    def look_after(self, server: str, leader: str, follower: str) -> None:
        connection = self.connections.get(leader)
        if connection is None or connection.closed:
            connection = self.connections[leader] = self.databases.connect(leader)
        found = self.databases.replication(connection)
        waits = found.waits_for == follower
        if follower in found.in_step and not waits:
            self.databases.wait_for_copy(connection, follower)
            self._set_alarm(server, None)
            log.warning("follower.in_step", server=server, leader=leader, follower=follower)
        elif follower not in found.in_step and waits:
            self._set_alarm(server, time.time())  # before commits go on without it
            self.databases.wait_for_copy(connection, None)
            log.error("follower.lost", server=server, leader=leader, follower=follower, commits="wait for nobody")

    def _set_alarm(self, server: str, since: float | None) -> None:
        with self.cluster.change() as state:
            state.alarms.pop(server, None)
            if since is not None:
                state.alarms[server] = since

    def revive(self, part: Running) -> None:
        not_before, rest = self.rests.get(part.name, (0.0, FIRST_REST))
        now = time.monotonic()
        if now < not_before:
            return
        self.rests[part.name] = (now + rest, min(2 * rest, LONGEST_REST))
        if now - not_before > 60:
            self.rests[part.name] = (now + FIRST_REST, 2 * FIRST_REST)
        log.error("part.ended", part=part.name, pid=part.pid)
        threading.Thread(target=self._start, args=(part,), daemon=True).start()

    def _start(self, part: Running) -> None:
        try:
            env = site.environment(self.plan, self.cluster.read())
            if part.kind == "web":
                web.replace(self.cluster, self.plan, env, part.name.removeprefix("web-"))
                return
            if part.kind == "proxy":
                proxy.start(self.cluster, self.plan)
                return
            parts = [*self.plan.workers(), *(self.plan.redis(role) for role in REDIS)]
            self.cluster.start(next(one for one in parts if one.name == part.name), env)
        except Exception:
            log.exception("part.not_started", part=part.name)


def reap() -> None:
    """What it started and what ended leaves the table of processes. (Not by ignoring SIGCHLD: those it starts would
    inherit that, and not hear of the ends of their own.)"""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    Watcher(Cluster(Path(sys.argv[1]))).run()
