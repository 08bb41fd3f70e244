"""Every database test really commits, on every server, as in production; what it wrote is deleted afterwards.

Rolling back a transaction instead would hide on_commit hooks, locks and everything another process must see.
"""

import os
import re
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.core.management import call_command
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests.parts.environment import wait_for_parts
from tests.parts.postgres import recreate_database
from tests.parts.radosgw import make_bucket

DATABASE_VARIABLES = ("DATABASE_URL", "FRIENDS_DATABASE_URLS", "CONTENT_DATABASE_URLS")
KEPT = re.compile(
    "django_migrations|django_content_type|auth_permission|django_site"
    "|search_(post|person)_(data|idx|content|docsize|config)"  # FTS5's own, which go with their table
)
KEPT_BROKER_KEYS = b"_kombu.binding."  # which queues exist: a producer declares them once in its life


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Generator[None, None, None]:
    """Makes this worker's databases and bucket, which only its environment names."""
    wait_for_parts()
    for variable in DATABASE_VARIABLES:
        for url in os.environ[variable].split(","):
            if url.startswith("sqlite"):
                path = Path(urlsplit(url).path)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
            else:
                recreate_database(url)
    if os.environ["STORAGE_URL"].startswith("s3"):
        make_bucket(os.environ["STORAGE_URL"])
    with django_db_blocker.unblock():
        call_command("migrate_all", verbosity=0)
        cleaners = [Cleaner(alias) for alias in connections]
        yield
        for cleaner in cleaners:
            connections[cleaner.alias].close()


@pytest.fixture
def _django_db_helper(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Generator[None, None, None]:
    """Stands behind pytest-django's `db`, `transactional_db` and `django_db`: no rollback, no flush."""
    with django_db_blocker.unblock():
        yield
        empty_redis()
        forget_in_process()
        for cleaner in Cleaner.all:
            cleaner.clean()


class Cleaner:
    """Deletes what is in one database, apart from what its migrations put there."""

    all: list["Cleaner"] = []

    def __init__(self, alias: str) -> None:
        self.alias = alias
        connection = connections[alias]
        tables = sorted(name for name in connection.introspection.table_names() if not KEPT.fullmatch(name))
        self.quoted = [connection.ops.quote_name(table) for table in tables]
        self.find = " UNION ALL ".join(
            f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {table})" for number, table in enumerate(self.quoted)
        )
        self.without_checks, self.with_checks = {
            "postgresql": ("SET session_replication_role = replica", "RESET session_replication_role"),
            "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
        }[connection.vendor]
        self.rows_of_migrations = self._rows()
        Cleaner.all.append(self)

    def clean(self) -> None:
        connection = connections[self.alias]
        if connection.in_atomic_block or connection.needs_rollback:
            connection.close()
        connection.set_autocommit(True)
        with connection.cursor() as cursor:
            cursor.execute(self.find)
            filled = [self.quoted[number] for (number,) in cursor.fetchall()]
            changed = [table for table in filled if table not in self.rows_of_migrations]
            if changed:
                cursor.execute(self.without_checks)
                for table in changed:
                    cursor.execute(f"DELETE FROM {table}")
                cursor.execute(self.with_checks)

    def _rows(self) -> set[str]:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.find)
            return {self.quoted[number] for (number,) in cursor.fetchall()}


def empty_redis() -> None:
    for variable in ("CACHE_URL", "FEEDS_URL"):
        redis_client(variable).flushdb()
    broker = redis_client("BROKER_URL")
    keys = [key for key in broker.scan_iter(count=1000) if not key.startswith(KEPT_BROKER_KEYS)]
    if keys:
        broker.delete(*keys)


def forget_in_process() -> None:
    """What this process keeps of what was in Redis."""
    from feeds.withdrawn import mirror
    from photoapp.remember import hot

    hot.clear()
    mirror.epoch, mirror.marks, mirror.asked_at = None, {}, 0.0


_clients: dict[str, redis.Redis] = {}


def redis_client(variable: str) -> redis.Redis:
    if variable not in _clients:
        _clients[variable] = redis.Redis.from_url(os.environ[variable])
    return _clients[variable]
