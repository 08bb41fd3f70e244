"""Querysets that are compiled once and run again and again with other ids.

Django builds and compiles a query anew on every call, which for a query with joins and subqueries takes longer than
the database does. Only for queries whose shape does not depend on the values; rows come out as from the queryset.
"""

import copy
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from django.db import connections
from django.db.models import QuerySet

LONGEST = 64  # ids; longer lists are compiled each time
STEP = 8  # lists are filled up to a multiple of this, so that few shapes are compiled
MARK = -(1 << 62)  # stands in compiled parameters where an id belongs; no id is negative


class Prepared:
    """`build(alias, id, ids)` makes the queryset; `id` may be None, which is a shape of its own."""

    def __init__(self, build: Callable[[str, Any, Sequence[int]], QuerySet[Any, Any]]) -> None:
        self.build = build
        self.compiled: dict[tuple[str, bool, int], tuple[Any, Any, str, tuple[Any, ...]]] = {}

    def rows(self, alias: str, id: int | None, ids: Sequence[int]) -> list[Any]:
        if not ids:
            return []
        if len(ids) > LONGEST:
            return list(self.build(alias, id, ids))
        size = -(-len(ids) // STEP) * STEP
        values: dict[int, Any] = {MARK: id, **{MARK + 1 + n: ids[min(n, len(ids) - 1)] for n in range(size)}}
        iterable, original, sql, marked = self._compile(alias, id is None, size)
        compiler = copy.copy(original)
        compiler.connection = connections[alias]  # this thread's
        # psycopg's integers are of types of their own, which say the column's size
        params = tuple([type(one)(values[one]) if isinstance(one, int) and one in values else one for one in marked])
        compiler.as_sql = lambda *args, **kwargs: (sql, params)
        query = SimpleNamespace(get_compiler=lambda *args, **kwargs: compiler)
        return list(iterable(SimpleNamespace(db=alias, query=query, _known_related_objects={})))

    def _compile(self, alias: str, without_id: bool, size: int) -> tuple[Any, Any, str, tuple[Any, ...]]:
        key = alias, without_id, size
        found = self.compiled.get(key)
        if found is None:
            marks = [MARK + 1 + n for n in range(size)]
            queryset = self.build(alias, None if without_id else MARK, marks)
            compiler = queryset.query.get_compiler(using=alias)
            sql, params = compiler.as_sql()
            found = self.compiled[key] = (queryset._iterable_class, compiler, sql, tuple(params))  # type: ignore[attr-defined]
        return found
