"""nginx, one server process and Redis, all on one core; wrk on another asks for members' first pages, or for a static
file of the same size."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from config.app_sets import APP_SETS
from config.proxy import Proxy, render
from feeds import proxy_front
from script.benches.parts import Server
from script.topology.site import LUA_MODULES
from tests.parts.process import PartError, find_binary, free_port

CORE, OTHER_CORE = 0, 1
CONNECTIONS = 32

# As in production, but for one worker: all that is measured shares a core.
NGINX = """
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/nginx.log crit;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  keepalive_requests 100000000;
  upstream app {{ server unix:{socket}; keepalive 64; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {home}/static;
    sendfile on;
    location = /file {{ }}
    location / {{
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }}
  }}
}}
"""

# Each request carries the cookie of the next member.
ASK = """
local cookies = {}
for line in io.lines("%s") do cookies[#cookies + 1] = line end
local n = 0
request = function()
  n = n %% #cookies + 1
  return wrk.format("GET", "/feed/", {["Cookie"] = cookies[n], ["Accept-Encoding"] = "gzip", ["Host"] = "localhost"})
end
"""


def on_core(core: int | None, command: Sequence[object]) -> list[object]:
    return list(command) if core is None else ["taskset", "-c", core, *command]


@contextmanager
def nginx_and_web(home: Path, *, processes: int = 1, threads: int = 1, core: int | None = CORE) -> Iterator[int]:
    """The port of an nginx before granian processes, all on one core, or on all of them."""
    for name in ("nginx", "wrk", "taskset"):
        if not find_binary(name):
            raise PartError(f"{name} is missing: apt-get install lua-nginx-redis wrk util-linux")
    socket, port = home / "web.sock", free_port()
    (home / "static").mkdir(exist_ok=True)
    home.joinpath("nginx.conf").write_text(NGINX.format(home=home, socket=socket, port=port))
    options = ["--interface", "wsgi", "--no-ws", "--workers", processes, "--uds", socket]
    options += ["--blocking-threads", threads]
    options += ["--uds-permissions", 0o666]  # which granian reads as a decimal number
    command = [sys.executable, "-m", "granian", *options, "--backlog", 4096, "--log-level", "warning"]
    env = {**os.environ, "TRUSTED_PROXIES": "127.0.0.1"}
    web = Server(on_core(core, [*command, "config.wsgi:application"]), log=home / "web.log", env=env)
    web.wait_until(socket.exists, seconds=60)
    foreground = ["-p", home, "-c", home / "nginx.conf", "-g", "daemon off;"]
    nginx = Server(on_core(core, [find_binary("nginx"), *foreground]), log=home / "nginx.out")
    try:
        nginx.wait_until(lambda: answers(port), seconds=60)
        yield port
    finally:
        nginx.stop()
        web.stop()


@contextmanager
def front_door(home: Path) -> Iterator[int]:
    """The port of another nginx before the same processes, on the same core: with the site's own configuration, in
    which stored pages go out without them."""
    port, directory = free_port(), home / "front-door"
    (directory / "cache").mkdir(parents=True)
    proxy = Proxy(
        upstreams={name: [f"unix:{home / 'web.sock'}"] for name in APP_SETS},
        listens=[f"127.0.0.1:{port} backlog=4096"],
        static=str(home / "static"),
        run=str(directory),
        cache=str(directory / "cache"),
        inside=f"127.0.0.1:{free_port()}",
        feeds=os.environ["FEEDS_URL"],
        modules=[str(module) for module in LUA_MODULES],
        user="root" if os.geteuid() == 0 else "",
        worker_processes="1",
        worker_connections=4096,
    )
    (directory / "nginx.conf").write_text(render(proxy))
    command = [find_binary("nginx"), "-e", "stderr", "-c", directory / "nginx.conf", "-g", "daemon off;"]
    nginx = Server(on_core(CORE, command), log=directory / "nginx.out")
    try:
        nginx.wait_until(lambda: answers(port), seconds=60)
        time.sleep(2 * proxy_front.WRITE_SECONDS)  # until it has heard what it has to know
        yield port
    finally:
        nginx.stop()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def redis_process() -> psutil.Process:
    """The one of this benchmark. It calls itself by its address."""
    address = urlsplit(os.environ["FEEDS_URL"]).netloc
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "redis-server" and address in " ".join(process.info["cmdline"] or []):
            return process
    raise RuntimeError(f"no Redis is running at {address}")


def pin_redis() -> None:
    """Redis, with all its threads, onto the core of those that ask it."""
    process = redis_process()
    for thread in process.threads():
        os.sched_setaffinity(thread.id, [CORE])
    process.cpu_affinity([CORE])


def pages_a_second(port: int, cookies: Sequence[str], home: Path, seconds: int) -> float:
    file = home / "cookies"
    file.write_text("\n".join(cookies) + "\n")
    script = home / "ask.lua"
    script.write_text(ASK % file)
    return _wrk(["-s", script, f"http://127.0.0.1:{port}/feed/"], seconds)


def files_a_second(port: int, size: int, home: Path, seconds: int) -> float:
    (home / "static" / "file").write_bytes(os.urandom(size))
    home.joinpath("static").chmod(0o755)
    return _wrk([f"http://127.0.0.1:{port}/file"], seconds)


def _wrk(arguments: Sequence[object], seconds: int) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *arguments]
    done = subprocess.run(
        [str(word) for word in on_core(OTHER_CORE, command)], capture_output=True, text=True, timeout=seconds + 30
    )
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
    return float(found[1])


def make_home() -> Path:
    home = Path(os.environ["DATA_DIR"]) / "front"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o755)
    return home
