"""What a search engine does: it lives in the database whose posts or members it finds, and is reached through its
connection. Two of them: PostgreSQL (tsvector and GIN), SQLite (FTS5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

POSTS = "search_post"
PEOPLE = "search_person"
TERMS = "search_term"


@dataclass(frozen=True)
class Document:
    """What is found of a post or a member. `shown` is for what the engine gives back with the id: a member's names."""

    id: int
    lexemes: Sequence[str]
    public: bool = True
    owner_id: int = 0
    tags: Sequence[str] = ()
    place: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Asked:
    """Documents with all of `every`, one of each of `some` (whose lexemes may end in * for "begins with"), and not with
    all of `but`; newest first, below `before`."""

    every: Sequence[str] = ()
    some: Sequence[Sequence[str]] = ()
    but: Sequence[str] = ()
    public: bool = True
    before: int | None = None


class Engine(Protocol):
    def create(self, connection: Any, table: str) -> None:
        """Makes the table; for migrations."""

    def index(self, connection: Any, table: str, documents: Sequence[Document]) -> None:
        """Writes documents, each instead of an earlier one of its id."""

    def remove(self, connection: Any, table: str, ids: Iterable[int]) -> None: ...

    def ids(self, connection: Any, table: str, after: int, limit: int) -> list[int]:
        """Of what is indexed, from the smallest above `after`."""

    def query(self, connection: Any, table: str, asked: Asked, limit: int) -> list[tuple[int, str]]:
        """(id, shown), the largest id first."""

    def stored(self, connection: Any, ids: Sequence[int]) -> dict[int, Document]:
        """Documents of posts, without their lexemes; for who changes them, locked until the transaction ends."""

    def recent(self, connection: Any, since: int, limit: int) -> list[Document]:
        """The newest public posts down to an id, without their lexemes."""

    def lexemes_of(self, connection: Any, *, ids: Sequence[int] = (), owner_id: int | None = None) -> set[str]:
        """All lexemes of these posts, or of an owner's."""
