"""Renditions: upright, of the right size and colours, free of metadata."""

import base64
import io
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms, ImageFilter, ImageOps, ImageStat

from media.imaging import FORMATS, WIDTHS, Rendered, check, render
from tests.media.imaging_samples import camera_files, encode, exif_of, profile, sample, scene

CAMERA_FILES = camera_files()
MARKERS = (b"Exif\0\0", b"http://ns.adobe", b"Photoshop 3.0", b"<x:xmpmeta", b"Alices Camera")


@cache
def rendered_file(path: Path) -> Rendered:
    return render(path)


@pytest.fixture
def rendered(tmp_path):
    def make(data: bytes) -> Rendered:
        path = tmp_path / "photo.bin"
        path.write_bytes(data)
        return render(path)

    return make


def picture(result: Rendered, width: int = 320, format: str = "webp") -> Image.Image:
    (data,) = (each.data for each in result.renditions if (each.width, each.format) == (width, format))
    opened = Image.open(io.BytesIO(data))
    opened.load()
    assert opened.format == {"webp": "WEBP", "jpg": "JPEG"}[format]
    return opened


def difference(one: Image.Image, other: Image.Image) -> float:
    """Of 0 to 255, the mean over small versions of both."""
    small = [ImageOps.exif_transpose(each).convert("RGB").resize((24, 24)) for each in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3


def segments(data: bytes) -> set[bytes]:
    """The kinds of parts that a JPEG or WebP has before its pixels: marker numbers, or names of chunks."""
    kinds, at = set(), 2
    if data.startswith(b"RIFF"):
        at = 12
        while at < len(data):
            kinds.add(data[at : at + 4])
            length = int.from_bytes(data[at + 4 : at + 8], "little")
            at += 8 + length + length % 2
        return kinds
    while data[at + 1] != 0xDA:
        kinds.add(data[at : at + 2])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return kinds


def assert_no_metadata(result: Rendered) -> None:
    tiny = base64.b64decode(result.placeholder)
    for data in [tiny, *(each.data for each in result.renditions)]:
        assert not [marker for marker in MARKERS if marker in data]
        opened = Image.open(io.BytesIO(data))
        assert not opened.getexif() and not {"exif", "xmp", "photoshop", "comment"} & opened.info.keys()
        if data.startswith(b"RIFF"):
            assert segments(data) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}
        else:  # of the application segments only JFIF (E0) and the colour profile (E2)
            extra = {kind for kind in segments(data) if kind[1] >= 0xE0}
            assert extra <= {b"\xff\xe0", b"\xff\xe2"}


@pytest.mark.parametrize("path", CAMERA_FILES, ids=lambda path: path.name)
def test_every_camera_file_becomes_upright_clean_renditions(path: Path):
    result, original = rendered_file(path), Image.open(path)
    with path.open("rb") as file:
        found = check(file)
    assert (result.width, result.height) == (found.width, found.height)
    assert [(each.width, each.format) for each in result.renditions] == [
        (width, format) for width in sorted(WIDTHS, reverse=True) for format in FORMATS
    ]
    for each in result.renditions:
        opened = picture(result, each.width, each.format)
        width = min(each.width, result.width)
        assert opened.size == (width, each.height)
        assert abs(each.height - width * result.height / result.width) <= 1
        assert difference(opened, original) < 3
    assert_no_metadata(result)


@pytest.mark.parametrize("scene_name", ["landscape", "portrait"])
def test_the_same_scene_in_four_orientations_comes_out_alike(scene_name):
    paths = [path for path in CAMERA_FILES if path.name.startswith(f"orientation-{scene_name}")]
    if not paths:
        print("The camera's four orientations are not there: the painted eight are tested below.")
        return
    first, *others = [picture(rendered_file(path), 320, "jpg") for path in paths]
    assert len(others) == 3
    for other in others:
        assert other.size == first.size
        assert difference(first, other) < 4  # each has its number painted on it


