"""Throwaway real parts for the benchmarks: PostgreSQL servers (one for auth; for each number of a shard server one that
holds both groups, as in small installations) and Redis."""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median
from typing import Any

from tests.parts.environment import Parts, collect_static
from tests.parts.postgres import FAST_AND_FRAGILE, Postgres, recreate_database
from tests.parts.process import ROOT, Server, free_port, guardian
from tests.parts.redis import Redis

__all__ = ["ROOT", "Server", "row", "site"]
# Of the benchmarks that need a site.
CONTENT_SERVERS = {"feed": 2, "fanout": 4, "growth": 4, "herd": 2, "pages": 2, "search": 4, "seed": 2}
FRIENDS_SERVERS = 2
LOAD_AT_START = os.getloadavg()[0]
# What is measured waits for its disk, as in production.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "256MB"}
DURABLE |= {"max_wal_size": "4GB", "autovacuum_naptime": "1min"}

nothing = nullcontext


class DurablePostgres(Postgres):
    options = FAST_AND_FRAGILE | DURABLE


@contextmanager
def site(content_servers: int) -> Iterator[None]:
    """Starts the parts, sets this process's environment to them, and has Django loaded and every server migrated."""
    directory = Path(tempfile.mkdtemp(prefix="photoapp-bench-"))
    directory.chmod(0o755)  # PostgreSQL runs as another user
    guardian().remove_at_end(directory)
    auth, *shards = (DurablePostgres(f"{n}", free_port(), directory) for n in range(1 + content_servers))
    redis = Redis(free_port(), directory)
    parts = Parts(directory, [auth.url], redis.url, to_start=[auth, *shards, redis])
    databases = {
        "DATABASE_URL": f"{auth.url}/auth",
        "FRIENDS_DATABASE_URLS": ",".join(f"{server.url}/friends" for server in shards[:FRIENDS_SERVERS]),
        "CONTENT_DATABASE_URLS": ",".join(f"{server.url}/content" for server in shards),
    }
    os.environ.update(parts.environment("main") | databases | {"TESTING": "0", "LOG_LEVEL": "WARNING"})
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda part: part.start(), parts.to_start))
        prepare()
        yield
    finally:
        parts.stop()


def prepare() -> None:
    make_databases()
    collect_static()


def make_databases() -> None:
    """Those that the environment names; has Django loaded."""
    import django
    from django.core.management import call_command

    for name in ("DATABASE_URL", "FRIENDS_DATABASE_URLS", "CONTENT_DATABASE_URLS"):
        for url in os.environ[name].split(","):
            recreate_database(url)
    django.setup()
    call_command("migrate_all", verbosity=0)


def row(
    measure: str,
    runs: list[float],
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    digits: int = 1,
) -> dict[str, Any]:
    """A row of the report; its value is the median of the runs."""
    value = round(median(runs), digits)
    goal, met = None, None
    if at_least is not None:
        goal, met = f"≥ {at_least:g}", value >= at_least
    if at_most is not None:
        goal, met = f"≤ {at_most:g}", value <= at_most
    return {
        "measure": measure,
        "value": value if digits else int(value),
        "unit": unit,
        "goal": goal,
        "met": met,
        "runs": [round(each, digits) for each in runs],
    }
