"""Brings up what is missing, in order, and as much of it at once as two cores bear."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from script.topology import proxy, scaling, site, web
from script.topology.databases import Databases
from script.topology.object_store import ObjectStore
from script.topology.plan import NODES, REDIS, SERVERS, Part, Plan
from script.topology.state import Cluster, State, wait_for, wait_until
from tests.parts.process import PartError, port_answers, unprivileged_user


class BringingUp:
    def __init__(self, cluster: Cluster, say: Callable[[str], None]) -> None:
        self.cluster, self.say = cluster, say
        self.plan = cluster.plan()
        self.databases = Databases(cluster, self.plan)
        self.store = ObjectStore(cluster, self.plan)
        self.env = site.environment(self.plan, cluster.read())
        self.proxy_changes = False

    def run(self, *, demo: bool) -> None:
        site.write_environment(self.plan, self.env)
        with self.cluster.change() as state:
            for part in state.parts.values():
                part.in_hand = False  # of a command that was broken off
        with ThreadPoolExecutor(12) as pool:
            store = pool.submit(self.store.ensure)
            redis = [pool.submit(self._redis, role) for role in REDIS]
            static = pool.submit(self._prepare_files)
            leaders = [pool.submit(self.databases.ensure_leader, server, self.cluster.read()) for server in SERVERS]
            results(*leaders)
            followers = [pool.submit(self.databases.ensure_follower, server, self.cluster.read()) for server in SERVERS]
            site.manage(self.env, "migrate_all")
            results(*redis, static)
            processes = [pool.submit(self._web, name) for name in self.plan.web_names()]
            processes += [pool.submit(self._worker, part) for part in self.plan.workers()]
            results(*followers, *processes, store)
        self._proxy()
        scaling.end_surplus(self.cluster, self.plan, self.say)
        self._watcher()
        if demo:
            self.say("Painting the demo, which takes about a minute")
            site.manage(self.env, "demo", show=True)

    def _web(self, name: str) -> None:
        if not self.cluster.read().is_running(f"web-{name}"):
            web.replace(self.cluster, self.plan, self.env, name)

    def _redis(self, role: str) -> None:
        part = self.plan.redis(role)
        if not self.cluster.read().is_running(part.name):
            running = self.cluster.start(part)
            if role == "broker":
                wait_for(running, lambda: port_answers(self.plan.ports["broker"]))
            else:
                wait_for(running, self.plan.socket(f"redis-{role}").exists)

    def _prepare_files(self) -> None:
        site.manage(self.env, "collectstatic", "--noinput", "--verbosity", "0")
        self.proxy_changes = proxy.write(self.plan, self.env)

    def _worker(self, part: Part) -> None:
        if not self.cluster.read().is_running(part.name):
            self.cluster.start(part, self.env)

    def _proxy(self) -> None:
        part = self.plan.proxy()
        if not self.cluster.read().is_running(part.name):
            running = proxy.start(self.cluster, self.plan)
            wait_for(running, lambda: port_answers(self.plan.port) and web.status_of(self.plan, "/healthz") == 200)
        elif self.proxy_changes:
            proxy.reload(self.cluster, self.plan)

    def _watcher(self) -> None:
        part = self.plan.watcher()
        if not self.cluster.read().is_running(part.name):
            self.cluster.start(part)
        if not wait_until(lambda: not self.cluster.read().alarms, 30):
            raise PartError(f"not in step: the followers of {', '.join(sorted(self.cluster.read().alarms))}")


def results(*futures: Future[None]) -> None:
    """Raises the first error; the others are waited for by the pool."""
    for future in futures:
        future.result()


def make_cluster(data: Path, port: int) -> Cluster:
    """The data directory with its state, as it was or new."""
    data.mkdir(parents=True, exist_ok=True)
    if not Cluster(data).exists and any(data.iterdir()):
        raise PartError(f"{data} is not empty, and `down` would remove it; name another with --data")
    data.chmod(0o755)  # servers that run as another user look inside
    for name in ("run", "log", "postgres", "proxy-cache"):
        (data / name).mkdir(exist_ok=True)
    if os.geteuid() == 0:  # sockets are of the group of nginx' workers, which read stored pages in Redis
        shutil.chown(data / "run", group=site.NGINX_USER)
        (data / "run").chmod(0o2755)
    cluster = Cluster(data)
    if cluster.exists:
        with cluster.change() as state:
            state.port = port
    else:
        drawn = {name: secrets.token_hex(16) for name in ("postgres", "store_access", "store_secret")}
        drawn["site"] = secrets.token_urlsafe(50)
        leaders, alarms = dict.fromkeys(SERVERS, NODES[0]), dict.fromkeys(SERVERS, time.time())
        cluster.write(State(port, free_ports(Plan.port_names()), drawn, leaders=leaders, alarms=alarms))
    cluster.plan().check()
    user = unprivileged_user()
    if user and subprocess.run(["test", "-x", data], user=user, cwd="/").returncode:
        raise PartError(f"{user}, as whom servers run here, cannot reach {data}; name another directory with --data")
    return cluster


def free_ports(names: list[str]) -> dict[str, int]:
    """All different: each is held until the last is drawn."""
    with ExitStack() as held:
        probes = {name: held.enter_context(socket.socket()) for name in names}
        for probe in probes.values():
            probe.bind(("127.0.0.1", 0))
        return {name: int(probe.getsockname()[1]) for name, probe in probes.items()}
