"""Reads the skeleton of an image file: its size in pixels, its EXIF block and whether all of it has arrived.

No pixel is decoded and no native code runs: this is called in web processes, on files from anybody.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .boxes import BadBoxes, Meta, read_meta

# EXIF in a JPEG cannot be longer; elsewhere a longer one is somebody's trick.
MAX_EXIF = 65_535
MAX_META = 1 << 20
# Twice what the largest file with the usual chunks needs.
MAX_READS = 200_000
# Each scan of a progressive JPEG is a pass over the whole picture; encoders write about ten.
MAX_SCANS = 100
# A marker that ends entropy-coded data: not a stuffed zero, a restart marker or a fill byte.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
JPEG_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


class Truncated(Exception):
    """The file ends before it should."""


class Damaged(Exception):
    """The file contradicts its own format."""


@dataclass(frozen=True)
class Skeleton:
    width: int  # as stored, before `orientation`
    height: int
    exif: bytes = b""
    upright: bool = False  # width and height already take the orientation into account


class Reader:
    """A file that cannot be made to take long, as by ten million chunks of no length."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size
        self.reads = 0

    def exactly(self, length: int) -> bytes:
        data = self.some(length)
        if len(data) < length:
            raise Truncated
        return data

    def some(self, length: int) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise Damaged
        return self.file.read(length)

    def seek(self, offset: int, whence: int = 0) -> None:
        self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()


def read_skeleton(file: BinaryIO, format: str, size: int) -> Skeleton:
    """Raises Truncated or Damaged. `size` is the file's length in bytes."""
    return READERS[format](Reader(file, size))


def _jpeg(file: Reader) -> Skeleton:
    file.seek(2)
    width = height = scans = 0
    exif = b""
    marker = _next_jpeg_marker(file)
    while marker != 0xD9:  # end of image; whatever follows (a motion photo's film) is not the photo
        length = int.from_bytes(file.exactly(2)) - 2
        if length < 0:
            raise Damaged
        segment = file.exactly(length)
        if marker in JPEG_START_OF_FRAME and not width:
            if length < 6:
                raise Damaged
            height, width = struct.unpack_from(">HH", segment, 1)
        elif marker == 0xE1 and segment.startswith(b"Exif\0\0") and not exif:
            exif = segment
        elif marker == 0xDA:
            scans += 1
            if scans > MAX_SCANS or not width:
                raise Damaged
            _skip_jpeg_scan(file)
        marker = _next_jpeg_marker(file)
    if not scans:
        raise Damaged
    return Skeleton(width, height, exif=exif)


def _next_jpeg_marker(file: Reader) -> int:
    while True:
        if file.exactly(1) != b"\xff":
            continue  # decoders skip stray bytes between segments, with a warning
        code = b"\xff"
        while code == b"\xff":
            code = file.exactly(1)
        if code[0] not in (0x00, 0x01, *range(0xD0, 0xD9)):  # these have no segment behind them
            return code[0]


def _skip_jpeg_scan(file: Reader) -> None:
    """Leaves the file at the first marker after entropy-coded data."""
    while chunk := file.some(1 << 16):
        if found := JPEG_MARKER.search(chunk):
            file.seek(found.start() - len(chunk), 1)
            return
        if chunk.endswith(b"\xff") and len(chunk) > 1:
            file.seek(-1, 1)  # its second byte is in the next chunk
    raise Truncated


def _png(file: Reader) -> Skeleton:
    file.seek(8)
    header, exif, has_data = b"", b"", False
    while True:
        length, kind = struct.unpack(">I4s", file.exactly(8))
        end = file.tell() + length + 4  # a checksum follows the data
        if end > file.size:
            raise Truncated
        if not header:
            if kind != b"IHDR" or length != 13:
                raise Damaged
            header = file.exactly(8)
        elif kind == b"eXIf" and length <= MAX_EXIF:
            exif = file.exactly(length)
        has_data = has_data or kind == b"IDAT"
        if kind == b"IEND":
            break
        file.seek(end)
    if not has_data:
        raise Damaged
    width, height = struct.unpack(">II", header)
    return Skeleton(width, height, exif=exif)


