"""The real topology, in a throwaway directory, for a benchmark: brought up, and looked at while it works."""

import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from script.benches.parts import row
from script.topology import site
from script.topology.__main__ import GOING
from script.topology.bringing_up import BringingUp, make_cluster
from script.topology.databases import Databases, servers_of
from script.topology.state import Cluster, Running
from tests.parts.process import free_port, guardian

LABELS = {"proxy": "nginx", "redis": "Redis", "beat": "Celery", "store": "object store", "watcher": "watcher"}
LOOK_EVERY = 0.05  # seconds between two looks at what is on its way
GATEWAY_LOG = "ceph/client.rgw.a.log"


@contextmanager
def running() -> Iterator[None]:
    """This process's environment is the site's, and Django is loaded."""
    import django

    directory = Path(tempfile.mkdtemp(prefix="pv-", dir="/tmp"))
    guardian().remove_at_end(directory)
    cluster = make_cluster(directory, free_port())
    try:
        BringingUp(cluster, print).run(demo=False)
        for part in cluster.read().parts.values():
            guardian().watch(part.pid)
        os.environ.update(site.environment(cluster.plan(), cluster.read()))
        django.setup()
        yield
    finally:
        for kinds in (*GOING, ("store",)):
            cluster.stop(cluster.read().of_kind(*kinds), patience=None if kinds == ("watcher",) else 0)


def the_cluster() -> Cluster:
    return Cluster(Path(os.environ["DATA_DIR"]))


@dataclass
class Reading:
    """What was used since the start, or between two readings: seconds of a core by part, transactions by part."""

    cpu: Counter[str]
    transactions: Counter[str]
    caches: Counter[tuple[str, str]]
    store_gets: int

    def __sub__(self, other: "Reading") -> "Reading":
        return Reading(
            self.cpu - other.cpu,
            self.transactions - other.transactions,
            self.caches - other.caches,
            self.store_gets - other.store_gets,
        )


def read(cluster: Cluster) -> Reading:
    from photoapp import cache_stats

    return Reading(cpu_seconds(cluster), transactions(cluster), cache_stats.totals(), store_gets(cluster))


def label(part: Running, leaders: set[str]) -> str:
    if part.kind == "web":
        return f"web: {part.name.split('-')[1]}"
    if part.kind == "postgres":
        return "PostgreSQL" if part.name in leaders else "PostgreSQL's followers"
    if part.kind == "worker":
        return "Celery, photos" if part.name == "worker-photos" else "Celery"
    return LABELS[part.kind]


def processes(cluster: Cluster) -> Iterator[tuple[str, psutil.Process]]:
    """Of the cluster, and of the load: the children of this process."""
    state = cluster.read()
    leaders = {leader for _, leader, _ in servers_of(state)}
    roots = [(label(part, leaders), part.pid) for part in state.parts.values()]
    known = {pid for _, pid in roots}
    own = [child.pid for child in psutil.Process().children() if child.pid not in known]
    for name, pid in [*roots, *(("load", pid) for pid in own)]:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            yield name, root
            yield from ((name, child) for child in own_children(root, known))


def own_children(root: psutil.Process, parts: Container[int]) -> list[psutil.Process]:
    """Descendants, but for those that are parts themselves: of the watcher's, those that it has revived."""
    children = root.children(recursive=True)
    revived = [child for child in children if child.pid in parts]
    others = {process.pid for child in revived for process in (child, *child.children(recursive=True))}
    return [child for child in children if child.pid not in others]


