import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from .errors import InvalidPhoto
from .exif import read_exif
from .structure import Damaged, Skeleton, Truncated, read_skeleton

MAX_BYTES = 40 * 1024 * 1024
MAX_PIXELS = 50_000_000

CONTENT_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "gif": "image/gif",
}
READ_FORMATS = "Please choose a JPEG, PNG, WebP, AVIF, HEIC or GIF."
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# What people try instead, for a message that helps.
FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"II*\0", "a TIFF or raw picture"),
    (b"MM\0*", "a TIFF or raw picture"),
    (b"BM", "a BMP picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\x1aE\xdf\xa3", "a film"),
    (b"PK\x03\x04", "an archive"),
)


@dataclass(frozen=True)
class Checked:
    format: str  # a key of CONTENT_TYPES
    content_type: str
    width: int  # in pixels, as seen upright
    height: int
    size: int  # bytes
    sha256: str  # hexadecimal
    taken_at: datetime | None  # aware
    gps: tuple[float, float] | None  # degrees of latitude and longitude
    removed: list[str]  # what it says beside the picture, and renditions do not: place, time, camera, details


def check(file: BinaryIO, *, name: str = "") -> Checked:
    """Looks at an upload without decoding it. Raises InvalidPhoto; leaves the file at its start."""
    try:
        return _check(file, name)
    finally:
        file.seek(0)


def _check(file: BinaryIO, name: str) -> Checked:
    subject = f"“{name if len(name) <= 60 else name[:59] + '…'}”" if name else "This file"
    file.seek(0, 2)
    size = file.tell()
    if not size:
        raise InvalidPhoto("empty", f"{subject} is empty.")
    if size > MAX_BYTES:
        limit = MAX_BYTES // 1024**2
        raise InvalidPhoto("too_large", f"{subject} is larger than {limit} MB.", 413)
    file.seek(0)
    format = _format(file.read(512), subject)
    skeleton = _skeleton(file, format, size, subject)
    exif = read_exif(skeleton.exif)
    width, height = skeleton.width, skeleton.height
    if exif.orientation >= 5 and not skeleton.upright:
        width, height = height, width
    said = {"place": exif.gps, "time": exif.taken_at, "camera": exif.camera, "details": skeleton.exif}
    return Checked(
        format=format,
        content_type=CONTENT_TYPES[format],
        width=width,
        height=height,
        size=size,
        sha256=_sha256(file),
        taken_at=exif.taken_at,
        gps=exif.gps,
        removed=[name for name, there in said.items() if there],
    )


def _skeleton(file: BinaryIO, format: str, size: int, subject: str) -> Skeleton:
    try:
        skeleton = read_skeleton(file, format, size)
        if not (skeleton.width and skeleton.height):
            raise Damaged
    except Truncated:
        message = f"{subject} is incomplete: the end of the picture is missing."
        raise InvalidPhoto("truncated", message) from None
    except Damaged:
        raise InvalidPhoto("damaged", f"{subject} is damaged and cannot be read.") from None
    if skeleton.width * skeleton.height > MAX_PIXELS:
        megapixels, limit = skeleton.width * skeleton.height / 1e6, MAX_PIXELS // 10**6
        message = f"{subject} has {megapixels:,.0f} megapixels; at most {limit} are possible."
        raise InvalidPhoto("too_many_pixels", message)
    return skeleton


def _format(head: bytes, subject: str) -> str:
    """By content alone: names and declared types are the sender's claims."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head[4:8] == b"ftyp":
        length = min(int.from_bytes(head[:4]), len(head))
        brands = {head[start : start + 4] for start in range(8, length - 3, 4)}
        if brands & {b"avif", b"avis"}:
            return "avif"
        if brands & HEIC_BRANDS:
            return "heic"
    raise InvalidPhoto("unsupported", f"{subject} is {_describe(head)}. {READ_FORMATS}", 415)


def _describe(head: bytes) -> str:
    for magic, what in FOREIGN:
        if head.startswith(magic):
            return what
    if head[4:8] == b"ftyp":
        return "a film"
    text = head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if b"<svg" in text:
        return "an SVG drawing"
    return "not a photo"


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
