"""What stands around the cards of a feed's first page: the same for all members who share language and theme, but for
their names. It is rendered once for each by the template that makes all other feed pages."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import override

from photoapp.pagination import Page

# No text of the templates, and unchanged where addresses and attributes are escaped.
CARDS, NAME, CURSOR = "cards-go-here", "name-goes-here", "cursor-goes-here"


@dataclass(frozen=True)
class _Member:
    """Somebody who is logged in; templates ask no more of them."""

    theme: str
    username: str = NAME
    is_authenticated: bool = True
    is_staff: bool = False

    def get_absolute_url(self) -> str:
        return f"/u/{self.username}/"


@dataclass(frozen=True)
class Shell:
    head: str
    tail: str

    def around(self, cards: str, *, username: str, cursor: str) -> str:
        tail = self.tail.replace(CURSOR, cursor) if cursor else self.tail
        return self.head.replace(NAME, username) + cards + tail.replace(NAME, username)


@lru_cache(maxsize=64)
def shell(language: str, theme: str, more: bool) -> Shell:
    """`more`: with the link to a next page."""
    request = RequestFactory().get("/feed/")
    request.user = _Member(theme)  # type: ignore[assignment]
    page: Page[Any] = Page([CARDS], CURSOR if more else None)
    context = {"page": page, "cards": mark_safe(CARDS), "cursor": None, "user": request.user}  # noqa: S308
    with override(language):
        head, tail = render_to_string("feeds/feed.html", context, request).split(CARDS)
    return Shell(head, tail)
