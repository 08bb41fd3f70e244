"""Counts spread over slots, so that a popular row is not the one that everybody waits for.

A writer adds to one of SLOTS rows at random; a reader sums them. (Sharded counters, as in Google App Engine's
articles of that name.)
"""

import random
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from photoapp.sharding import ShardedModel

SLOTS = 8


class SlottedCount(ShardedModel):
    """Subclasses have a key field (`counted_field`), `slot` and integer columns."""

    counted_field: ClassVar[str]

    class Meta:
        abstract = True

    @classmethod
    def add(cls, id: int, *, using: str, **deltas: int) -> None:
        """Adds to columns; inside the transaction of the row that is counted."""
        key: dict[str, Any] = {cls.counted_field: id, "slot": random.randrange(SLOTS)}
        rows = cls.objects.using(using)
        change = {name: F(name) + delta for name, delta in deltas.items()}
        if not rows.filter(**key).update(**change):
            rows.bulk_create([cls(**key)], ignore_conflicts=True)
            rows.filter(**key).update(**change)

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
