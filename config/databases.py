"""Turns database URLs into DATABASES: `default` (auth), `friends0…`, `content0…`, one alias per server, and for read
replicas `default_replica0…`, `content0_replica0…`."""

import re
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

Databases = dict[str, dict[str, Any]]
Servers = dict[str, list[str]]

GROUPS = ("friends", "content")

CONNECT_SECONDS = 3  # a server that does not answer at all would hold up a request for minutes
REPLICA_CONNECT_SECONDS = 1  # its leader can answer as well

# Servers take two thirds of the time of a short query to plan it. What a connection asks often is planned once.
PREPARED = {"server_side_binding": True, "prepare_threshold": 5}

# IMMEDIATE takes the write lock at BEGIN, so that two writers queue instead of failing when they upgrade;
# WAL lets readers go on meanwhile.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;PRAGMA journal_size_limit=67108864"
    ),
}


def embedded_databases(folder: Path) -> tuple[Databases, Servers]:
    """SQLite files: one for auth, two servers' worth for each sharded group."""
    folder.mkdir(parents=True, exist_ok=True)
    servers = {group: [f"{group}{number}" for number in range(2)] for group in GROUPS}
    names = {"default": "auth", **{alias: alias for aliases in servers.values() for alias in aliases}}
    databases = {alias: sqlite(folder / f"{name}.sqlite3") for alias, name in names.items()}
    return databases, servers


def databases_from(env: environ.Env) -> tuple[Databases, Servers]:
    """Reads DATABASE_URL, FRIENDS_DATABASE_URLS and CONTENT_DATABASE_URLS (comma-separated leaders)."""
    databases = {"default": connection("DATABASE_URL", env.str("DATABASE_URL"))}
    servers: Servers = {}
    for group in GROUPS:
        name = f"{group.upper()}_DATABASE_URLS"
        urls = split(env.str(name, ""))
        if not urls:
            raise ImproperlyConfigured(f"{name} is not set; it lists the leaders of the {group} shards")
        servers[group] = [f"{group}{number}" for number in range(len(urls))]
        for alias, url in zip(servers[group], urls, strict=True):
            databases[alias] = connection(name, url)
    return databases, servers


def split(value: str) -> list[str]:
    """URLs with commas between them; "" for one that is left out. A URL may have commas of its own: a server with
    several hosts, of which libpq takes the one that leads
    (`postgres://app@db1:5432,db2:5432/content?target_session_attrs=read-write`)."""
    return [url.strip() for url in re.split(r",(?=\s*(?:\w+://|,|$))", value)] if value.strip() else []


def followers_from(env: environ.Env, databases: Databases, servers: Servers) -> Servers:
    """Reads the names with `_REPLICA_URLS` (a comma between servers, in the order of the leaders; `|` between the
    followers of one) and adds the followers to the databases. Returns {alias of a leader: [its followers', …]}."""
    found: Servers = {}
    for group, leaders in {"auth": ["default"], **servers}.items():
        prefix = "" if group == "auth" else f"{group.upper()}_"
        name = f"{prefix}DATABASE_REPLICA_URLS"
        if not (value := env.str(name, default="").strip()):
            continue
        by_leader = split(value)
        if len(by_leader) != len(leaders):
            raise ImproperlyConfigured(
                f"{name} has followers for {len(by_leader)} servers, and there are {len(leaders)}; put a comma between "
                "servers, | between the followers of one, nothing for a server without any"
            )
        for leader, urls in zip(leaders, by_leader, strict=True):
            for number, url in enumerate(url.strip() for url in urls.split("|") if url.strip()):
                alias = f"{leader}_replica{number}"
                databases[alias] = follower(name, url, leader, databases[leader])
                found.setdefault(leader, []).append(alias)
    return found


def follower(name: str, url: str, leader: str, leaders_config: dict[str, Any]) -> dict[str, Any]:
    """A follower of the leader with this alias. Tests that roll back see no row on a real follower: Django's own take
    the leader in its place (MIRROR)."""
    config = connection(name, url)
    if not all(one["ENGINE"] == "photoapp.postgresql" for one in (config, leaders_config)):
        raise ImproperlyConfigured(f"{name} has {url!r}; only PostgreSQL servers have followers")
    return {
        **config,
        "ENGINE": "photoapp.postgresql.follower",
        "OPTIONS": {**config["OPTIONS"], "connect_timeout": REPLICA_CONNECT_SECONDS},
        "LEADER": leader,
        "TEST": {"MIRROR": leader},
    }


def connection(name: str, url: str) -> dict[str, Any]:
    try:
        config = environ.Env.db_url_config(url)
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} has {url!r}, which is no database URL") from error
    engine = config.get("ENGINE", "")
    if engine.endswith("sqlite3"):
        return sqlite(Path(config["NAME"]))
    if "postgresql" not in engine:
        raise ImproperlyConfigured(f"{name} has {url!r}; it must be postgres://… or sqlite:///…")
    options = {"connect_timeout": CONNECT_SECONDS, **PREPARED, **config.get("OPTIONS", {})}
    return {
        **config,
        "ENGINE": "photoapp.postgresql",
        "OPTIONS": options,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": dict(SQLITE_OPTIONS),
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": str(path.with_name(f"test_{path.name}"))},  # a file: other processes must see it
    }
