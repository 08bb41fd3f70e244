"""Which parts the cluster has, where they listen and how they are started. Starts nothing."""

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.app_sets import APP_SETS
from search import scatter
from tests.parts.postgres import binary
from tests.parts.process import PartError, find_binary, unprivileged_user

# Databases: one for accounts, two servers for each sharded group. Each has a leader and a follower: nodes a and b.
SERVERS = ("auth", "friends0", "friends1", "content0", "content1")
NODES = ("a", "b")
REDIS = {"cache": "allkeys-lfu", "feeds": "allkeys-lfu", "broker": "noeviction"}
MEMORY = {"cache": "512mb", "feeds": "2gb", "broker": "512mb"}  # at most; of feeds about 12 KB a member
CLONES = {"feed": 2, "interaction": 2}  # at first; of other app sets there is one process
THREADS = {"upload": 4}  # a slow body holds a thread; elsewhere nginx has read it before
# How much Celery workers yield to who waits for a page (docs/operating.md): niceness of each queue's.
NICENESS = {"fanout": 5, "default": 10, "photos": 10, "search": 10, "feeds": 19}
# nginx and Redis answer very many in the time in which a process composes one page: were they to take turns with all
# processes on a busy machine, those whose pages are stored would wait as long as the others. (Only root may have that.)
FIRST = -10
WORKERS = {"photos": 2, "fanout": 1, "feeds": 1, "search": 1, "default": 2}  # Celery queues, and processes for each

MAX_CONNECTIONS = 120  # that each database server takes (Plan.connections_at_most)
OTHERS = 8  # of these: the watcher, `status`, two of the follower, manage.py and its threads, a superuser's
POSTGRES = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": str(MAX_CONNECTIONS),
    "shared_buffers": "48MB",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "wal_level": "logical",  # a shard may be moved
    "synchronous_commit": "on",
    "max_slot_wal_keep_size": "2GB",  # a follower that is gone for long is copied anew
    "wal_sender_timeout": "3s",
    "wal_receiver_timeout": "3s",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "500ms",
    "hot_standby_feedback": "on",
    "jit": "off",
}
LONGEST_SOCKET = 107  # bytes of a Unix socket's path


@dataclass(frozen=True)
class Part:
    """One process, with those that it starts."""

    name: str
    kind: str  # postgres, redis, store, web, worker, beat, proxy, watcher
    command: list[str]
    address: str = ""
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10  # seconds between asking it to stop and killing it
    settings: dict[str, str] | None = None  # beside the site's environment; None: it gets neither
    niceness: int = 0
    revived: bool = False  # the watcher starts it again


