"""Pictures for the demo: `paint(seed)` gives a photo with EXIF, `avatar(seed)` a portrait. Pure functions.

The same seed gives the same picture. One picture takes about a quarter of a second of one core
(VIPS_CONCURRENCY=1, where several processes paint side by side).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyvips

from config.demo import portraits, scenes_close, scenes_land, scenes_night, scenes_paper, scenes_table, scenes_water
from config.demo.canvas import Canvas
from config.demo.places import PLACES, Place

QUALITY = 84
AVATAR = 512  # px

# 4:5, 1:1, 3:2, 16:9, 3:4, 1.91:1; multiples of 8, so that soft layers are enlarged by whole pixels
FORMATS = ((960, 1200), (1080, 1080), (1200, 800), (1200, 672), (960, 1280), (1200, 632))
WEIGHTS = (5, 3, 4, 2, 3, 1)

SCENES: dict[str, Callable[[Canvas], str]] = {
    scene.__name__: scene
    for scene in (
        scenes_land.mountains,
        scenes_water.sunset_sea,
        scenes_land.foggy_forest,
        scenes_close.flower,
        scenes_night.city,
        scenes_paper.balloons,
        scenes_land.lake,
        scenes_table.coffee,
        scenes_night.northern_lights,
        scenes_land.poppies,
        scenes_water.lighthouse,
        scenes_paper.sunlit_wall,
        scenes_land.dunes,
        scenes_water.jellyfish,
        scenes_close.cherry_blossom,
        scenes_night.moonlit_hills,
        scenes_table.still_life,
        scenes_paper.lavender,
        scenes_land.snow_tree,
        scenes_night.rainy_window,
        scenes_water.koi_pond,
        scenes_close.autumn,
        scenes_paper.paper_cut,
        scenes_night.milky_way,
    )
}


@dataclass(frozen=True)
class Painting:
    jpeg: bytes
    width: int
    height: int
    scene: str  # a key of SCENES
    alt: str
    place: str
    taken_at: datetime


def paint(seed: int, scene: str | None = None, until: datetime | None = None) -> Painting:
    """Paints one picture, taken within the year before `until` (now). Raises KeyError for an unknown scene."""
    rng = random.Random(seed)
    scene = scene or list(SCENES)[seed % len(SCENES)]
    width, height = rng.choices(FORMATS, WEIGHTS)[0]
    place = rng.choice(PLACES[scene])
    taken_at = (until or datetime.now(UTC)) - timedelta(minutes=rng.randrange(365 * 24 * 60))
    located = rng.random() < 1 / 3
    canvas = Canvas(rng, width, height)
    alt = SCENES[scene](canvas)
    image = canvas.finish().copy()
    _set_exif(image, taken_at, place if located else None)
    jpeg = image.jpegsave_buffer(Q=QUALITY)
    return Painting(jpeg, width, height, scene, alt, place.name, taken_at)


def _set_exif(image: pyvips.Image, taken_at: datetime, place: Place | None) -> None:
    fields = {
        "ifd0-Make": "photoapp",
        "ifd0-Model": "Painted camera",
        "ifd0-DateTime": f"{taken_at:%Y:%m:%d %H:%M:%S}",
        "ifd2-DateTimeOriginal": f"{taken_at:%Y:%m:%d %H:%M:%S}",
    }
    if place:
        for axis, value, signs in (("Latitude", place.latitude, "NS"), ("Longitude", place.longitude, "EW")):
            seconds = round(abs(value) * 3600 * 100)
            degrees, rest = divmod(seconds, 360_000)
            fields[f"ifd3-GPS{axis}Ref"] = signs[value < 0]
            fields[f"ifd3-GPS{axis}"] = f"{degrees}/1 {rest // 6000}/1 {rest % 6000}/100"
    for name, text in fields.items():
        image.set_type(pyvips.GValue.gstr_type, f"exif-{name}", text)


def avatar(seed: int) -> bytes:
    """A JPEG of 512 px square: a portrait, or now and then an animal."""
    image = portraits.portrait(seed, AVATAR)
    return image.jpegsave_buffer(Q=88)
