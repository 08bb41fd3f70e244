"""Search in PostgreSQL: lexemes in a tsvector under a GIN index.

The lexemes come ready from search/lexemes.py, so that neither a text search configuration nor an extension is needed,
and both engines find the same.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from search.engines.base import POSTS, Asked, Document

FREQUENT_PREFIX = 4  # characters: its kind, two letters, "*"
COLUMNS = "id, owner_id, public, lexemes, tags, place, shown"


class PostgresqlEngine:
    def create(self, connection: Any, table: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TABLE {table} (id bigint PRIMARY KEY, owner_id bigint NOT NULL, public boolean NOT NULL,"
                " lexemes tsvector NOT NULL, tags text[] NOT NULL, place text NOT NULL, shown text NOT NULL)"
            )
            # Without the list of what is not sorted in yet, which every query would have to read through.
            cursor.execute(f"CREATE INDEX {table}_lexemes ON {table} USING gin (lexemes) WITH (fastupdate = off)")
            if table == POSTS:
                cursor.execute(f"CREATE INDEX {table}_owner ON {table} (owner_id)")

    def index(self, connection: Any, table: str, documents: Sequence[Document]) -> None:
        rows = [
            (one.id, one.owner_id, one.public, list(one.lexemes), list(one.tags), one.place, one.shown)
            for one in documents
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({COLUMNS}) VALUES (%s, %s, %s, array_to_tsvector(%s::text[]), %s, %s, %s)"  # noqa: S608
                " ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id, public = excluded.public,"
                " lexemes = excluded.lexemes, tags = excluded.tags, place = excluded.place, shown = excluded.shown",
                rows,
            )

    def remove(self, connection: Any, table: str, ids: Iterable[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [list(ids)])  # noqa: S608

    def ids(self, connection: Any, table: str, after: int, limit: int) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT %s", [after, limit])  # noqa: S608
            return [id for (id,) in cursor.fetchall()]

    def query(self, connection: Any, table: str, asked: Asked, limit: int) -> list[tuple[int, str]]:
        where = ["lexemes @@ %s::tsquery"] * (2 if is_one_lexeme(asked) else 1)
        values: list[object] = [tsquery(asked)] * len(where)
        where.append("public" if asked.public else "NOT public")
        if asked.before is not None:
            where.append("id < %s")
            values.append(asked.before)
        order = "id" if is_one_lexeme(asked) or is_frequent(asked) else "id + 0"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, shown FROM {table} WHERE {' AND '.join(where)} ORDER BY {order} DESC LIMIT %s",  # noqa: S608
                [*values, limit],
            )
            return list(cursor.fetchall())

    def stored(self, connection: Any, ids: Sequence[int]) -> dict[int, Document]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, owner_id, public, tags, place FROM {POSTS} WHERE id = ANY(%s) FOR UPDATE",  # noqa: S608
                [list(ids)],
            )
            return {
                id: Document(id=id, lexemes=(), owner_id=owner_id, public=public, tags=tags, place=place)
                for id, owner_id, public, tags, place in cursor.fetchall()
            }

    def recent(self, connection: Any, since: int, limit: int) -> list[Document]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, owner_id, tags, place FROM {POSTS} WHERE id >= %s AND public ORDER BY id DESC LIMIT %s",  # noqa: S608
                [since, limit],
            )
            return [
                Document(id=id, lexemes=(), owner_id=owner_id, tags=tags, place=place)
                for id, owner_id, tags, place in cursor.fetchall()
            ]

    def lexemes_of(self, connection: Any, *, ids: Sequence[int] = (), owner_id: int | None = None) -> set[str]:
        where, value = ("id = ANY(%s)", list(ids)) if owner_id is None else ("owner_id = %s", owner_id)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT DISTINCT unnest(tsvector_to_array(lexemes)) FROM {POSTS} WHERE public AND {where}",  # noqa: S608
                [value],
            )
            return {lexeme for (lexeme,) in cursor.fetchall()}


# From the newest row on, or by the index? The planner knows how frequent frequent lexemes are. All others it takes for
# far more frequent than they are (one in 200 rows), and would look for the 200 newest of them through the whole table:
# 0.2 s among a million. Of several lexemes it cannot know how many rows have them all.


def is_one_lexeme(asked: Asked) -> bool:
    """Said twice, one that is not known to be frequent counts as rare, and one that is as frequent still."""
    return len(asked.every) == 1 and not asked.some and not asked.but


def is_frequent(asked: Asked) -> bool:
    """Names that begin with one or two letters: the newest rows soon have enough of them."""
    if len(asked.some) != 1 or asked.every or asked.but:
        return False
    return any(lexeme.endswith("*") and len(lexeme) <= FREQUENT_PREFIX for lexeme in asked.some[0])


def tsquery(asked: Asked) -> str:
    parts = [quoted(lexeme) for lexeme in asked.every]
    parts += [f"({' | '.join(quoted(lexeme) for lexeme in one)})" for one in asked.some]
    if asked.but:
        parts.append(f"!({' & '.join(quoted(lexeme) for lexeme in asked.but)})")
    return " & ".join(parts)


def quoted(lexeme: str) -> str:
    text, star = (lexeme[:-1], ":*") if lexeme.endswith("*") else (lexeme, "")
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'{star}"
