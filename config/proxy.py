"""Renders deploy/nginx/photoapp.conf: the addresses come from the operator, the paths from the code (config/routes.py).

[upstreams]                       # a group of servers for each app set; sets may share servers
feed = ["10.0.0.11:8001", "10.0.0.12:8001"]
…
"""

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Engine
from redis.connection import parse_url

from config.app_sets import APP_SETS
from config.routes import DEFAULT_SET, Route, routes
from photoapp.storage import STORE_PREFIX

MOST_WAITING = 400  # requests, for each process; others are refused
MANY_WAITING = 20  # for pages: others then get one that is stored (deploy/nginx/front_door.lua)
TEMPLATE = Path(__file__).resolve().parent.parent / "deploy" / "nginx" / "photoapp.conf"
FRONT_DOOR = TEMPLATE.with_name("front_door.lua")


@dataclass(frozen=True)
class Proxy:
    """What a proxy needs to know of its machines. Servers are `host:port` or `unix:/path`, as nginx writes them."""

    upstreams: Mapping[str, Sequence[str]]
    listens: Sequence[str]  # "80", "443 ssl", "127.0.0.1:8080 reuseport"
    static: str  # what `collectstatic` collected
    run: str = "/run/photoapp-nginx"  # sockets, the process id, bodies on their way
    cache: str = "/var/cache/photoapp-nginx"
    store: str = ""  # host:port of the object store; "" when photos are on disk and processes send them
    inside: str = "127.0.0.1:8081"  # where PROXY_PURGE_URLS go
    insiders: Sequence[str] = ("127.0.0.1",)
    purges: bool = False  # whether `modules` has that which drops single answers
    feeds: str = ""  # URL of the Redis of the feeds: stored pages go out without a process (needs the modules of Lua)
    resolver: str = ""  # address of a name server, where `feeds` has a name instead of an address
    modules: Sequence[str] = ()
    files_size: str = "2g"  # of photos, on disk
    user: str = "www-data"
    worker_processes: str = "auto"
    worker_connections: int = 19_000
    mime_types: str = "/etc/nginx/mime.types"
    certificate: str = ""
    certificate_key: str = ""

    def __post_init__(self) -> None:
        missing = [name for name in APP_SETS if not self.upstreams.get(name)]
        unknown = sorted(set(self.upstreams) - set(APP_SETS))
        if missing or unknown:
            raise ImproperlyConfigured(f"upstreams: without servers: {missing}; no app sets: {unknown}")

    @classmethod
    def read(cls, path: Path) -> "Proxy":
        values = tomllib.loads(path.read_text())
        unknown = sorted(set(values) - {one.name for one in fields(cls)})
        if unknown:
            raise ImproperlyConfigured(f"{path}: {', '.join(unknown)} is nothing that the proxy needs to know")
        try:
            return cls(**values)
        except TypeError as error:
            raise ImproperlyConfigured(f"{path}: {error}") from error


@dataclass(frozen=True)
class Key:
    """A line of nginx' map."""

    key: str
    app_set: str
    kept: str = field(default="")

    @classmethod
    def of(cls, route: Route) -> "Key":
        return cls(f'"~{route.path}"' if route.is_pattern else f'"{route.path}"', route.app_set, route.kept)


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(host))
    return False


def _address(url: str, resolver: str) -> dict[str, Any]:
    """Of a Redis, for the front door. Raises ImproperlyConfigured."""
    try:
        found = parse_url(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"feeds: {error}") from error
    password = found.get("password", "")
    if url.startswith("rediss:") or "username" in found or set(password) & set('"\\'):
        raise ImproperlyConfigured("feeds: redis:// or unix://, with no name and no quotes in the password")
    if not resolver and "path" not in found and not _is_address(found["host"]):
        raise ImproperlyConfigured(f"feeds: nginx finds {found['host']} by a name server alone; say which (resolver)")
    address = {"path": "", "host": "", "port": 6379, "db": 0, "password": ""}
    return {name: found.get(name, value) for name, value in address.items()}


def _patience_with(server: str) -> str:
    """Behind so many requests that a process has not answered, another would wait too long to be answered at all
    (photoapp/overload.py): nginx refuses it, which costs a tenth of what the process would spend on refusing."""
    fails = "max_fails=0" if server.startswith("unix:") else "max_fails=2 fail_timeout=2s"
    return f"{server} max_conns={MOST_WAITING} {fails}"


def render(proxy: Proxy) -> str:
    context: dict[str, Any] = {one.name: getattr(proxy, one.name) for one in fields(proxy)}
    context |= {
        "sets": [{"name": name, "servers": list(map(_patience_with, proxy.upstreams[name]))} for name in APP_SETS],
        "default_set": DEFAULT_SET,
        "routes": [Key.of(route) for route in routes()],
        "languages": sorted((code for code, _ in settings.LANGUAGES), key=lambda code: code != settings.LANGUAGE_CODE),
        "language_cookie": settings.LANGUAGE_COOKIE_NAME,
        "store_prefix": STORE_PREFIX,
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "message_cookie": CookieStorage.cookie_name,
        "feeds": _address(proxy.feeds, proxy.resolver) if proxy.feeds else None,
        "front_door": FRONT_DOOR.read_text(),
        "many_waiting_for_page": MANY_WAITING * len(proxy.upstreams["feed"]),
    }
    return Engine().from_string(TEMPLATE.read_text()).render(Context(context, autoescape=False, use_l10n=False))
