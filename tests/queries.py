"""Counting SQL per database, so that "flat" is a number in a test."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connections
from django.test.utils import CaptureQueriesContext

BOOKKEEPING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


class Counts(dict[str, int]):
    """Queries per alias, aliases without any left out."""

    sql: dict[str, list[str]]


@contextmanager
def counted_queries() -> Iterator[Counts]:
    counts = Counts()
    with ExitStack() as stack:
        contexts = {alias: stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in connections}
        yield counts
    counts.sql = {}
    for alias, context in contexts.items():
        found = [query["sql"] for query in context.captured_queries if not query["sql"].startswith(BOOKKEEPING)]
        if found:
            counts[alias] = len(found)
            counts.sql[alias] = found