@pytest.mark.parametrize("format", ["jpeg", "progressive", "png", "webp", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_painted_scene_comes_out_upright_from_any_orientation(rendered, format, orientation):
    upright = scene(400, 300)
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright if undo is None else upright.transpose(undo)
    data = encode(stored, format, exif=exif_of(orientation=orientation))
    result = rendered(data)
    assert (result.width, result.height) == (400, 300)
    assert (check(io.BytesIO(data)).width, check(io.BytesIO(data)).height) == (400, 300)
    assert picture(result).size == (320, 240)
    assert difference(picture(result), upright) < 4
    assert_no_metadata(result)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_comes_out_as_phones_show_it(rendered, orientation):
    data = encode(scene(400, 300), "heic", exif=exif_of(orientation=orientation))
    result, shown = rendered(data), Image.open(io.BytesIO(data))
    assert (result.width, result.height) == shown.size
    assert difference(picture(result), shown) < 3


def test_a_narrow_photo_is_never_enlarged_and_has_every_url_all_the_same(rendered):
    result = rendered(encode(scene(500, 400)))
    sizes = {each.width: picture(result, each.width, each.format).size for each in result.renditions}
    assert sizes == {320: (320, 256), 640: (500, 400), 1080: (500, 400), 2048: (500, 400)}
    assert len({each.data for each in result.renditions}) == 4


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (3, 20_000), (20_000, 3), (900, 17_000)])
def test_odd_shapes_have_renditions(rendered, size):
    result = rendered(encode(Image.new("RGB", size, "teal"), "png"))
    assert (result.width, result.height) == size
    for each in result.renditions:
        width, height = picture(result, each.width, each.format).size
        assert 1 <= width <= min(each.width, size[0])
        assert 1 <= height == each.height <= min(8192, size[1])