def _riff_chunks(file: Reader, end: int) -> Iterator[tuple[bytes, int]]:
    """Yields kind and length of each chunk, with the file at the chunk's data."""
    while (start := file.tell()) + 8 <= end:
        kind, length = struct.unpack("<4sI", file.exactly(8))
        if start + 8 + length > end:
            raise Truncated
        yield kind, length
        file.seek(start + 8 + length + length % 2)


def _webp(file: Reader) -> Skeleton:
    file.seek(4)
    end = int.from_bytes(file.exactly(4), "little") + 8
    if end > file.size:
        raise Truncated
    file.seek(12)
    dimensions, exif, has_data = None, b"", False
    for kind, length in _riff_chunks(file, end):
        if kind in (b"VP8 ", b"VP8L", b"VP8X"):
            dimensions = dimensions or _webp_dimensions(kind, file.some(min(length, 10)))
        elif kind == b"EXIF" and length <= MAX_EXIF:
            exif = file.exactly(length)
        has_data = has_data or kind in (b"VP8 ", b"VP8L", b"ANMF")
    if dimensions is None or not has_data:
        raise Damaged
    return Skeleton(*dimensions, exif=exif)


def _webp_dimensions(kind: bytes, head: bytes) -> tuple[int, int]:
    if len(head) < (5 if kind == b"VP8L" else 10):
        raise Damaged
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", head, 6)
    return width & 0x3FFF, height & 0x3FFF


def _gif(file: Reader) -> Skeleton:
    file.seek(6)
    width, height, flags = struct.unpack("<HHB2x", file.exactly(7))
    file.seek(_colour_table(flags), 1)
    while (kind := file.exactly(1)) == b"!":  # extensions
        file.exactly(1)
        _skip_gif_blocks(file)
    if kind != b",":
        raise Damaged  # no frame at all
    left, top, frame_width, frame_height, flags = struct.unpack("<HHHHB", file.exactly(9))
    file.seek(_colour_table(flags) + 1, 1)
    _skip_gif_blocks(file)
    # A frame may stick out of the screen; decoders enlarge the screen then.
    return Skeleton(max(width, left + frame_width), max(height, top + frame_height))


def _colour_table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_gif_blocks(file: Reader) -> None:
    while length := file.exactly(1)[0]:
        file.exactly(length)


def _heif(file: Reader) -> Skeleton:
    """HEIC and AVIF. Their top boxes must end where the file ends, and their items lie within it."""
    meta, start = None, 0
    while start < file.size:
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.exactly(8))
        head = 8
        if length == 1:
            length, head = int.from_bytes(file.exactly(8)), 16
        length = length or file.size - start
        if length < head:
            raise Damaged
        if kind == b"meta" and meta is None:
            if length > MAX_META:
                raise Damaged
            meta = _heif_meta(file.exactly(length - head))
        start += length
    if start > file.size:
        raise Truncated
    if meta is None:
        raise Damaged
    if any(sum(extent) > file.size for extents in meta.extents.values() for extent in extents):
        raise Truncated
    width, height = _heif_size(meta)
    # Decoders turn the picture by the container's own boxes; the EXIF orientation only repeats them.
    return Skeleton(width, height, exif=_heif_exif(file, meta), upright=True)


def _heif_meta(data: bytes) -> Meta:
    try:
        return read_meta(data)
    except BadBoxes:
        raise Damaged from None


def _heif_size(meta: Meta) -> tuple[int, int]:
    try:
        return meta.size()
    except (struct.error, IndexError, ZeroDivisionError):
        raise Damaged from None


def _heif_exif(file: Reader, meta: Meta) -> bytes:
    offset, length = meta.exif() or (0, 0)
    if not 4 < length <= MAX_EXIF:
        return b""
    file.seek(offset)
    data = file.exactly(length)
    return data[4 + int.from_bytes(data[:4]) :]  # the item begins with the offset of the TIFF header


READERS: dict[str, Callable[[Reader], Skeleton]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "heic": _heif,
    "avif": _heif,
}
