"""What an upload is, found without decoding it; and what is refused, with which words."""

import hashlib
import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from media.imaging import Checked, InvalidPhoto, check
from tests.media.imaging_samples import FORMATS, camera_files, encode, exif_of, png_of, sample, scene

SAMPLES = {format: sample(format) for format in FORMATS}
NAMES = {"progressive": "jpeg", "lossless": "webp"}


def checked(data: bytes, name: str = "") -> Checked:
    file = io.BytesIO(data)
    file.seek(len(data) // 2)
    try:
        return check(file, name=name)
    finally:
        assert file.tell() == 0


def refused(data: bytes, name: str = "") -> InvalidPhoto:
    with pytest.raises(InvalidPhoto) as raised:
        checked(data, name)
    return raised.value


@pytest.mark.parametrize("format", FORMATS)
def test_a_photo_is_known_by_its_content_whatever_its_name(format):
    found = checked(SAMPLES[format], "holiday.txt")
    assert found.format == NAMES.get(format, format)
    assert found.content_type == f"image/{found.format}"
    assert (found.width, found.height) == (160, 120)
    assert found.size == len(SAMPLES[format])
    assert found.sha256 == hashlib.sha256(SAMPLES[format]).hexdigest()
    if format != "gif":
        assert found.taken_at.isoformat() == "2024-05-17T18:03:09+02:00"
        assert found.gps == (-59.93514, 30.31451)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "avif"])
def test_width_and_height_are_as_seen_upright(format, orientation):
    data = encode(scene(60, 40), format, exif=exif_of(orientation=orientation))
    expected = (40, 60) if orientation >= 5 else (60, 40)
    assert (checked(data).width, checked(data).height) == expected


def test_heic_is_turned_by_its_container_and_not_again_by_its_exif():
    data = encode(scene(160, 120), "heic", exif=exif_of(orientation=6))
    assert (checked(data).width, checked(data).height) == Image.open(io.BytesIO(data)).size


@pytest.mark.parametrize("path", camera_files(), ids=lambda path: path.name)
def test_camera_files_are_read(path: Path):
    with path.open("rb") as file:
        found = check(file, name=path.name)
    upright = ImageOps.exif_transpose(Image.open(path))
    assert (found.width, found.height) == upright.size
    assert found.taken_at is not None or path.name.startswith("orientation")
    if path.name.startswith(("gps", "iphone-4", "iphone-5195", "nokia")):
        assert found.gps is not None


def test_one_pixel_is_a_photo():
    assert checked(encode(Image.new("RGB", (1, 1)), "png")).width == 1


def test_a_very_long_photo_is_fine_within_the_megapixels():
    assert checked(encode(Image.new("L", (60_000, 20)), "jpeg")).width == 60_000


@pytest.mark.parametrize(
    ("data", "code", "status", "words"),
    [
        (b"", "empty", 400, "“a.jpg” is empty."),
        (b"Dear diary, today I went to the sea.", "unsupported", 415, "“a.jpg” is not a photo."),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "unsupported", 415, "an SVG drawing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported", 415, "an SVG drawing"),
        (b"%PDF-1.7\n", "unsupported", 415, "a PDF document"),
        (b"BM" + bytes(80), "unsupported", 415, "a BMP picture"),
        (b"II*\0" + bytes(80), "unsupported", 415, "a TIFF or raw picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "unsupported", 415, "a film"),
        (b"\xff\xd8\xff", "truncated", 400, "incomplete"),
        (bytes(300), "unsupported", 415, "is not a photo"),
        (png_of(40_000, 20_000), "too_many_pixels", 400, "800 megapixels; at most 50"),
        (png_of(2**31 - 1, 2**31 - 1), "too_many_pixels", 400, "megapixels"),
        (png_of(0, 20), "damaged", 400, "damaged"),
        (SAMPLES["jpeg"] + bytes(40 * 1024**2), "too_large", 413, "larger than 40 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_photo_is_refused_with_a_clear_message(data, code, status, words):
    error = refused(data, "a.jpg")
    assert (error.code, error.status) == (code, status)
    assert words in error.message
    assert error.message[0] == "“" and error.message.endswith(".")


def test_a_message_without_a_name_reads_well_and_a_long_name_is_cut():
    assert refused(b"").message == "This file is empty."
    assert len(refused(b"", "a" * 500).message) < 100


def test_forty_megabytes_are_just_allowed():
    padding = bytes(40 * 1024**2 - len(SAMPLES["jpeg"]))
    assert checked(SAMPLES["jpeg"] + padding).size == 40 * 1024**2


@pytest.mark.parametrize("format", ["jpeg", "progressive", "png", "webp", "lossless", "avif", "heic"])
def test_a_photo_cut_anywhere_is_refused(format):
    data = SAMPLES[format]

    @settings(deadline=None, derandomize=True, max_examples=150)
    @given(st.integers(16, len(data) - 1))
    def refuse(length):
        assert refused(data[:length]).code in ("truncated", "damaged")

    refuse()


@pytest.mark.parametrize("missing", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("format", ["jpeg", "progressive", "png", "webp", "avif", "heic", "gif"])
def test_a_photo_without_its_last_bytes_is_refused(format, missing):
    if format == "gif" and missing == 1:
        assert checked(SAMPLES[format][:-1])  # the picture is whole, only the end mark is missing
    else:
        assert refused(SAMPLES[format][:-missing]).code == "truncated"


def test_what_follows_the_end_of_a_jpeg_does_not_matter():
    assert checked(SAMPLES["jpeg"] + b"MotionPhoto_Data" + bytes(1000)).format == "jpeg"


def test_the_preview_inside_a_jpeg_is_not_taken_for_its_end():
    preview = encode(scene(80, 60), "jpeg")
    exif = Image.Exif()
    exif[0x010F] = preview.decode("latin-1")
    data = encode(scene(), "jpeg", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + preview)
    assert preview in data
    assert refused(data[: data.index(preview) + len(preview) + 500]).code == "truncated"


@pytest.mark.parametrize("format", FORMATS)
def test_any_header_gives_an_answer_or_a_refusal(format):
    dice = random.Random(format)
    for _ in range(300):
        data = bytearray(SAMPLES[format])
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(min(400, len(data)))] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
        try:
            assert checked(bytes(data)).width > 0
        except InvalidPhoto as error:
            assert error.status in (400, 415)


@pytest.mark.parametrize(
    "data",
    [
        SAMPLES["png"][:33] + b"\0\0\0\0tEXt\0\0\0\0" * 3_000_000,
        b"RIFF" + (36_000_004).to_bytes(4, "little") + b"WEBP" + b"JUNK\0\0\0\0" * 4_500_000,
        b"\0\0\0\x0cftypavif" + b"\0\0\0\x08free" * 4_500_000,
        b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\1x\0" * 7_000_000,
        b"\xff\xd8\xff\xe0\0\2" + b"\xff\xfe\0\2" * 9_000_000,
        b"\xff\xd8\xff\xe0\0\2" + b"\0" * 36_000_000,
    ],
    ids=["png", "webp", "avif", "gif", "jpeg", "stray"],
)
def test_millions_of_tiny_parts_are_not_walked_to_the_end(data):
    assert refused(data).code == "damaged"


def test_a_jpeg_with_too_many_passes_is_refused():
    data = SAMPLES["progressive"]
    scan = data.rindex(b"\xff\xda")
    assert refused(data[:scan] + data[scan:-2] * 200 + b"\xff\xd9").code == "damaged"
