"""A follower's connection: what the follower does not answer its leader does, and who reads does not notice.

A server that dies, or ends a query that stands in the way of what it must replay, is no reason to fail: the leader has
the same rows. Nothing is written here; PostgreSQL refuses it.
"""

from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.utils import InterfaceError, OperationalError
from psycopg.errors import QueryCanceled

from photoapp import replicas
from photoapp.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leader: str = self.settings_dict["LEADER"]
        self.execute_wrappers.append(self._or_leader)

    def _cursor(self, name: str | None = None) -> Any:
        try:
            return super()._cursor(name)  # type: ignore[misc]
        except (OperationalError, InterfaceError) as error:
            self._give_up(error)
            return connections[self.leader]._cursor(name)  # type: ignore[attr-defined]

    def _or_leader(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except (OperationalError, InterfaceError) as error:
            if isinstance(error.__cause__, QueryCanceled):  # it took too long, and would there, too
                raise
            self._give_up(error)
            cursor, leader = context["cursor"], connections[self.leader]
            named = getattr(cursor.cursor, "name", None)
            instead = leader.chunked_cursor() if named else leader.cursor()
            answer = instead.execute(sql, params)
            cursor.cursor, cursor.db = instead.cursor, instead.db  # whoever asked fetches from there
            return answer

    def _give_up(self, error: Exception) -> None:
        lost = self.connection is None or self.connection.closed
        if lost:
            self.close()
        replicas.gave_up(self.alias, self.leader, error, lost=lost)
