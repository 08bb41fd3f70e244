"""Fixtures: nginx as deploy/nginx has it, and Squid, in front of `live_site`."""

import os
import signal
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.app_sets import APP_SETS
from config.proxy import Proxy, render
from script.topology.site import LUA_MODULES, PURGE_MODULE
from tests.parts.process import Server, find_binary, free_port, own_directory, port_answers
from tests.parts.sites import LiveSite

SQUID = """\
http_port 127.0.0.1:{port} accel defaultsite=localhost no-vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query originserver name=site login=PASSTHRU
cache_peer_access site allow all
http_access allow all
cache_mem 32 MB
cache_dir null /tmp
pid_filename none
cache_log {home}/cache.log
access_log none
coredump_dir {home}
shutdown_lifetime 0 seconds
visible_hostname localhost
"""


@dataclass
class RunningProxy:
    url: str
    inside: str = ""
    directory: Path = Path()

    @property
    def log(self) -> Path:
        return self.directory / "nginx.log"

    def reload(self) -> None:
        """As after a change of the configuration: other workers."""
        os.kill(int((self.directory / "nginx.pid").read_text()), signal.SIGHUP)


def start_nginx(directory: Path, upstreams: dict[str, list[str]], **values: object) -> tuple[Server, RunningProxy]:
    """With one worker, on free ports, as the one who runs the tests."""
    port, inside = free_port(), free_port()
    directory.chmod(0o755)
    (directory / "cache").mkdir()
    own = {"listens": [f"127.0.0.1:{port}"], "static": str(directory), "run": str(directory)}
    own |= {"cache": str(directory / "cache"), "inside": f"127.0.0.1:{inside}", "worker_processes": "1"}
    own |= {"modules": [str(module) for module in (PURGE_MODULE, *LUA_MODULES) if module.exists()]}
    own |= {"purges": PURGE_MODULE.exists()}
    own |= {"worker_connections": 512, "user": "root" if os.geteuid() == 0 else ""}
    (directory / "nginx.conf").write_text(render(Proxy(upstreams=upstreams, **{**own, **values})))  # type: ignore[arg-type]
    command = [find_binary("nginx"), "-e", "stderr", "-c", directory / "nginx.conf", "-g", "daemon off;"]
    server = Server(command, log=directory / "nginx.log")
    server.wait_until(lambda: port_answers(port))
    return server, RunningProxy(f"http://localhost:{port}", f"http://127.0.0.1:{inside}", directory)


@pytest.fixture
def nginx(live_site: LiveSite, tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningProxy, None, None]:
    """In front of a process that knows of it: photos go from the object store through it, where there is one."""
    parts = urlsplit(os.environ["STORAGE_URL"])
    store = parts.netloc.rpartition("@")[2] if parts.scheme == "s3" else ""
    live_site.process.restart(TRUSTED_PROXIES="127.0.0.1", PROXY_SENDS_PHOTOS="1" if store else "")
    origin = f"127.0.0.1:{urlsplit(live_site).port}"
    directory = tmp_path_factory.mktemp("nginx")
    server, proxy = start_nginx(directory, {name: [origin] for name in APP_SETS}, store=store)
    yield proxy
    server.stop()


@pytest.fixture
def squid(live_site: LiveSite, tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningProxy, None, None]:
    binary = find_binary("squid")
    if binary is None:
        pytest.skip("needs the real squid")
    home, port = own_directory(tmp_path_factory.mktemp("squid")), free_port()
    (home / "squid.conf").write_text(SQUID.format(port=port, origin=urlsplit(live_site).port, home=home))
    server = Server([binary, "-N", "-f", home / "squid.conf"], log=home / "log")
    server.wait_until(lambda: port_answers(port))
    yield RunningProxy(f"http://localhost:{port}")
    server.stop()
