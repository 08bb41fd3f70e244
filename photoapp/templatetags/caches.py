"""For the admin's page on caches."""

import re
from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@register.filter
def percent(share: float | None) -> str:
    """Not rounded up to all, nor down to nothing."""
    if share is None:
        return "–"
    if 0 < share < 0.001 or 0.999 < share < 1:
        return "< 0.1%" if share < 0.5 else "> 99.9%"
    return f"{100 * share:.1f}%" if share not in (0, 1) else f"{share:.0%}"


@register.filter
def time_up(seconds: int) -> str:
    """In the largest unit of which there are two, else in seconds."""
    for size, unit in UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s"
    return "a second"


@register.filter
def per_key(family: Any) -> str:
    return "–" if family.bytes is None or not family.keys else str(filesizeformat(family.bytes / family.keys))


@register.filter
def in_code(sentence: str) -> SafeString:
    """With what stands between backticks as code."""
    return mark_safe(re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(sentence)))  # noqa: S308 (escaped before)
