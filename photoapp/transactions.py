"""Django's `atomic()` and `on_commit()` silently mean `default`; with several databases the alias is always said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections, transaction


def after_commit(func: Callable[[], object], *, using: str) -> None:
    """Calls func once the transaction on this alias is committed (at once outside one).

    A failure of func is logged and does not undo or fail what was committed.
    """
    transaction.on_commit(func, using=using, robust=True)


@contextmanager
def sent_together(using: str) -> Iterator[None]:
    """Inside, statements of a transaction go to the database without waiting for what it says to those before; where a
    row is fetched, for all so far. What one raises, a later one may raise, or the end of the block.

    PostgreSQL: pipeline mode. (Round trips are most of what a short transaction costs both sides.) SQLite: nothing.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def lock(using: str, *key: int | str) -> None:
    """Serialises transactions on this alias that name the same key, until they end.

    PostgreSQL: an advisory lock. SQLite: nothing to do, a transaction there holds the only write lock already.
    """
    connection = connections[using]
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("lock() outside a transaction would protect nothing")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [":".join(map(str, key))])