@contextmanager
def apart(cluster: Cluster) -> Iterator[None]:
    """The site works on one half of the cores, and what asks it on the other: what the load takes, it does not take
    from the site. Without a second core nothing changes."""
    everywhere = os.sched_getaffinity(0)
    first = set(sorted(everywhere)[: len(everywhere) // 2]) or everywhere
    keep_to(cluster, first)
    os.sched_setaffinity(0, (everywhere - first) or everywhere)  # children that begin now stay there, too
    try:
        yield
    finally:
        os.sched_setaffinity(0, everywhere)
        keep_to(cluster, everywhere)


def keep_to(cluster: Cluster, cores: set[int]) -> None:
    """All threads of the cluster's processes; those that begin later follow those that begin them."""
    for name, process in processes(cluster):
        with suppress(psutil.NoSuchProcess):
            for thread in process.threads() if name != "load" else []:
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread.id, cores)


def cpu_seconds(cluster: Cluster) -> Counter[str]:
    """With children that have ended; user and system time."""
    found: Counter[str] = Counter()
    for name, process in processes(cluster):
        with suppress(psutil.NoSuchProcess):
            found[name] += sum(process.cpu_times()[:4])
    return found


def memory(cluster: Cluster) -> Counter[str]:
    """Bytes; what processes share is counted once."""
    found: Counter[str] = Counter()
    for name, process in processes(cluster):
        with suppress(psutil.NoSuchProcess):
            found[name] += process.memory_full_info().pss
    return found


def transactions(cluster: Cluster) -> Counter[str]:
    databases, found = Databases(cluster, cluster.plan()), Counter[str]()
    for _, *nodes in servers_of(cluster.read()):
        for name, node in zip(("leaders", "followers"), nodes, strict=True):
            with databases.connect(node) as connection:
                count = connection.execute("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database").fetchone()
            found[name] += int(count[0]) if count else 0
    return found


def store_gets(cluster: Cluster) -> int:
    """Objects that the object store was asked for, by its own log."""
    log = cluster.data / GATEWAY_LOG
    return log.read_bytes().count(b'"GET /photos/') if log.exists() else 0


def wait_for_quiet(seconds: float) -> None:
    """Until nothing is left in the outboxes, or so long."""
    from photoapp.models import OUTBOXES
    from photoapp.shards import servers

    everything = [(group, alias) for group in OUTBOXES for alias in servers(group)]
    end = time.monotonic() + seconds
    while any(OUTBOXES[group].objects.using(alias).exists() for group, alias in everything):
        if time.monotonic() > end:
            return
        time.sleep(1)


class FanOuts:
    """How long posts are on their way to feeds while this is entered: a row of the outbox exists from the moment in
    which the post appears until the last feed of its chunk has it, and its id says when it was made."""

    def __init__(self) -> None:
        self.born: dict[int, datetime] = {}  # by post
        self.took: dict[int, float] = {}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self) -> "FanOuts":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        self.thread.join()

    def _look(self) -> None:
        from django.db import connections

        while not self.stopping.wait(LOOK_EVERY):
            now, there = datetime.now(UTC), self._waiting()
            for post_id, born in there.items():
                self.born.setdefault(post_id, born)
                self.took[post_id] = (now - self.born[post_id]).total_seconds() + LOOK_EVERY
        connections.close_all()

    def _waiting(self) -> dict[int, datetime]:
        from photoapp.ids import time_of
        from photoapp.models import OUTBOXES
        from photoapp.shards import CONTENT, servers

        rows = [
            one
            for alias in servers(CONTENT)
            for one in OUTBOXES[CONTENT].objects.using(alias).filter(handler__startswith="feeds.fan_out")
        ]
        return {one.payload["post_id"]: time_of(one.id) for one in sorted(rows, key=lambda one: -one.id)}

    def rows(self, name: str) -> list[dict[str, Any]]:
        took = sorted(self.took.values())
        if not took:
            return []
        return [
            row(f"{name}: uploads fanned out that were seen on their way", [len(took)], "", digits=0),
            row(f"{name}: … from appearing to the last feed, p50", [1000 * took[len(took) // 2]], "ms"),
            row(f"{name}: … p99", [1000 * took[int(len(took) * 0.99)]], "ms", at_most=2000),
        ]
