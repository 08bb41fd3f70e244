"""Pictures for the imaging tests: painted ones, and camera files from `../shared/photos` when present."""

import io
import struct
import tempfile
import warnings
import zlib
from pathlib import Path
from typing import Any

import pillow_heif
import pyvips
from PIL import Image, ImageDraw

SHARED = Path(__file__).resolve().parents[3] / "shared" / "photos"
FORMATS = ("jpeg", "progressive", "png", "webp", "lossless", "avif", "heic", "gif")
STAND_INS = tempfile.TemporaryDirectory()
TAKEN = "2024:05:17 18:03:09"

pillow_heif.register_heif_opener()


def scene(width: int = 640, height: int = 480) -> Image.Image:
    """A sky, a sun at the top left, a meadow with fine grain: no two corners alike."""
    picture = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (picture, picture.point(lambda v: v // 2 + 60), picture.point(lambda v: 255 - v)))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width // 12, height // 12, width // 4, height // 3), fill=(255, 220, 60))
    draw.rectangle((0, height * 3 // 4, width, height), fill=(30, 120, 50))
    draw.rectangle((width * 3 // 4, height // 2, width * 5 // 6, height * 3 // 4), fill=(160, 40, 30))
    grain = Image.effect_noise((width, height), 24).convert("RGB")
    return Image.blend(picture, grain, 0.08)


def exif_of(*, orientation: int = 1, taken: str = TAKEN, gps: dict[int, Any] | None = None) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Alices Camera"
    exif.get_ifd(0x8769).update({0x9003: taken, 0x9011: "+02:00"})
    exif.get_ifd(0x8825).update(gps if gps is not None else place())
    return exif.tobytes()


def place(latitude: tuple = (59.0, 56.0, 6.5), longitude: tuple = (30.0, 18.0, 52.25)) -> dict[int, Any]:
    return {1: "S", 2: latitude, 3: "E", 4: longitude}


def encode(picture: Image.Image, format: str = "jpeg", **options: Any) -> bytes:
    if "exif" in options and options["exif"] is None:
        del options["exif"]
    name, defaults = {
        "jpeg": ("JPEG", {"quality": 90}),
        "progressive": ("JPEG", {"quality": 90, "progressive": True}),
        "png": ("PNG", {}),
        "webp": ("WEBP", {"quality": 85}),
        "lossless": ("WEBP", {"lossless": True}),
        "avif": ("AVIF", {"quality": 70, "speed": 10}),
        "heic": ("HEIF", {"quality": 70}),
        "gif": ("GIF", {}),
    }[format]
    out = io.BytesIO()
    picture.save(out, name, **(defaults | options))
    return out.getvalue()


def sample(format: str, width: int = 160, height: int = 120) -> bytes:
    """A small file with all the metadata its format can hold."""
    options = {} if format == "gif" else {"exif": exif_of()}
    return encode(scene(width, height), format, **options)


def png_of(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def profile(name: str) -> bytes:
    """An ICC profile that libvips has built in: srgb, p3 or cmyk."""
    return pyvips.Operation.call("profile_load", name)


def camera_files() -> list[Path]:
    """Every real photo, or one painted stand-in, named so that the test output says which."""
    found = sorted(SHARED.glob("*.jpg")) + sorted(SHARED.glob("*.heic"))
    if found:
        return found
    warnings.warn("../shared/photos is not there: painted pictures stand in for camera files", stacklevel=2)
    folder = Path(STAND_INS.name)
    for format in ("jpeg", "heic"):
        exif = exif_of(orientation=6 if format == "jpeg" else 1)
        (folder / f"painted.{format}").write_bytes(encode(scene(1600, 1200), format, exif=exif))
    return sorted(folder.iterdir())
