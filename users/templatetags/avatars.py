"""`{% avatar person 40 %}`: a member's picture, or initials on a colour of their own."""

import colorsys
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from photoapp.ids import RANDOM_BITS

register = template.Library()


@register.simple_tag
def avatar(person: Any, size: int = 40) -> SafeString:
    """`person` has id, name, username and avatar (users.User, media.Author); `size` in pixels.

    Decorative: the name always stands beside it.
    """
    if person.avatar:
        return format_html(
            '<img class="avatar" src="/{}" width="{}" height="{}" alt="" loading="lazy" decoding="async">',
            person.avatar,
            size,
            size,
        )
    return format_html(
        '<svg class="avatar" width="{}" height="{}" viewBox="0 0 40 40" aria-hidden="true">'
        '<rect width="40" height="40" fill="{}"/>'
        '<text x="20" y="20" dy=".36em" text-anchor="middle" fill="#fff" font-size="16" font-weight="600">{}</text>'
        "</svg>",
        size,
        size,
        colour(person.id),
        initials(person),
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
