"""How posts are shown in a grid of squares."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from media.models import WIDTHS, Photo, Post

register = template.Library()

COLUMN_VW, COLUMN_REM = 33.4, 20  # a third of the screen, at most of the frame
EAGER = 3  # the first row


@register.simple_tag
def thumbnail(post: Post, place: int = 0) -> SafeString:
    """The first photo of a post, cut to a square; the first row (`place` counts from 1) is fetched before others.

    A wide photo is cut at its sides, so it is fetched as wide as it would be whole.
    """
    photo = post.card_photos[0]
    stretch = max(1.0, min(photo.width / max(photo.height, 1), 2.5))
    sizes = f"(max-width: 62rem) {COLUMN_VW * stretch:.0f}vw, {COLUMN_REM * stretch:.0f}rem"
    loading = 'fetchpriority="high"' if 0 < place <= EAGER else 'loading="lazy"'
    blur = (
        format_html('<img class="tile__blur" src="data:image/webp;base64,{}" alt="">', photo.placeholder)
        if photo.placeholder
        else ""
    )
    return format_html(
        '{}<picture><source type="image/webp" srcset="{}" sizes="{}">'
        '<img src="{}" width="{}" height="{}" alt="{}" {} decoding="async"></picture>',
        blur,
        _sources(photo),
        sizes,
        photo.url(next((width for width in WIDTHS[:2] if width >= photo.width), WIDTHS[1]), "jpg"),
        photo.width,
        photo.height,
        photo.alt or Truncator(post.caption).chars(120) or _("Photo by %(name)s") % {"name": post.owner.name},
        mark_safe(loading),  # noqa: S308  (one of two constants)
    )


def _sources(photo: Photo) -> str:
    """The renditions up to the first that is as wide as the photo itself; no square needs the largest."""
    fitting = [width for width in WIDTHS[:3] if width < photo.width]
    fitting += [width for width in WIDTHS[:3] if width >= photo.width][:1]
    return ", ".join(f"{photo.url(width)} {min(width, photo.width)}w" for width in fitting)
