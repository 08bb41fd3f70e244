"""Counts spread over slots, so that a popular row is not the one that everybody waits for.

A writer adds to one of SLOTS rows at random; a reader sums them. (Sharded counters, as in Google App Engine's
articles of that name.)
"""

import random
from functools import lru_cache
from typing import ClassVar

from django.db import connections, models
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from photoapp.sharding import ShardedModel

SLOTS = 8


@lru_cache
def _upsert(table: str, counted: str, added: tuple[str, ...]) -> str:
    """Django's own upsert (bulk_create) replaces values; this one adds."""
    columns = (counted, "slot", *added)
    sums = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in added)
    marks = ", ".join(["%s"] * len(columns))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "  # noqa: S608  (names of our own tables)
        f"ON CONFLICT ({counted}, slot) DO UPDATE SET {sums}"
    )


class SlottedCount(ShardedModel):
    """Subclasses have a key field (`counted_field`), `slot` and integer columns."""

    counted_field: ClassVar[str]

    class Meta:
        abstract = True

    @classmethod
    def add(cls, id: int, *, using: str, **deltas: int) -> None:
        """Adds to columns; inside the transaction of the row that is counted."""
        added = [field.name for field in cls._meta.concrete_fields if field.get_internal_type() == "IntegerField"]
        values = [id, random.randrange(SLOTS), *(deltas.get(name, 0) for name in added)]
        with connections[using].cursor() as cursor:
            cursor.execute(_upsert(cls._meta.db_table, cls.counted_field, tuple(added)), values)

    @classmethod
    def total(cls, column: str, *, outer: str) -> Coalesce:
        """An annotation: the sum of a column for the row that `outer` names."""
        sums = (
            cls.objects.filter(**{cls.counted_field: OuterRef(outer)})
            .order_by()
            .values(cls.counted_field)
            .annotate(total=Sum(column))
            .values("total")
        )
        return Coalesce(Subquery(sums, output_field=models.IntegerField()), 0)

    @classmethod
    def totals(cls, id: int, *columns: str) -> dict[str, int]:
        sums = cls.objects.on_shard_of(id).filter(**{cls.counted_field: id}).aggregate(**{c: Sum(c) for c in columns})
        return {column: sums[column] or 0 for column in columns}
