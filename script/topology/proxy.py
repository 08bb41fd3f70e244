"""nginx: its configuration, its start, and its change to another configuration while it serves."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from script.topology.plan import Plan, open_files
from script.topology.site import LUA_MODULES, NGINX_USER, PURGE_MODULE, manage
from script.topology.state import Cluster, Running, wait_until
from tests.parts.process import PartError

RELOAD_SECONDS = 20
CONNECTIONS = 76_000  # of all workers together: a visitor's, and another one where a process is asked
FINISH_SECONDS = 60  # what was begun under the configuration before


def workers_on(cores: int) -> int:
    """One for each core. More only where one may not have as many files open: each has code and caches of its own."""
    return max(cores, -(-CONNECTIONS // open_files(CONNECTIONS // cores)))


def write(plan: Plan, env: dict[str, str]) -> bool:
    """Renders the configuration; the command that does it is the one for several machines. Whether it is another."""
    sets: dict[str, list[str]] = {}
    for name in plan.web_names():
        sets.setdefault(name.rpartition("-")[0], []).append(f"unix:{plan.socket(name)}")
    listens = [f"127.0.0.1:{plan.port} reuseport backlog=16384", f"[::1]:{plan.port} reuseport backlog=16384"]
    workers = workers_on(os.cpu_count() or 1)
    values: dict[str, object] = {
        "listens": listens if Path("/proc/net/if_inet6").exists() else listens[:1],
        "static": str(plan.data / "static"),
        "run": str(plan.run),
        "cache": str(plan.data / "proxy-cache"),
        "store": f"127.0.0.1:{plan.ports['store']}",
        "inside": f"127.0.0.1:{plan.ports['inside']}",
        "modules": [str(module) for module in (PURGE_MODULE, *LUA_MODULES) if module.exists()],
        "purges": PURGE_MODULE.exists(),
        "feeds": plan.redis_url("feeds") if all(module.exists() for module in LUA_MODULES) else "",
        "user": NGINX_USER if os.geteuid() == 0 else "",
        "worker_processes": str(workers),
        "worker_connections": CONNECTIONS // workers,
    }
    lines = [f"{name} = {toml(value)}" for name, value in values.items()]
    lines += ["[upstreams]", *(f"{name} = {toml(servers)}" for name, servers in sets.items())]
    machines = plan.data / "machines.toml"
    machines.write_text("\n".join(lines) + "\n")
    rendered, file = manage(env, "nginx", str(machines)), plan.data / "nginx.conf"
    is_another = not file.exists() or file.read_text() != rendered
    file.write_text(rendered)
    return is_another


def toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return str(value).lower() if isinstance(value, bool | int) else '"' + str(value).replace('"', '\\"') + '"'


def start(cluster: Cluster, plan: Plan) -> Running:
    (plan.run / "files.sock").unlink(missing_ok=True)  # a proxy that is killed leaves it
    return cluster.start(plan.proxy())


def reload(cluster: Cluster, plan: Plan) -> None:
    """Has nginx take its configuration, and returns when all that was begun under the one before is finished (or has
    lasted for a minute). Where it does not run, whoever starts it next does the same. Raises PartError for a
    configuration that it refuses; it goes on with the one before then."""
    running = cluster.read().parts.get(plan.proxy().name)
    if running is None or not running.alive:
        return
    tried = subprocess.run([*plan.proxy().command[:5], "-t"], capture_output=True, text=True)
    if tried.returncode:
        raise PartError(f"nginx refuses its configuration:\n{tried.stderr[-1000:]}")
    before = children_of(running.pid)
    os.kill(running.pid, signal.SIGHUP)
    if not wait_until(lambda: children_of(running.pid) - before, RELOAD_SECONDS):
        raise PartError(f"nginx did not take its configuration; its log is {running.log}")
    wait_until(lambda: not children_of(running.pid) & before, FINISH_SECONDS)


def children_of(pid: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.add(int(stat.parent.name))
    return found
