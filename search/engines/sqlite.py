"""Search in SQLite: lexemes in an FTS5 table, whose rowid is the id."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from search.engines.base import POSTS, Asked, Document

# Lexemes come ready, with blanks between them: nothing else parts or changes them.
TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cn'"
CHUNK = 500


class SqliteEngine:
    def create(self, connection: Any, table: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5(lexemes, owner_id UNINDEXED, public UNINDEXED,"
                f' tags UNINDEXED, place UNINDEXED, shown UNINDEXED, tokenize="{TOKENIZER}", detail=none)'
            )

    def index(self, connection: Any, table: str, documents: Sequence[Document]) -> None:
        self.remove(connection, table, [one.id for one in documents])
        rows = [
            (one.id, " ".join(one.lexemes), one.owner_id, one.public, json.dumps(list(one.tags)), one.place, one.shown)
            for one in documents
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} (rowid, lexemes, owner_id, public, tags, place, shown)"  # noqa: S608
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                rows,
            )

    def remove(self, connection: Any, table: str, ids: Iterable[int]) -> None:
        with connection.cursor() as cursor:
            for chunk in _chunks(ids):
                places = ", ".join(["%s"] * len(chunk))
                cursor.execute(f"DELETE FROM {table} WHERE rowid IN ({places})", chunk)  # noqa: S608

    def ids(self, connection: Any, table: str, after: int, limit: int) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT rowid FROM {table} WHERE rowid > %s ORDER BY rowid LIMIT %s", [after, limit])  # noqa: S608
            return [id for (id,) in cursor.fetchall()]

    def query(self, connection: Any, table: str, asked: Asked, limit: int) -> list[tuple[int, str]]:
        where, values = [f"{table} MATCH %s", "public = %s"], [match(asked), asked.public]
        if asked.before is not None:
            where.append("rowid < %s")
            values.append(asked.before)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT rowid, shown FROM {table} WHERE {' AND '.join(where)} ORDER BY rowid DESC LIMIT %s",  # noqa: S608
                [*values, limit],
            )
            return list(cursor.fetchall())

    def stored(self, connection: Any, ids: Sequence[int]) -> dict[int, Document]:
        found = {}
        with connection.cursor() as cursor:
            for chunk in _chunks(ids):
                places = ", ".join(["%s"] * len(chunk))
                cursor.execute(
                    f"SELECT rowid, owner_id, public, tags, place FROM {POSTS} WHERE rowid IN ({places})",  # noqa: S608
                    chunk,
                )
                for id, owner_id, public, tags, place in cursor.fetchall():
                    found[id] = Document(
                        id=id, lexemes=(), owner_id=owner_id, public=bool(public), tags=json.loads(tags), place=place
                    )
        return found

    def recent(self, connection: Any, since: int, limit: int) -> list[Document]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT rowid, owner_id, tags, place FROM {POSTS} WHERE rowid >= %s AND public"  # noqa: S608
                " ORDER BY rowid DESC LIMIT %s",
                [since, limit],
            )
            return [
                Document(id=id, lexemes=(), owner_id=owner_id, tags=json.loads(tags), place=place)
                for id, owner_id, tags, place in cursor.fetchall()
            ]

    def lexemes_of(self, connection: Any, *, ids: Sequence[int] = (), owner_id: int | None = None) -> set[str]:
        found: set[str] = set()
        with connection.cursor() as cursor:
            if owner_id is None:
                for chunk in _chunks(ids):
                    places = ", ".join(["%s"] * len(chunk))
                    cursor.execute(f"SELECT lexemes FROM {POSTS} WHERE public AND rowid IN ({places})", chunk)  # noqa: S608
                    found.update(lexeme for (text,) in cursor.fetchall() for lexeme in text.split(" "))
            else:
                cursor.execute(
                    f"SELECT lexemes FROM {POSTS} WHERE {POSTS} MATCH %s AND public",  # noqa: S608
                    [f'"a{int(owner_id)}"'],
                )
                found.update(lexeme for (text,) in cursor.fetchall() for lexeme in text.split(" "))
        return found


def match(asked: Asked) -> str:
    """FTS5's language; NOT binds to what stands before it."""
    parts = [_quoted(lexeme) for lexeme in asked.every]
    parts += [f"({' OR '.join(_quoted(lexeme) for lexeme in one)})" for one in asked.some]
    wanted = " AND ".join(parts)
    return f"({wanted}) NOT ({' AND '.join(_quoted(one) for one in asked.but)})" if asked.but else wanted


def _quoted(lexeme: str) -> str:
    text, star = (lexeme[:-1], " *") if lexeme.endswith("*") else (lexeme, "")
    escaped = text.replace('"', '""')
    return f'"{escaped}"{star}'


def _chunks(ids: Iterable[int]) -> list[list[int]]:
    every = list(ids)
    return [every[start : start + CHUNK] for start in range(0, len(every), CHUNK)]
