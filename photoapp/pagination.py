"""Keyset pages. A cursor names the last row that was seen and is signed for its list, so that an edited one, or one
of another list, is refused instead of read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import BadRequest

from photoapp import ids

T = TypeVar("T")


class InvalidCursor(BadRequest):
    """The `cursor` parameter was not made by this list."""

    message = "This page link is not valid. Start again from the first page."

    def __init__(self) -> None:
        super().__init__(self.message)


@dataclass
class Page(Generic[T]):
    items: list[T]
    next_cursor: str | None = None


def encode_cursor(id: int, *, surface: str) -> str:
    return signing.Signer(salt=f"cursor:{surface}", sep="~").sign(ids.encode(id))


def decode_cursor(text: str | None, *, surface: str) -> int | None:
    """The id a cursor names, None for no cursor. Raises InvalidCursor."""
    if not text:
        return None
    try:
        return ids.decode(signing.Signer(salt=f"cursor:{surface}", sep="~").unsign(text))
    except (signing.BadSignature, ids.InvalidId) as error:
        raise InvalidCursor from error


def keyset_page(rows: Any, *, key: str, cursor: str | None, surface: str, size: int) -> Page[Any]:
    """A page of a queryset, newest (largest key) first. One query; reads one row more than it gives."""
    before = decode_cursor(cursor, surface=surface)
    if before is not None:
        rows = rows.filter(**{f"{key}__lt": before})
    found = list(rows.order_by(f"-{key}")[: size + 1])
    return page_of(found, size=size, surface=surface, key=lambda row: getattr(row, key))


def page_of(found: list[T], *, size: int, surface: str, key: Callable[[T], int]) -> Page[T]:
    """Cuts a list that was read one row too long into a page and its cursor."""
    items = found[:size]
    more = len(found) > size
    return Page(items, encode_cursor(key(items[-1]), surface=surface) if more else None)
