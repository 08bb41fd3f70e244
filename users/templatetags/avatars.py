"""`{% avatar person 40 %}`: a member's picture, or initials on a colour of their own."""

import colorsys
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from photoapp.ids import RANDOM_BITS

register = template.Library()


@register.simple_tag
def avatar(person: Any, size: int = 40) -> SafeString:
    """`person` has id, name, username and avatar (users.User, media.Author); `size` in pixels.

    Decorative: the name always stands beside it.
    """
    if person.avatar:
        src = f"/{escape(person.avatar)}"
        return mark_safe(  # noqa: S308
            f'<img class="avatar" src="{src}" width="{size}" height="{size}" alt="" loading="lazy" decoding="async">'
        )
    return mark_safe(  # noqa: S308
        f'<svg class="avatar" width="{size}" height="{size}" viewBox="0 0 40 40" aria-hidden="true">'
        f'<rect width="40" height="40" fill="{colour(person.id)}"/><text x="20" y="20" dy=".36em" text-anchor="middle" '
        f'fill="#fff" font-size="16" font-weight="600">{escape(initials(person))}</text></svg>'
    )


def initials(person: Any) -> str:
    """At most two letters: of the first and the last word of the name."""
    words = [word for word in person.name.split() if word[0].isalnum()] or [person.username.strip("._") or "?"]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()[:2]


def colour(id: int) -> str:
    """Dark enough for white letters (4.5:1 in every hue)."""
    hue = (id ^ id >> RANDOM_BITS) % 360 / 360
    red, green, blue = colorsys.hls_to_rgb(hue, 0.32, 0.42)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
