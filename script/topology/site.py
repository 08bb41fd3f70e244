"""What the application's processes are told, and what must be done before they start."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from config.databases import GROUPS
from script.topology.databases import servers_of
from script.topology.object_store import BUCKET
from script.topology.plan import Plan
from script.topology.state import State
from tests.parts.process import ROOT, PartError

MODULES = Path("/usr/lib/nginx/modules")
PURGE_MODULE = MODULES / "ngx_http_cache_purge_module.so"
LUA_MODULES = (MODULES / "ndk_http_module.so", MODULES / "ngx_http_lua_module.so")
NGINX_USER = "www-data"


def environment(plan: Plan, state: State) -> dict[str, str]:
    """The site's variables (README). URLs name both nodes of a server: for writes the one that takes them is connected
    to, for reads rather the other, so a promotion needs no restart."""
    urls: dict[str, str] = {}
    replicas: dict[str, str] = {}
    for server, leader, follower in servers_of(state):
        ports = [plan.ports[name] for name in (leader, follower)]
        login = f"app:{plan.secrets['postgres']}"
        hosts = [f"127.0.0.1:{port}" for port in ports]
        urls[server] = f"postgres://{login}@{','.join(hosts)}/{server}?target_session_attrs=read-write"
        hosts.reverse()
        replicas[server] = f"postgres://{login}@{','.join(hosts)}/{server}?target_session_attrs=prefer-standby"
    store = f"{plan.secrets['store_access']}:{plan.secrets['store_secret']}@127.0.0.1:{plan.ports['store']}"
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ", "EMAIL_URL") if name in os.environ}
    return {
        **inherited,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(plan.data),
        "SECRET_KEY": plan.secrets["site"],
        "SITE_URL": plan.url,
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": urls["auth"],
        "DATABASE_REPLICA_URLS": replicas["auth"],
        **{f"{group.upper()}_DATABASE_URLS": of_group(urls, group) for group in GROUPS},
        **{f"{group.upper()}_DATABASE_REPLICA_URLS": of_group(replicas, group) for group in GROUPS},
        **{f"{role.upper()}_URL": plan.redis_url(role) for role in ("cache", "feeds", "broker")},
        "STORAGE_URL": f"s3://{store}/{BUCKET}",
        "PROXY_SENDS_PHOTOS": "1",
        "PROXY_PURGE_URLS": f"http://127.0.0.1:{plan.ports['inside']}" if PURGE_MODULE.exists() else "",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }


def of_group(urls: dict[str, str], group: str) -> str:
    return ",".join(url for server, url in urls.items() if server.startswith(group))


def write_environment(plan: Plan, env: dict[str, str]) -> None:
    """For manage.py beside the cluster: `set -a; . var/cluster/environment`."""
    path = plan.data / "environment"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in env.items() if name != "PATH"))


def manage(env: dict[str, str], *arguments: str, show: bool = False) -> str:
    """Runs a management command and returns what it printed. Raises PartError with its last lines."""
    command = [sys.executable, "manage.py", *arguments]
    output = None if show else subprocess.PIPE
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=output, stderr=output and subprocess.STDOUT, text=True)
    if done.returncode:
        raise PartError(f"manage.py {arguments[0]} failed:\n{(done.stdout or '')[-2000:]}")
    return done.stdout or ""
