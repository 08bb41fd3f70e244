"""How posts are written out: linked words, times, picture sources."""

import re
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from media.mentions import MARKED
from media.models import WIDTHS, Comment, Photo, Post
from photoapp import ids

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
    return f'<a href="/tags/{urlencode({"": tag.lower()})[1:]}/">#{tag}</a>'


@register.filter
def made(row: Post | Comment) -> SafeString:
    """When a post or comment was made, as a <time> element: "5 min", "3 h", "2 d", then a date."""
    at = ids.time_of(row.id)
    full = f"{at.day} {at:%B %Y, %H:%M}"  # much cheaper than date_format, and on every card
    return mark_safe(f'<time datetime="{at:%Y-%m-%dT%H:%MZ}" title="{full} UTC">{_age(at, timezone.now())}</time>')  # noqa: S308


def _age(at: datetime, now: datetime) -> str:
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    if minutes < 7 * 24 * 60:
        return f"{minutes // (24 * 60)} d"
    return f"{at.day} {at:%B}" if at.year == now.year else f"{at.day} {at:%B %Y}"


@register.simple_tag
def picture(photo: Photo, place: str = "") -> SafeString:
    """A photo in its box, over its placeholder; the `first` of a page is fetched before others.

    Written out here, not in a template: it is what a page of posts consists of.
    """
    alt = escape(photo.alt or f"Photo by {photo.post.owner.name}")
    blur = (
        f'<img class="photo__placeholder" src="data:image/webp;base64,{escape(photo.placeholder)}" alt="">'
        if photo.placeholder
        else ""
    )
    loading = 'fetchpriority="high"' if place == "first" else 'loading="lazy"'
    return mark_safe(  # noqa: S308  (alt and placeholder are escaped, the rest are numbers and our own paths)
        f'<div class="photo">{blur}<picture>'
        f'<source type="image/webp" srcset="{sources(photo)}" sizes="(max-width: 40rem) 100vw, 38rem">'
        f'<img src="{fallback(photo)}" width="{photo.width}" height="{photo.height}" alt="{alt}" {loading} '
        'decoding="async"></picture></div>'
    )


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


@register.filter
def sources(photo: Photo) -> str:
    """A srcset of WebP renditions, up to the first that is as wide as the photo itself."""
    folder = photo.folder
    found = []
    for width in WIDTHS:
        found.append(f"/{folder}/{width}.webp {min(width, photo.width)}w")
        if width >= photo.width:
            break
    return ", ".join(found)
