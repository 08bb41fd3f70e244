"""The tags and places of a server's posts, each with how many public posts have it: what is offered while one types.

Counts change in the transaction that writes the documents, by the difference that this makes; a term of which no public
post is left is not offered, since its name alone may tell something.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from photoapp.words import place_key, tag_key
from search import lexemes
from search.engines import POSTS, TERMS, Document

TAG, PLACE = lexemes.TAG, lexemes.PLACE
HIGHEST = "\U0010ffff"


@dataclass(frozen=True)
class Term:
    key: str
    label: str
    posts: int


def create(connection: Any) -> None:
    """Makes the table; for migrations."""
    binary = 'text COLLATE "C"' if connection.vendor == "postgresql" else "text"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {TERMS} (kind varchar(1) NOT NULL, term {binary} NOT NULL, label text NOT NULL,"
            " posts integer NOT NULL, PRIMARY KEY (kind, term))"
        )


def terms_of(document: Document | None) -> dict[tuple[str, str], str]:
    """{(kind, key): label} of what others may see."""
    if document is None or not document.public:
        return {}
    found = {(TAG, tag_key(tag)): tag for tag in document.tags}
    if document.place:
        found[PLACE, place_key(document.place)] = document.place
    return found


def count_difference(connection: Any, before: Iterable[Document | None], after: Iterable[Document | None]) -> None:
    """Counts what documents add, and takes off what their earlier ones had. In their transaction."""
    changes: Counter[tuple[str, str]] = Counter()
    labels: dict[tuple[str, str], str] = {}
    for documents, by in ((before, -1), (after, 1)):
        for document in documents:
            for term, label in terms_of(document).items():
                changes[term] += by
                labels[term] = label
    # In one order everywhere, so that two transactions cannot wait for each other.
    rows = [(kind, key, labels[kind, key], by) for (kind, key), by in sorted(changes.items()) if by]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {TERMS} (kind, term, label, posts) VALUES (%s, %s, %s, %s)"  # noqa: S608
            f" ON CONFLICT (kind, term) DO UPDATE SET posts = {TERMS}.posts + excluded.posts",
            rows,
        )


def beginning_with(connection: Any, kind: str, key: str, limit: int) -> list[Term]:
    """Those with the most posts."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT term, label, posts FROM {TERMS} WHERE kind = %s AND term >= %s AND term < %s AND posts > 0"  # noqa: S608
            " ORDER BY posts DESC, term LIMIT %s",
            [kind, key, key + HIGHEST, limit],
        )
        return [Term(*row) for row in cursor.fetchall()]


def named(connection: Any, kind: str, key: str) -> Term | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT term, label, posts FROM {TERMS} WHERE kind = %s AND term = %s", [kind, key])  # noqa: S608
        row = cursor.fetchone()
    return Term(*row) if row else None


def merged(parts: Iterable[Sequence[Term]], limit: int) -> list[Term]:
    """Several servers' terms: their posts together, the most frequent first."""
    totals: Counter[str] = Counter()
    labels: dict[str, Term] = {}
    for term in (term for part in parts for term in part):
        totals[term.key] += term.posts
        labels[term.key] = max(labels.get(term.key, term), term, key=lambda one: one.posts)
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return [Term(key, labels[key].label, posts) for key, posts in ranked]


def recount(connection: Any) -> None:
    """All counts anew, from the documents. In a transaction; others who count wait for its end."""
    totals: Counter[tuple[str, str]] = Counter()
    labels: dict[tuple[str, str], str] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {TERMS} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"DELETE FROM {TERMS}")  # noqa: S608
        cursor.execute(f"SELECT tags, place FROM {POSTS} WHERE public")  # noqa: S608
        while rows := cursor.fetchmany(5000):
            for tags, place in rows:
                document = Document(0, (), tags=tags if isinstance(tags, list) else json.loads(tags), place=place)
                for term, label in terms_of(document).items():
                    totals[term] += 1
                    labels.setdefault(term, label)
        cursor.executemany(
            f"INSERT INTO {TERMS} (kind, term, label, posts) VALUES (%s, %s, %s, %s)",  # noqa: S608
            [(kind, key, labels[kind, key], posts) for (kind, key), posts in sorted(totals.items())],
        )
