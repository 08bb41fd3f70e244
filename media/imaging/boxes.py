"""Reads size, rotation and EXIF of a HEIC or AVIF from its boxes (ISO/IEC 14496-12 and 23008-12).

libheif and libavif could tell, too, but would be native code run on strangers' files in a web process.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_ITEMS = 4096  # a 50-megapixel phone photo is a grid of about 200


class BadBoxes(Exception):
    pass


@dataclass
class Meta:
    """The `meta` box: the items of the file, and what is said of them."""

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)  # item → its type, as b"hvc1"
    extents: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # item → offset and length in the file
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)  # kind and content
    associations: dict[int, list[int]] = field(default_factory=dict)  # item → indices of properties

    def size(self) -> tuple[int, int]:
        """Width and height of the primary item, upright."""
        width = height = 0
        for index in self.associations.get(self.primary, ()):
            kind, content = self.properties[index]
            if kind == b"ispe":
                width, height = struct.unpack_from(">II", content, 4)
            elif kind == b"clap":
                width_n, width_d, height_n, height_d = struct.unpack_from(">4I", content)
                width, height = round(width_n / width_d), round(height_n / height_d)
            elif kind == b"irot" and content[0] & 1:
                width, height = height, width
        return width, height

    def exif(self) -> tuple[int, int] | None:
        """Where the EXIF item is: offset and length."""
        for item, kind in self.kinds.items():
            if kind == b"Exif" and len(self.extents.get(item, ())) == 1:
                return self.extents[item][0]
        return None


def read_meta(data: bytes) -> Meta:
    """Reads the content of a `meta` box. Raises BadBoxes."""
    meta = Meta()
    try:
        for kind, content in boxes(data[4:]):
            if kind in READERS:
                READERS[kind](meta, content)
    except (struct.error, IndexError) as error:
        raise BadBoxes from error
    return meta


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = 0
    for _ in range(MAX_ITEMS):
        if start + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, start)
        length = length or len(data) - start
        if length < 8 or start + length > len(data):
            raise BadBoxes
        yield kind, data[start + 8 : start + length]
        start += length
    raise BadBoxes


def _primary(meta: Meta, data: bytes) -> None:
    (meta.primary,) = struct.unpack_from(">I" if data[0] else ">H", data, 4)


def _item_kinds(meta: Meta, data: bytes) -> None:
    for kind, entry in boxes(data[8 if data[0] else 6 :]):
        if kind == b"infe" and entry[0] >= 2:
            item, _, name = struct.unpack_from(">HH4s" if entry[0] == 2 else ">IH4s", entry, 4)
            meta.kinds[item] = name


def _properties(meta: Meta, data: bytes) -> None:
    for kind, content in boxes(data):
        if kind == b"ipco":
            meta.properties = list(boxes(content))
        elif kind == b"ipma":
            _associations(meta, content)


def _associations(meta: Meta, data: bytes) -> None:
    wide_items, wide_indices = data[0] >= 1, data[3] & 1
    (count,) = struct.unpack_from(">I", data, 4)
    at = 8
    for _ in range(min(count, MAX_ITEMS)):
        item, number = struct.unpack_from(">IB" if wide_items else ">HB", data, at)
        at += 5 if wide_items else 3
        # The top bit says that the property is essential; indices count from 1.
        indices = struct.unpack_from(f">{number}{'H' if wide_indices else 'B'}", data, at)
        at += number * (2 if wide_indices else 1)
        mask = 0x7FFF if wide_indices else 0x7F
        meta.associations[item] = [(index & mask) - 1 for index in indices if index & mask]


def _extents(meta: Meta, data: bytes) -> None:
    version, sizes = data[0], struct.unpack_from(">H", data, 4)[0]
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    at = 6

    def number(size: int) -> int:
        nonlocal at
        if at + size > len(data):
            raise BadBoxes
        at += size
        return int.from_bytes(data[at - size : at])

    wide = 4 if version == 2 else 2
    for _ in range(min(number(wide), MAX_ITEMS)):
        item = number(wide)
        in_file = not (version and number(2) & 15)  # else inside another box or item
        number(2)
        base = number(base_size)
        extents = []
        for _ in range(min(number(2), MAX_ITEMS)):
            number(index_size if version else 0)
            extents.append((base + number(offset_size), number(length_size)))
        if in_file:
            meta.extents[item] = extents


READERS = {b"pitm": _primary, b"iinf": _item_kinds, b"iprp": _properties, b"iloc": _extents}
