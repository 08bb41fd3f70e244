import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from config.demo.paint import SCENES, avatar, paint

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
GPS, EXIF = 0x8825, 0x8769


def exif_of(jpeg: bytes) -> Image.Exif:
    return Image.open(io.BytesIO(jpeg)).getexif()


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_paints(scene):
    painting = paint(7, scene, UNTIL)
    with Image.open(io.BytesIO(painting.jpeg)) as image:
        image.load()
        assert image.format == "JPEG"
        assert image.size == (painting.width, painting.height)
        assert max(image.size) >= 1080
        # Something is on it: more than a flat colour or a single gradient.
        assert len(set(image.resize((32, 32)).convert("RGB").tobytes())) > 24
    assert painting.scene == scene
    assert 20 < len(painting.alt) <= 500


def test_one_seed_one_picture():
    assert paint(3, until=UNTIL).jpeg == paint(3, until=UNTIL).jpeg
    assert paint(3, until=UNTIL).jpeg != paint(3 + len(SCENES), until=UNTIL).jpeg
    assert avatar(5) == avatar(5) != avatar(6)


def test_exif_names_camera_and_a_date_within_the_year():
    for seed in range(4):
        painting = paint(seed, "jellyfish", UNTIL)
        exif = exif_of(painting.jpeg)
        assert (exif[271], exif[272]) == ("photoapp", "Painted camera")
        taken = datetime.strptime(exif.get_ifd(EXIF)[36867], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        assert UNTIL - timedelta(days=366) < taken <= UNTIL
        assert taken == painting.taken_at.replace(second=taken.second, microsecond=0)


def test_about_a_third_have_a_place():
    located = [seed for seed in range(16) if exif_of(paint(seed, "jellyfish", UNTIL).jpeg).get_ifd(GPS)]
    assert 2 <= len(located) <= 10
    gps = exif_of(paint(located[0], "dunes", UNTIL).jpeg).get_ifd(GPS)
    assert gps[1] in "NS" and gps[3] in "EW"
    assert 0 <= float(gps[2][0]) <= 90 and 0 <= float(gps[4][0]) <= 180


def test_an_avatar_is_a_square():
    with Image.open(io.BytesIO(avatar(1))) as image:
        assert image.size == (512, 512)
