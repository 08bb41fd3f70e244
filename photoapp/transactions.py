"""Django's `atomic()` and `on_commit()` silently mean `default`; with several databases the alias is always said."""

from collections.abc import Callable

from django.db import connections, transaction


def after_commit(func: Callable[[], object], *, using: str) -> None:
    """Calls func once the transaction on this alias is committed (at once outside one).

    A failure of func is logged and does not undo or fail what was committed.
    """
    transaction.on_commit(func, using=using, robust=True)


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
