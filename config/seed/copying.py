"""Writes many rows of one table of one server: PostgreSQL by COPY, SQLite by executemany, in large transactions."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connections, transaction
from django.db.models import JSONField, Model

BATCH = 20_000

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Rows for one table of one server: plain values in the order of `fields`, attribute names with blanks between.
    Columns that are not named get the model's defaults."""

    model: type[Model]
    fields: str
    rows: Iterable[Row]


def write(alias: str, table: Table, progress: Callable[[int], object]) -> None:
    """Texts may hold no tab, line break or backslash: what is seeded has none."""
    meta = table.model._meta
    quote = connections[alias].ops.quote_name
    named = [meta.get_field(name) for name in table.fields.split()]
    others = [one for one in meta.concrete_fields if one not in named and not one.null]
    constants = tuple(_default(one) for one in others)
    columns = ", ".join(quote(one.column) for one in [*named, *others])  # type: ignore
    put = _copy if connections[alias].vendor == "postgresql" else _insert
    for batch in _batches(row + constants for row in table.rows):
        with transaction.atomic(using=alias):
            put(alias, f"{quote(meta.db_table)} ({columns})", batch)
        progress(len(batch))


def _default(field: Any) -> Any:
    value = field.get_default()
    return json.dumps(value) if isinstance(field, JSONField) else value


def _copy(alias: str, target: str, batch: list[Row]) -> None:
    with (
        connections[alias].cursor() as cursor,
        cursor.copy(f"COPY {target} FROM STDIN WITH (NULL 'None')") as copy,
    ):
        copy.write("".join(["\t".join(map(str, row)) + "\n" for row in batch]))


def _insert(alias: str, target: str, batch: list[Row]) -> None:
    places = ", ".join(["%s"] * len(batch[0]))
    with connections[alias].cursor() as cursor:
        cursor.executemany(f"INSERT INTO {target} VALUES ({places})", batch)  # noqa: S608


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def refresh_statistics(alias: str) -> None:
    """The planner must know of the new rows, or the first pages after a seed scan whole tables."""
    with connections[alias].cursor() as cursor:
        cursor.execute("ANALYZE")
