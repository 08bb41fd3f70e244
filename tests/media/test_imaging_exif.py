"""When and where: read when it is sound, silently left out when it is not."""

import random
import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from media.imaging.exif import Exif, read_exif
from tests.media.imaging_samples import exif_of, place


def tiff(entries: list[tuple[int, int, int, bytes]], order: str = "<") -> bytes:
    """A block of one directory whose entries are given raw: tag, type, count, the four bytes of value."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    body = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(f"{order}HHI", tag, kind, count) + value
    return head + body + bytes(4)


def test_a_sound_block_says_when_where_and_which_way_up():
    found = read_exif(exif_of(orientation=6))
    assert found.orientation == 6
    assert found.taken_at == datetime(2024, 5, 17, 16, 3, 9, tzinfo=UTC)
    assert found.taken_at.utcoffset() == timedelta(hours=2)
    assert found.gps == (-59.93514, 30.31451)


def test_a_time_without_a_zone_counts_as_utc():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2020:02:29 12:00:00"
    assert read_exif(exif.tobytes()).taken_at == datetime(2020, 2, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(order):
    assert read_exif(tiff([(0x0112, 3, 1, struct.pack(f"{order}HH", 8, 0))], order)).orientation == 8


@pytest.mark.parametrize(
    "taken",
    [
        "0000:00:00 00:00:00",
        "2024-05-17",
        "",
        "    :  :     :  :  ",
        "2024:13:45 99:99:99",
        "1066:10:14 09:00:00",
    ],
)
def test_a_senseless_time_is_left_out(taken):
    assert read_exif(exif_of(taken=taken)).taken_at is None


def test_a_place_divided_by_nothing_is_left_out():
    rationals = struct.pack("<6I", 59, 1, 56, 1, 6, 0)
    sound = exif_of(gps=place(latitude=(59.0, 56.0, 6.0)))
    assert sound.count(rationals[:-4] + b"\1\0\0\0") == 1 and read_exif(sound).gps
    assert read_exif(sound.replace(rationals[:-4] + b"\1\0\0\0", rationals)).gps is None


def test_a_time_in_the_future_is_left_out():
    future = datetime.now(UTC) + timedelta(days=3)
    assert read_exif(exif_of(taken=future.strftime("%Y:%m:%d %H:%M:%S"))).taken_at is None


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {1: "N", 2: (59.0, 56.0, 6.0)},
        place() | {1: "X"},
        place() | {3: ""},
        place(latitude=(91.0, 0.0, 0.0)),
        place(longitude=(181.0, 0.0, 0.0)),
        place(latitude=(0.0, 0.0, 0.0), longitude=(0.0, 0.0, 0.0)),
        place() | {2: (59.0,)},
        place() | {1: b"NS"},
    ],
)
def test_a_senseless_place_is_left_out_and_the_time_stays(gps):
    found = read_exif(exif_of(gps=gps))
    assert found.gps is None
    assert found.taken_at is not None


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"II*\0" + (8).to_bytes(4, "little") + b"\xff\xff",
        tiff([(0x8769, 4, 1, struct.pack("<I", 8))]),  # a directory that is its own child
        tiff([(0x0112, 3, 0, bytes(4))]),
        tiff([(0x0112, 99, 1, bytes(4))]),
        tiff([(0x0112, 3, 1, struct.pack("<HH", 9, 0))]),
        tiff([(0x0112, 4, 2**32 - 1, b"\xff" * 4)]),
        tiff([(0x0112, 2, 4, b"abc\0")]),
        tiff([(tag, 7, 60_000, struct.pack("<I", 8)) for tag in range(1, 5000)]) + bytes(60_000),
    ],
)
def test_a_hostile_block_says_nothing(block):
    assert read_exif(block) == Exif()


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.binary(max_size=400), st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b""]))
def test_no_bytes_make_it_raise(data, head):
    assert isinstance(read_exif(head + data), Exif)


def test_no_changed_byte_makes_it_raise():
    dice, sound = random.Random(1), exif_of()
    for _ in range(3000):
        block = bytearray(sound)
        for _ in range(dice.randint(1, 4)):
            block[dice.randrange(len(block))] = dice.randrange(256)
        assert isinstance(read_exif(bytes(block)), Exif)
