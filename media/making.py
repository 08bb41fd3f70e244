"""What we did to a photo, in words for people: what was sent, what was made of it, what was taken out."""

from typing import NamedTuple

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from media.imaging import QUALITY
from media.models import FORMATS, Original, Photo

REMOVED = {
    "place": gettext_lazy("where it was taken"),
    "time": gettext_lazy("when it was taken"),
    "camera": gettext_lazy("the name of the camera"),
    "details": gettext_lazy("all other notes of the camera"),
}
FORMAT_NAMES = {"webp": "WebP", "jpg": "JPEG"}
CONTENT_NAMES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "image/avif": "AVIF",
    "image/heic": "HEIC",
    "image/gif": "GIF",
}


class Made(NamedTuple):
    original: str  # "JPEG, 4032 × 3024 pixels, 2.1 MB"
    removed: list[str]
    sizes: list[tuple[str, list[str]]]  # ("1080 × 810", ["WebP 84 KB", "JPEG 120 KB"]); empty where not noted
    quality: str
    known: bool  # whether what was removed was noted at the time


def removed_in_words(photo: Original) -> list[str]:
    return [str(REMOVED[name]) for name in photo.removed if name in REMOVED]


def made_of(photo: Photo) -> Made:
    sizes: dict[str, dict[str, str]] = {}
    for width, height, format, size in sorted(photo.sizes, key=lambda found: found[0]):
        name = FORMAT_NAMES.get(format, format)
        sizes.setdefault(f"{width} × {height}", {})[name] = f"{name} {filesizeformat(size)}"
    return Made(
        original=_("%(format)s, %(width)s × %(height)s pixels, %(size)s")
        % {
            "format": CONTENT_NAMES.get(photo.content_type, photo.content_type),
            "width": photo.width,
            "height": photo.height,
            "size": filesizeformat(photo.size),
        },
        removed=removed_in_words(photo),
        sizes=[(pixels, list(formats.values())) for pixels, formats in sizes.items()],
        quality=", ".join(f"{FORMAT_NAMES[format]} {QUALITY[format]}" for format in FORMATS),
        known=bool(photo.sizes),
    )
