"""Each database server: reached, migrated, written, in time, and its outbox on the move; each follower of one: it
replays what its leader writes."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config.doctor.examination import OK, WARN, WRONG, Check, Report, clock_report
from photoapp.ids import new_user_id
from photoapp.models import OUTBOXES
from photoapp.shards import leaders, servers

CONNECT_SECONDS = 5
FOLLOWS_SECONDS = 5
LATE = timedelta(minutes=5)
VARIABLES = {"auth": "DATABASE_URL", "friends": "FRIENDS_DATABASE_URLS", "content": "CONTENT_DATABASE_URLS"}


def checks() -> Iterator[Check]:
    for group in OUTBOXES:
        for alias in servers(group):
            yield Check(
                f"database {alias}",
                lambda group=group, alias=alias: examine_server(group, alias),  # type: ignore[misc]
                f"Check {VARIABLES[group]}, and that the server runs and lets this machine in.",
            )
            for follower in settings.FOLLOWERS.get(alias, []):
                yield Check(
                    f"database {follower}",
                    lambda alias=alias, follower=follower: examine_follower(alias, follower),  # type: ignore[misc]
                    f"Reads go to its leader meanwhile. Check {replica_variable(group)}, and that the server runs.",
                )
    yield Check("databases", one_database_each, "Check the database URLs.")


def examine_server(group: str, alias: str) -> Report:
    connection = connections[alias]
    if connection.vendor == "postgresql":
        connection.settings_dict["OPTIONS"] = {
            **connection.settings_dict.get("OPTIONS", {}),
            "connect_timeout": CONNECT_SECONDS,
        }
    connection.ensure_connection()
    yield from clock(alias)
    missing = [f"{migration.app_label}.{migration.name}" for migration, backwards in pending(alias) if not backwards]
    if missing:
        yield WRONG, f"{len(missing)} migrations are not applied ({missing[0]} …). Run `manage.py migrate_all`."
        return
    if read_only(alias):
        variable = VARIABLES[group]
        yield WRONG, f"cannot be written: it is a follower or set to read only. {variable} must name leaders."
        return
    started = time.perf_counter()
    write_and_read(group, alias)
    yield OK, f"read and written ({connection.vendor}, {1000 * (time.perf_counter() - started):.0f} ms)"
    yield from outbox(group, alias)


def replica_variable(group: str) -> str:
    return VARIABLES[group].replace("_URL", "_REPLICA_URL")


def examine_follower(leader: str, follower: str) -> Report:
    with plain_connection(leader) as leaders, plain_connection(follower) as followers:
        same = "SELECT system_identifier FROM pg_control_system()"
        if not followers.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
            yield WRONG, "is no follower: it takes writes of its own. Reads go to the leader."
            return
        if leaders.execute(same).fetchone() != followers.execute(same).fetchone():
            yield WRONG, f"follows another server than {leader}. The order of followers is that of leaders."
            return
        end = leaders.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
        asked = time.monotonic()
        behind = "SELECT pg_wal_lsn_diff(%s, pg_last_wal_replay_lsn())"
        while (left := followers.execute(behind, [end]).fetchone()[0]) > 0:
            if time.monotonic() - asked > FOLLOWS_SECONDS:
                streams = followers.execute("SELECT EXISTS (SELECT FROM pg_stat_wal_receiver)").fetchone()[0]
                why = "It lags" if streams else "It is not connected to its leader (primary_conninfo)"
                yield WARN, f"is {left} bytes behind, and did not come nearer in {FOLLOWS_SECONDS} s. {why}."
                return
            time.sleep(0.02)
        yield OK, f"replays what {leader} writes ({1000 * (time.monotonic() - asked):.0f} ms)"


def plain_connection(alias: str) -> Any:
    """Without Django's, in which the leader answers in the place of a follower that is away."""
    wrapper = connections[alias]
    connection = wrapper.get_new_connection(wrapper.get_connection_params())
    connection.autocommit = True
    return connection


def clock(alias: str) -> Report:
    if connections[alias].vendor != "postgresql":  # SQLite has this machine's clock
        return
    with connections[alias].cursor() as cursor:
        asked = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        yield from clock_report(float(cursor.fetchone()[0]), asked, time.time())


def pending(alias: str) -> list[tuple[Migration, bool]]:
    executor = MigrationExecutor(connections[alias])
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def read_only(alias: str) -> bool:
    if connections[alias].vendor != "postgresql":
        return False
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "on")


def write_and_read(group: str, alias: str) -> None:
    """A row that nobody else sees: its transaction is taken back."""
    rows = OUTBOXES[group].objects.using(alias)  # type: ignore[union-attr]
    with transaction.atomic(using=alias):
        row = OUTBOXES[group](id=new_user_id(), handler="doctor", payload={"written": True}, parked=True)
        row.save(using=alias, force_insert=True)
        if rows.get(id=row.id).payload != {"written": True}:
            raise AssertionError("what was read is not what was written")
        transaction.set_rollback(True, using=alias)


def outbox(group: str, alias: str) -> Report:
    rows = OUTBOXES[group].objects.using(alias)  # type: ignore[union-attr]
    if parked := rows.filter(parked=True).count():
        url = f"/admin/photoapp/{group}outbox/?parked__exact=1"
        yield WARN, f"{parked} outbox rows are parked after ten failures. See why, and retry them, at {url}"
    if late := rows.filter(parked=False, due_at__lt=timezone.now() - LATE).count():
        yield (
            WARN,
            f"{late} outbox rows have been due for more than 5 minutes: what they should cause is late. "
            "Check that `celery -A config beat` runs (one of it), and that there are enough workers.",
        )


def one_database_each() -> Report:
    """Two aliases on one database would share a table of migrations, and the second would get no tables."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for alias in leaders():
        config = connections[alias].settings_dict
        place = (config.get("HOST", ""), str(config.get("PORT", "")), str(config["NAME"]))
        found.setdefault(place, []).append(alias)
    for aliases in found.values():
        if len(aliases) > 1:
            names = " and ".join(sorted(aliases))
            yield WRONG, f"{names} are the same database. Give each server of each group a database of its own."
