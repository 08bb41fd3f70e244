"""How posts and comments are written out: linked words, times, addresses. The parts of a card: cards.py."""

import re
from datetime import datetime
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from media.mentions import MARKED
from media.models import WIDTHS, Comment, Photo, Post
from photoapp import ids
from photoapp.words import place_key, place_url, tag_key, tag_url

register = template.Library()


@register.filter
def linked(text: str) -> SafeString:
    """Text as HTML, its #hashtags and @mentions as links; everything else is escaped."""
    if "#" not in text and "@" not in text:
        return escape(text)
    parts, end = [], 0
    for match in MARKED.finditer(text):
        parts += [escape(text[end : match.start()]), _link(match)]
        end = match.end()
    return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308  (each part is escaped)


def _link(match: re.Match[str]) -> str:
    if name := match["name"]:
        return f'<a href="/u/{name.lower()}/">@{name}</a>'
    tag = match["tag"]
    if tag.isdigit():  # "#1" is a number, not a subject
        return f"#{tag}"
    return f'<a href="{tag_url(tag_key(tag))}">#{tag}</a>'


@register.filter
def place_page(place: str) -> str:
    """The address of the page of all posts from there; "" for a place without a word in it."""
    key = place_key(place)
    return place_url(key) if key else ""


@register.filter
def made(row: Post | Comment) -> SafeString:
    """When a post or comment was made, as a <time> element: "5 min", "3 h", "2 d", then a date."""
    return mark_safe(time_of(row, age_of(row.id, timezone.now())))  # noqa: S308


def time_of(row: Post | Comment, age: str) -> str:
    at = ids.time_of(row.id)
    full = f"{_date(at, year=True)}, {at:%H:%M} UTC"
    return f'<time datetime="{at:%Y-%m-%dT%H:%MZ}" title="{full}">{age}</time>'


def age_of(id: int, now: datetime) -> str:
    """How long ago something was made, in the active language."""
    at = ids.time_of(id)
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 7 * 24 * 60:
        return _age(get_language(), minutes if minutes < 60 else minutes // 60 * 60)
    return _date(at, year=at.year != now.year)


@lru_cache(maxsize=1024)
def _age(language: str | None, minutes: int) -> str:
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(count)s min") % {"count": minutes}
    if minutes < 24 * 60:
        return _("%(count)s h") % {"count": minutes // 60}
    return _("%(count)s d") % {"count": minutes // (24 * 60)}


def _date(at: datetime, year: bool) -> str:
    """Much cheaper than Django's date_format, and on every card."""
    pattern = _("%(day)s %(month)s %(year)s") if year else _("%(day)s %(month)s")
    return pattern % {"day": at.day, "month": MONTHS[at.month], "year": at.year}


@register.filter
def anchor(post: Post) -> str:
    """The id of a post's card in a page, and the fragment that leads back to it."""
    return f"p-{ids.encode(post.id)}"


@register.filter
def slug(row: Post | Comment) -> str:
    """An id as it stands in URLs."""
    return ids.encode(row.id)


@register.filter
def fallback(photo: Photo, width: int = 1080) -> str:
    """The JPEG, for browsers without WebP and for thumbnails; no larger than the photo needs."""
    fitting = next((step for step in WIDTHS if step >= min(width, photo.width)), width)
    return f"/{photo.folder}/{fitting}.jpg"
