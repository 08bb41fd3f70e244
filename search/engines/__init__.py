"""The engine of a database; chosen by what the database is."""

from typing import Any

from search.engines import postgresql, sqlite
from search.engines.base import PEOPLE, POSTS, TERMS, Asked, Document, Engine

__all__ = ["PEOPLE", "POSTS", "TERMS", "Asked", "Document", "Engine", "engine_of"]

_engines: dict[str, Engine] = {"postgresql": postgresql.PostgresqlEngine(), "sqlite": sqlite.SqliteEngine()}


def engine_of(connection: Any) -> Engine:
    return _engines[connection.vendor]