@dataclass(frozen=True)
class Plan:
    """`ports`: by name, those of every node, Redis' broker, the store and its monitor, the proxy and its inside.
    `clones`: how many processes an app set has, where `script/cluster scale` was asked for it."""

    data: Path
    port: int
    ports: dict[str, int]
    secrets: dict[str, str] = field(default_factory=dict)
    clones: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def port_names() -> list[str]:
        nodes = [node_name(server, node) for server in SERVERS for node in NODES]
        return [*nodes, "broker", "store", "monitor", "inside"]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "log"

    def check(self) -> None:
        """Raises PartError for what is missing, and for a directory that servers could not use."""
        wanted = {
            "redis-server": "redis-server",
            "nginx": "lua-nginx-redis",
            "radosgw": "radosgw",
            "ceph-mon": "ceph-mon",
        }
        wanted |= {"ceph-osd": "ceph-osd"}
        missing = [package for name, package in wanted.items() if not find_binary(name)]
        missing += [] if binary("postgres") and binary("pg_basebackup") else ["postgresql"]
        if missing:
            raise PartError(f"not installed: {', '.join(missing)}; apt-get install {' '.join(missing)}")
        longest = max(len(os.fsencode(str(self.socket(f"{name}-00.0000")))) for name in APP_SETS)
        if longest > LONGEST_SOCKET:
            raise PartError(f"{self.data} is too long a path for sockets; name a shorter one with --data")

    # --- Addresses

    def socket(self, name: str) -> Path:
        return self.run / f"{name}.sock"

    def redis_url(self, role: str) -> str:
        if role == "broker":  # Celery's URLs of sockets are of another form
            return f"redis://127.0.0.1:{self.ports['broker']}/0"
        return f"unix://{self.socket(f'redis-{role}')}?db=0"

    def web_names(self) -> list[str]:
        return [f"{app_set}-{number}" for app_set in APP_SETS for number in range(self.clones_of(app_set))]

    def clones_of(self, app_set: str) -> int:
        return self.clones.get(app_set, CLONES.get(app_set, 1))

    # --- Connections to each database server (docs/operating.md)

    def connections_at_most(self) -> int:
        """Of all web processes and workers together."""
        web = sum(self.clones_of(app_set) * connections_of(app_set) for app_set in APP_SETS)
        return web + 2 * sum(WORKERS.values())  # a worker's: its own, and the look at followers

    def check_connections(self) -> None:
        """Raises PartError when the processes could take more than a server gives, one being replaced."""
        most = self.connections_at_most() + max(map(connections_of, APP_SETS)) + OTHERS
        if most > MAX_CONNECTIONS:
            raise PartError(
                f"so many processes may want {most} connections to each database server, which take {MAX_CONNECTIONS} "
                "(MAX_CONNECTIONS in script/topology/plan.py)"
            )

    # --- Parts

    def node(self, server: str, node: str) -> Part:
        name = node_name(server, node)
        options = {**POSTGRES, "cluster_name": name}
        data = self.data / "postgres" / name / "data"
        command = [str(binary("postgres")), "-D", str(data), "-p", str(self.ports[name])]
        command += [f"--{key}={value}" for key, value in options.items()]
        address = f"127.0.0.1:{self.ports[name]}"
        return Part(name, "postgres", command, address, unprivileged_user(), signal.SIGINT)

    def redis(self, role: str) -> Part:
        """With the settings that photoapp/redis_roles.py asks for."""
        options = {"maxmemory": MEMORY[role], "maxmemory-policy": REDIS[role], "save": "", "appendonly": "no"}
        options |= {"dir": str(self.run), "maxclients": "4000"}
        if role == "broker":
            options |= {"port": str(self.ports["broker"]), "bind": "127.0.0.1"}
            address = f"127.0.0.1:{self.ports['broker']}"
        else:
            options |= {"port": "0", "unixsocket": str(self.socket(f"redis-{role}")), "unixsocketperm": "770"}
            options |= {"notify-keyspace-events": "Ee"}
            address = f"unix:{self.socket(f'redis-{role}')}"
        command = [str(find_binary("redis-server"))]
        command += [word for key, value in options.items() for word in (f"--{key}", value)]
        return Part(f"redis-{role}", "redis", command, address, niceness=FIRST, revived=True)

    def web(self, name: str, generation: int) -> Part:
        """A process of an app set. Its socket bears a number, so that the next one can start beside it; nginx knows a
        link that leads to the newest."""
        app_set = name.rpartition("-")[0]
        path = self.socket(f"{name}.{generation}")
        options = ["--interface", "wsgi", "--no-ws", "--uds", str(path), "--backlog", "4096", "--workers", "1"]
        options += ["--workers-kill-timeout", "20", "--respawn-failed-workers", "--no-access-log"]
        options += ["--log-level", "warning"]
        command = [sys.executable, "-m", "photoapp.serving", *options, "config.wsgi:application"]
        settings = {"APP_SETS": app_set, "GRANIAN_BLOCKING_THREADS": str(THREADS.get(app_set, 1))}
        return Part(f"web-{name}", "web", command, f"unix:{path}", patience=25, settings=settings, revived=True)

    def workers(self) -> Iterator[Part]:
        as_root = "ignore:You're running the worker"  # who starts everything as root knows
        celery = [sys.executable, "-W", as_root, "-m", "celery", "--quiet", "-A", "config"]
        for queue, processes in WORKERS.items():
            options = ["-Q", queue, "--concurrency", str(processes), "-n", f"{queue}@cluster", "--loglevel", "WARNING"]
            command = [*celery, "worker", *options, "--without-gossip", "--without-mingle"]
            niceness = NICENESS[queue]
            yield Part(
                f"worker-{queue}", "worker", command, queue, patience=25, settings={}, niceness=niceness, revived=True
            )
        schedule = str(self.data / "celerybeat-schedule")
        beat = [*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"]
        yield Part("beat", "beat", beat, settings={}, revived=True)

    def proxy(self) -> Part:
        command = [str(find_binary("nginx")), "-e", "stderr", "-c", str(self.data / "nginx.conf"), "-g", "daemon off;"]
        return Part("proxy", "proxy", command, f"127.0.0.1:{self.port}", niceness=FIRST, revived=True)

    def watcher(self) -> Part:
        return Part("watcher", "watcher", [sys.executable, "-m", "script.topology.watcher", str(self.data)])


def connections_of(app_set: str) -> int:
    """Of one process to one database server: one for each thread; one looks how far followers are; one delivers what
    Redis did not take (photoapp/outbox.py); a search asks all servers at once, from threads of its own."""
    return THREADS.get(app_set, 1) + 2 + (scatter.THREADS if app_set == "search" else 0)


def node_name(server: str, node: str) -> str:
    return f"{server}-{node}"


def open_files(wanted: int) -> int:
    """How many files a process may have open: so many, if that may be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        with contextlib.suppress(ValueError, OSError):  # only root may have more, and not in each container
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, wanted))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]