def test_renditions_are_as_sharp_as_a_careful_resize(rendered):
    """Sharpness is the mean strength of edges; the measure is Pillow's Lanczos from the full picture."""
    original = Image.effect_noise((1600, 1200), 90).filter(ImageFilter.GaussianBlur(1)).convert("RGB")

    def edges(image: Image.Image) -> float:
        return ImageStat.Stat(image.convert("L").filter(ImageFilter.FIND_EDGES)).mean[0]

    result = rendered(encode(original, quality=95))
    for width in (320, 640, 1080):
        careful = original.resize((width, width * 3 // 4), Image.Resampling.LANCZOS)
        for format in FORMATS:
            assert 0.8 < edges(picture(result, width, format)) / edges(careful) < 1.2


def test_a_wide_colour_profile_is_kept_with_its_colours(rendered):
    wide = profile("p3")
    result = rendered(encode(Image.new("RGB", (400, 300), (250, 20, 10)), icc_profile=wide, exif=exif_of()))
    for format in FORMATS:
        opened = picture(result, 320, format)
        assert opened.info["icc_profile"] == wide
        assert all(abs(a - b) < 8 for a, b in zip(opened.convert("RGB").getpixel((9, 9)), (250, 20, 10), strict=True))
    assert_no_metadata(result)


def test_phones_wide_colours_survive():
    for path in CAMERA_FILES:
        original = Image.open(path).info.get("icc_profile")
        if original and b"sRGB" not in original:
            for format in FORMATS:
                assert picture(rendered_file(path), 640, format).info["icc_profile"] == original


def test_a_plain_srgb_profile_is_left_out(rendered):
    result = rendered(encode(scene(), icc_profile=profile("srgb")))
    assert "icc_profile" not in picture(result, 640, "jpg").info
    assert difference(picture(result, 640), scene()) < 3


def test_a_huge_profile_is_left_out_and_its_colours_are_converted(rendered):
    wide = bytearray(profile("p3") + bytes(20_000))
    wide[:4] = len(wide).to_bytes(4)
    source = Image.new("RGB", (400, 300), (90, 200, 90))
    opened = picture(rendered(encode(source, "png", icc_profile=bytes(wide))), 320, "jpg")
    expected = ImageCms.profileToProfile(
        source, ImageCms.ImageCmsProfile(io.BytesIO(profile("p3"))), ImageCms.createProfile("sRGB")
    )
    assert "icc_profile" not in opened.info
    assert difference(opened, expected) < 3 < difference(source, expected)


@pytest.mark.parametrize("junk", [b"no profile", bytes(200), profile("p3")[:300], profile("cmyk")[:5000]])
def test_a_broken_profile_is_left_out(rendered, junk):
    opened = picture(rendered(encode(scene(), icc_profile=junk)), 640, "jpg")
    assert "icc_profile" not in opened.info
    assert difference(opened, scene()) < 6


@pytest.mark.parametrize("with_profile", [True, False])
def test_cmyk_comes_out_in_colour(rendered, with_profile):
    cmyk = Image.new("CMYK", (400, 300), (0, 230, 230, 0))  # red ink
    options = {"icc_profile": profile("cmyk")} if with_profile else {}
    for format in FORMATS:
        opened = picture(rendered(encode(cmyk, **options)), 320, format)
        red, green, blue = opened.convert("RGB").getpixel((9, 9))
        assert red > 180 > 90 > max(green, blue)
        assert opened.mode == "RGB" and "icc_profile" not in opened.info


@pytest.mark.parametrize("mode", ["L", "1", "P", "I;16", "LA", "RGBA"])
def test_every_kind_of_pixel_is_read(rendered, mode):
    grey = scene(400, 300).convert("L")
    if mode == "I;16":
        source = grey.convert("I").point(lambda v: v * 257).convert("I;16")
    else:
        source = grey.convert("RGB").convert(mode)
    opened = picture(rendered(encode(source, "png")), 320, "jpg")
    assert opened.mode == "RGB"
    assert difference(opened, grey) < 8


def test_alpha_is_kept_in_webp_and_lies_on_white_in_jpeg(rendered):
    see_through = Image.new("RGBA", (400, 300), (255, 0, 0, 0))
    see_through.paste((0, 0, 255, 255), (200, 0, 400, 300))
    result = rendered(encode(see_through, "png"))
    webp, jpeg = picture(result, 320, "webp"), picture(result, 320, "jpg")
    assert webp.getpixel((20, 20))[3] == 0 and webp.getpixel((300, 20))[3] == 255
    assert min(jpeg.getpixel((20, 20))) > 250
    assert jpeg.getpixel((300, 20))[2] > 240 > 20 > jpeg.getpixel((300, 20))[0]


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_of_a_moving_picture_the_first_frame_is_shown(rendered, format):
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "lime", "blue")]
    result = rendered(encode(frames[0], format, save_all=True, append_images=frames[1:], duration=100))
    opened = picture(result, 320, "webp")
    assert (result.width, result.height) == (400, 300)
    assert getattr(opened, "n_frames", 1) == 1
    assert difference(opened, frames[0]) < 3


@pytest.mark.parametrize("format", ["jpeg", "progressive", "png", "webp", "lossless", "avif", "heic", "gif"])
def test_every_format_is_rendered_without_its_metadata(rendered, format):
    result = rendered(sample(format, 800, 600))
    assert (result.width, result.height) == (800, 600)
    assert difference(picture(result, 640), scene(800, 600)) < 6
    assert_no_metadata(result)


def test_comments_and_xmp_are_removed(rendered):
    secret = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>Alice lives at 12 Shore Road</x:xmpmeta>"
    data = encode(scene(), comment=b"Alice lives here", xmp=secret, exif=exif_of())
    result = rendered(data)
    assert_no_metadata(result)
    assert not [each for each in result.renditions if b"Alice" in each.data]


def test_the_placeholder_is_a_tiny_likeness():
    result = rendered_file(CAMERA_FILES[0])
    tiny = base64.b64decode(result.placeholder, validate=True)
    assert len(tiny) < 150
    opened = Image.open(io.BytesIO(tiny))
    assert max(opened.size) == 16
    assert difference(opened, picture(result, 320)) < 25
