"""The outbox tables, one in every database group (photoapp/outbox.py says how they are used)."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from django.conf import settings
from django.db import connections, models
from django.utils import timezone

from photoapp import positions, replicas
from photoapp.ids import new_id_beside
from photoapp.sharding import ShardedModel
from photoapp.shards import alias_for


class OutboxRow(models.Model):
    """Something a commit in this database must still cause elsewhere. Deleted once its effect is recorded."""

    id = models.BigIntegerField(primary_key=True)  # carries the owner's bits
    handler = models.CharField(max_length=80)
    payload = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    parked = models.BooleanField(default=False)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]
        indexes = [models.Index(fields=["parked", "due_at"], name="%(class)s_due")]

    def __str__(self) -> str:
        return f"{self.handler} {self.payload}"


class AuthOutbox(OutboxRow):
    class Meta(OutboxRow.Meta):
        verbose_name_plural = "outbox: auth"


class FriendsOutbox(OutboxRow, ShardedModel):
    shard_group: ClassVar[str] = "friends"

    class Meta(OutboxRow.Meta):
        verbose_name_plural = "outbox: friends"


class ContentOutbox(OutboxRow, ShardedModel):
    shard_group: ClassVar[str] = "content"

    class Meta(OutboxRow.Meta):
        verbose_name_plural = "outbox: content"


def outbox_row(group: str, owner_id: int, handler: str, payload: dict[str, object]) -> OutboxRow:
    model = OUTBOXES[group]
    return model(id=new_id_beside(owner_id), handler=handler, payload=payload)


def insert_rows(rows: Sequence[OutboxRow], *, using: str) -> None:
    """New ones. `bulk_create` would take a tenth of the time of a like to find out what to say to the database."""
    connection = connections[using]
    adapted, moment = connection.ops.adapt_json_value, connection.ops.adapt_datetimefield_value
    values = [(row.id, row.handler, adapted(row.payload, None), moment(row.due_at)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_insert(rows[0]._meta.db_table, len(rows)), [value for row in values for value in row])


@lru_cache
def _insert(table: str, count: int) -> str:
    row = "(%s, %s, %s, %s, 0, FALSE, '')"
    columns = "id, handler, payload, due_at, attempts, parked, error"
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * count)}"  # noqa: S608  (tables of our own)


OUTBOXES: dict[str, type[AuthOutbox] | type[FriendsOutbox] | type[ContentOutbox]] = {
    "auth": AuthOutbox,
    "friends": FriendsOutbox,
    "content": ContentOutbox,
}


def _unhurried(connection: Any) -> str:
    """A condition that is always true, with which a statement does not wait until the disk and the follower have it, as
    what members write does: a row of the outbox that is free again, or back, after a crash is run again, which is the
    same as once."""
    hurries = connection.vendor != "postgresql" or connection.in_atomic_block
    return "TRUE" if hurries else "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'"


def claim_rows(group: str, ids: Sequence[int], *, now: datetime, until: datetime) -> list[OutboxRow]:
    """Of these rows of one server those that are free, in their order; nobody else claims them until then."""
    model = OUTBOXES[group]
    connection = connections[alias_for(group, ids[0])]
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        sql = _claim(model._meta.db_table, len(ids), _unhurried(connection))
        cursor.execute(sql, [moment(until), *ids, moment(now)])
        found = {id: (handler, json.loads(payload), attempts) for id, handler, payload, attempts in cursor.fetchall()}
    rows = ((id, *found[id]) for id in ids if id in found)
    return [model(id=id, handler=name, payload=payload, attempts=times) for id, name, payload, times in rows]


@lru_cache
def _claim(table: str, count: int, unhurried: str) -> str:
    return (
        f"UPDATE {table} SET leased_until = %s, attempts = attempts + 1 "  # noqa: S608  (tables of our own)
        f"WHERE id IN ({', '.join(['%s'] * count)}) AND NOT parked AND (leased_until IS NULL OR leased_until <= %s) "
        f"AND {unhurried} RETURNING id, handler, payload, attempts"
    )


def delete_rows(group: str, ids: Sequence[int]) -> None:
    """Of one server. Nothing hangs on a row, so one statement does; Django's `delete` would look for what does, in a
    transaction of its own, and an act of a member's would wait longer for that than for its effects. It tells the
    position that followers must have reached, too: all else that the act wrote was committed before."""
    connection = connections[alias_for(group, ids[0])]
    table, marks = OUTBOXES[group]._meta.db_table, ", ".join(["%s"] * len(ids))
    deletion = f"DELETE FROM {table} WHERE id IN ({marks}) AND {_unhurried(connection)}"  # noqa: S608
    with connection.cursor() as cursor:
        if connection.alias not in settings.FOLLOWERS or connection.in_atomic_block:
            cursor.execute(deletion, list(ids))
            return
        cursor.execute(f"{deletion} RETURNING {positions.END_OF_LOG}", list(ids))
        if rows := cursor.fetchall():
            replicas.wrote_before(connection.alias, rows[-1][0])
