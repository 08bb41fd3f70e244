"""Inline icons, 24 by 24, drawn with the text's colour: `{% icon "heart" %}`."""

from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

ICONS = {
    "aperture": '<circle cx="12" cy="12" r="9.5"/><path d="M14.2 8.2 20 18M9.8 8.2h11.4M7.6 12 13.3 2.4M9.8 15.8 4 6'
    'M14.2 15.8H2.8M16.4 12l-5.7 9.6"/>',
    "home": '<path d="m3 10.5 9-7.5 9 7.5V20a1 1 0 0 1-1 1h-5v-7H9v7H4a1 1 0 0 1-1-1z"/>',
    "search": '<circle cx="11" cy="11" r="7"/><path d="m20.5 20.5-4.5-4.5"/>',
    "plus": '<rect x="3" y="3" width="18" height="18" rx="5"/><path d="M12 8v8M8 12h8"/>',
    "bell": '<path d="M18 9a6 6 0 0 0-12 0c0 6.5-2.5 8-2.5 8h17S18 15.5 18 9M10 20.5a2.2 2.2 0 0 0 4 0"/>',
    "person": '<circle cx="12" cy="8" r="4.5"/><path d="M3.5 21c.8-4.5 4.2-6.5 8.5-6.5s7.7 2 8.5 6.5"/>',
    "gear": '<circle cx="12" cy="12" r="3.2"/><path d="M19.4 13.5a7.6 7.6 0 0 0 0-3l2-1.5-2-3.5-2.4 1a7.5 7.5 0 '
    "0 0-2.6-1.5L14 2.5h-4l-.4 2.5A7.5 7.5 0 0 0 7 6.5l-2.4-1-2 3.5 2 1.5a7.6 7.6 0 0 0 0 3l-2 1.5 2 3.5 "
    '2.4-1a7.5 7.5 0 0 0 2.6 1.5l.4 2.5h4l.4-2.5a7.5 7.5 0 0 0 2.6-1.5l2.4 1 2-3.5z"/>',
    "heart": '<path d="M12 20.5 4.2 12.8a5 5 0 0 1 7-7.1l.8.8.8-.8a5 5 0 0 1 7 7.1z"/>',
    "comment": '<path d="M20.5 11.5a8.3 8.3 0 0 1-12.3 7.2L3.5 20.5l1.8-4.6A8.3 8.3 0 1 1 20.5 11.5z"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V7.5a4 4 0 0 1 8 0v3"/>',
    "photos": '<rect x="7.5" y="3" width="13.5" height="13.5" rx="2.5"/>'
    '<path d="M16.5 20.5H6A2.5 2.5 0 0 1 3.5 18V7.5"/>',
    "photo": '<rect x="3" y="4" width="18" height="16" rx="3"/><circle cx="8.5" cy="9.5" r="1.6"/>'
    '<path d="m21 16-5.5-5.5L6 20"/>',
    "pin": '<path d="M12 21.5S5 15 5 9.7a7 7 0 0 1 14 0C19 15 12 21.5 12 21.5z"/><circle cx="12" cy="9.7" r="2.5"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
    "warning": '<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17.2v.1"/>',
    "people": '<circle cx="9" cy="8" r="3.8"/>'
    '<path d="M2 20c.6-4 3.4-6 7-6s6.4 2 7 6M16 4.5a3.8 3.8 0 0 1 0 7M18.5 14.6'
    'c2 .9 3.2 2.7 3.5 5.4"/>',
    "pencil": '<path d="m4 20 1-4.5L16.5 4a2.1 2.1 0 0 1 3 0l.5.5a2.1 2.1 0 0 1 0 3L8.5 19z"/>',
    "trash": '<path d="M4 6.5h16M9 6.5V4h6v2.5M6 6.5 7 21h10l1-14.5M10 10.5v6.5M14 10.5v6.5"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "dots": '<circle cx="5" cy="12" r="1.2"/><circle cx="12" cy="12" r="1.2"/><circle cx="19" cy="12" r="1.2"/>',
    "bookmark": '<path d="M6 3.5h12v17l-6-4.5-6 4.5z"/>',
    "archive": '<path d="M3.5 4.5h17v4h-17zM5 8.5v11h14v-11M10 12.5h4"/>',
    "tag": '<path d="M3.5 8V5A1.5 1.5 0 0 1 5 3.5h3M16 3.5h3A1.5 1.5 0 0 1 20.5 5v3M20.5 16v3a1.5 1.5 0 0 1-1.5 1.5h-3'
    'M8 20.5H5A1.5 1.5 0 0 1 3.5 19v-3"/><circle cx="12" cy="9.5" r="2.5"/>'
    '<path d="M7 17c.6-2.6 2.6-3.5 5-3.5s4.4.9 5 3.5"/>',
    "grid": '<rect x="3.5" y="3.5" width="17" height="17" rx="2"/>'
    '<path d="M9.2 3.5v17M14.8 3.5v17M3.5 9.2h17M3.5 14.8h17"/>',
    "flag": '<path d="M5 21V4M5 4.5h13.5l-3 4.5 3 4.5H5"/>',
    "mute": '<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5"/>',
    "block": '<circle cx="12" cy="12" r="9"/><path d="M5.7 5.7l12.6 12.6"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/>'
    '<circle cx="12" cy="12" r="3"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4'
    'M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>',
    "mail": '<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m3.5 7 8.5 6 8.5-6"/>',
    "key": '<circle cx="8" cy="15.5" r="4.5"/><path d="m11.2 12.3 8.3-8.3M16 7.5l3 3M13.5 10l2 2"/>',
    "shield": '<path d="M12 3 4.5 6v5.5c0 4.6 3.1 8 7.5 9.5 4.4-1.5 7.5-4.9 7.5-9.5V6z"/>'
    '<path d="m8.8 12 2.3 2.3 4.2-4.6"/>',
    "devices": '<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M8.5 20.5h7M12 16.5v4"/>',
    "phone": '<rect x="6.5" y="2.5" width="11" height="19" rx="2.5"/><path d="M11 18.5h2"/>',
    "grip": '<path d="M4 8h16M4 12h16M4 16h16"/>',
    "up": '<path d="m4.5 15 7.5-7.5 7.5 7.5"/>',
    "down": '<path d="m4.5 9 7.5 7.5L19.5 9"/>',
    "camera": '<path d="M3 8.5A2 2 0 0 1 5 6.5h2.5L9 4h6l1.5 2.5H19a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"/>'
    '<circle cx="12" cy="13" r="3.8"/>',
    "back": '<path d="M15 4.5 7.5 12l7.5 7.5"/>',
    "add": '<path d="M12 5v14M5 12h14"/>',
    "minus": '<path d="M5 12h14"/>',
    "next": '<path d="m9 4.5 7.5 7.5L9 19.5"/>',
    "share": '<path d="M12 15.5v-12M7.5 7.5 12 3l4.5 4.5M5 12.5V19a1.5 1.5 0 0 0 1.5 1.5h11'
    'A1.5 1.5 0 0 0 19 19v-6.5"/>',
}


@register.simple_tag
@cache
def icon(name: str, label: str = "") -> SafeString:
    """An icon beside text says nothing to a screen reader; one that stands alone needs a label."""
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon icon--{}" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        name,
        said,
        mark_safe(ICONS[name]),  # noqa: S308  (a constant of this module)
    )
