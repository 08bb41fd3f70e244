"""Turns database URLs into DATABASES: `default` (auth), `friends0…`, `content0…`, one alias per server."""

import re
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

Databases = dict[str, dict[str, Any]]
Servers = dict[str, list[str]]

GROUPS = ("friends", "content")

CONNECT_SECONDS = 3  # a server that does not answer at all would hold up a request for minutes

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
    """URLs with commas between them. A URL may have commas of its own: a server with several hosts, of which libpq
    takes the one that leads (`postgres://app@db1:5432,db2:5432/content?target_session_attrs=read-write`)."""
    return [url.strip() for url in re.split(r",(?=\s*\w+://)", value) if url.strip()]


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
    options = {"connect_timeout": CONNECT_SECONDS, **config.get("OPTIONS", {})}
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
