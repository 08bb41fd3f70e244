"""100,000 members, 1,000,000 posts and 5,000,000 follows on two PostgreSQL shards, by manage.py seed."""

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from script.benches.parts import row

SIZES = {"members": 100_000, "posts": 1_000_000, "follows": 5_000_000}


def run(quick: bool = False) -> list[dict[str, Any]]:
    sizes = {name: size // 20 for name, size in SIZES.items()} if quick else SIZES
    started = time.perf_counter()
    call_command("seed", **sizes)
    seconds = time.perf_counter() - started
    rows, size = totals()
    return [
        row(f"{', '.join(f'{size:,} {name}' for name, size in sizes.items())}", [seconds], "s", at_most=300),
        row("rows written", [rows], "rows", digits=0),
        row("rows written a second", [rows / seconds], "rows/s", digits=0),
        row("databases with their indexes", [size / 1e6], "MB", digits=0),
        row("friends and content, per member", [size / sizes["members"]], "bytes", digits=0),
    ]


def totals() -> tuple[int, int]:
    """Rows and bytes of the shards."""
    rows = size = 0
    for alias in [alias for group in settings.SHARD_SERVERS.values() for alias in group]:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                "'public'::regnamespace AND reltuples > 0"
            )
            rows += cursor.fetchone()[0]
            cursor.execute("SELECT pg_database_size(current_database())")
            size += cursor.fetchone()[0]
    return rows, size
