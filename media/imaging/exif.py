"""Reads when and where a photo was taken, and which way up it is, from its EXIF block.

Only the tags needed are read, within bounds: a general reader can be made to hold hundreds of megabytes by a
block of 64 KB whose thousands of tags all point at the same bytes.
"""

import struct
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

MAKE, MODEL = 0x010F, 0x0110
ORIENTATION, EXIF_IFD, GPS_IFD = 0x0112, 0x8769, 0x8825
TAKEN, TAKEN_ZONE = 0x9003, 0x9011
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4

ASCII, SHORT, LONG, RATIONAL, SIGNED_RATIONAL = 2, 3, 4, 5, 10
UNIT = {ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, SIGNED_RATIONAL: 8}
MAX_VALUE = 64  # bytes; three rationals and a date are 24 and 20
OLDEST = 1826  # the year of the first photograph


@dataclass(frozen=True)
class Exif:
    orientation: int = 1
    taken_at: datetime | None = None  # aware; as UTC when the camera named no zone
    gps: tuple[float, float] | None = None  # degrees of latitude and longitude, to about a metre
    camera: bool = False  # whether it names the camera


def read_exif(block: bytes) -> Exif:
    """Never raises: whatever the block does not say properly is left at its default."""
    tiff = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return Exif()
    top = _tags(tiff, order, _long(tiff, order, 4), {ORIENTATION, EXIF_IFD, GPS_IFD, MAKE, MODEL})
    details = _tags(tiff, order, _number(top.get(EXIF_IFD)), {TAKEN, TAKEN_ZONE})
    place = _tags(tiff, order, _number(top.get(GPS_IFD)), {LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE})
    orientation = _number(top.get(ORIENTATION))
    return Exif(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        taken_at=_moment(details),
        gps=_position(place),
        camera=bool(top.get(MAKE) or top.get(MODEL)),
    )


def _long(tiff: bytes, order: str, offset: int) -> int:
    return struct.unpack_from(f"{order}I", tiff, offset)[0] if offset + 4 <= len(tiff) else 0


def _number(values: Any) -> int:
    return values[0] if isinstance(values, tuple) and values and isinstance(values[0], int) else 0


def _tags(tiff: bytes, order: str, offset: int, wanted: set[int]) -> dict[int, Any]:
    """The values of the wanted tags: text for ASCII, else a tuple of numbers."""
    found: dict[int, Any] = {}
    if not 8 <= offset <= len(tiff) - 2:
        return found
    (count,) = struct.unpack_from(f"{order}H", tiff, offset)
    for entry in range(offset + 2, min(offset + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", tiff, entry)
        size = UNIT.get(kind, MAX_VALUE + 1) * length
        if tag not in wanted or size > MAX_VALUE:
            continue
        start = entry + 8 if size <= 4 else _long(tiff, order, entry + 8)
        if start + size <= len(tiff):
            found[tag] = _value(tiff[start : start + size], order, kind)
    return found


def _value(data: bytes, order: str, kind: int) -> Any:
    if kind == ASCII:
        return data.split(b"\0")[0].decode("ascii", "replace").strip()
    if kind in (RATIONAL, SIGNED_RATIONAL):  # Nokia writes positions as signed
        letter = "I" if kind == RATIONAL else "i"
        numbers = struct.unpack(f"{order}{len(data) // 4}{letter}", data)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return tuple(Fraction(above, below) if below else None for above, below in pairs)
    letter = "H" if kind == SHORT else "I"
    return struct.unpack(f"{order}{len(data) // UNIT[kind]}{letter}", data)


def _moment(tags: dict[int, Any]) -> datetime | None:
    text, zone = tags.get(TAKEN, ""), tags.get(TAKEN_ZONE, "")
    with suppress(ValueError, TypeError, OverflowError):
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        with suppress(ValueError, TypeError):
            moment = moment.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo)
        # A camera whose clock was never set says 0000 or 2099; a day ahead is a matter of zones.
        if moment.year >= OLDEST and moment.astimezone(UTC) < datetime.now(UTC) + timedelta(days=1):
            return moment
    return None


def _position(tags: dict[int, Any]) -> tuple[float, float] | None:
    latitude = _degrees(tags.get(LATITUDE), tags.get(LATITUDE_REF), "NS", 90)
    longitude = _degrees(tags.get(LONGITUDE), tags.get(LONGITUDE_REF), "EW", 180)
    if latitude is None or longitude is None or (latitude, longitude) == (0, 0):
        return None  # 0, 0 is what a receiver without a fix writes
    return latitude, longitude


def _degrees(parts: Any, reference: Any, letters: str, limit: int) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3 or None in parts:
        return None
    if not isinstance(reference, str) or len(reference) != 1 or reference not in letters:
        return None
    degrees = float(parts[0] + Fraction(parts[1], 60) + Fraction(parts[2], 3600))
    if abs(degrees) > limit:
        return None
    return round(-degrees if reference == letters[1] else degrees, 5)
