"""Web processes: started, asked how they are, replaced."""

import http.client
import socket
from pathlib import Path

from script.topology.plan import Plan
from script.topology.state import Cluster, Running, wait_for, wait_until
from tests.parts.process import PartError

START_SECONDS = 60
ACCEPT_SECONDS = 20


def replace(cluster: Cluster, plan: Plan, env: dict[str, str], name: str) -> None:
    """Starts a process, and has nginx' socket lead to it once it answers and has its connections; the one before still
    serves what it has."""
    before = cluster.read().parts.get(f"web-{name}")
    generation = (before.generation if before else 0) + 1
    part = plan.web(name, generation)
    path = plan.socket(f"{name}.{generation}")
    path.unlink(missing_ok=True)
    running = cluster.start(part, env, generation=generation, in_hand=True)
    try:
        wait_for(running, lambda: answers(path), START_SECONDS)
    except PartError:
        cluster.stop([running], patience=0)
        if before:  # it still serves, or the watcher tries again
            cluster.note(before)
        raise
    ask(OverSocket(path, START_SECONDS), "/readyz")  # it connects to all it needs, and serves without what is away, too
    path.chmod(0o666)  # nginx' workers run as another user
    link = plan.run / f"{name}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(path.name)
    link.replace(plan.socket(name))  # at once: a connection is made to the one before, or to this one
    running.in_hand = False
    cluster.note(running)


def retire(cluster: Cluster, plan: Plan, name: str, before: Running) -> None:
    """Ends a process that nginx' socket leads to no more (or nginx does not know any more), without cutting off what
    was sent to it. A process takes connections in their order: once it has answered one of ours, it has taken all that
    came before, and what it has taken it finishes."""
    path = plan.socket(f"{name}.{before.generation}")
    wait_until(lambda: answers(path) or not before.alive, ACCEPT_SECONDS)
    cluster.stop([before])
    path.unlink(missing_ok=True)


class OverSocket(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float = 3) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """Status and body; (0, reason) when there is no answer."""
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error).encode()
    finally:
        connection.close()


def answers(path: Path) -> bool:
    return path.exists() and ask(OverSocket(path), "/healthz")[0] == 200


def status_of(plan: Plan, path: str) -> int:
    """Through the proxy."""
    return ask(http.client.HTTPConnection("127.0.0.1", plan.port, timeout=5), path)[0]
