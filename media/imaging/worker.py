"""Renders one photo: the file on standard input, the result on standard output. Run by rendering.py.

It imports nothing of the project, sees nothing of its environment and lives for one photo, so a decoder that
is led astray finds neither settings nor time. Output: the line `ready` once everything is loaded, then a
line of JSON, then the renditions' bytes one behind the other.
"""

import base64
import contextlib
import json
import math
import os
import resource
import sys
from pathlib import Path
from typing import Any

import pyvips

LOADERS = ("Jpeg", "Png", "Webp", "Nsgif", "Heif")
# libvips reads no HEIC (its build here has the decoder for AVIF alone).
AVIF_BRANDS = {b"avif", b"avis"}
# Profiles of cameras, phones and displays have a few KB; those of printers have megabytes.
MAX_PROFILE = 16_384
PLACEHOLDER = 16  # pixels, the longer side
WHOLE = "[fail_on=truncated]"  # thumbnail_source ignores its argument of that name (libvips issue 5195)
PROGRESSIVE = 2_000_000  # pixels, at most
PHOTO = 0  # the descriptor


def limit(job: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_AS: job["memory"],
        resource.RLIMIT_CPU: math.ceil(job["timeout"]),
        resource.RLIMIT_FSIZE: job["output"],
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(kind, (value, value))
    # On Linux, when the machine runs out of memory, this process goes first.
    with contextlib.suppress(OSError), Path("/proc/self/oom_score_adj").open("w") as score:
        score.write("1000")
    pyvips.cache_set_max(0)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)


def render(job: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    photo = open_photo(job["pixels"])
    upright = photo.autorot()
    largest, profile = shrink(photo, max(job["widths"]), job["height"])
    keep = "icc" if profile else "none"
    blobs: list[bytes] = []
    renditions, done = [], {}
    for nominal in sorted(job["widths"], reverse=True):
        width, height = fit(upright.width, upright.height, nominal, job["height"])
        if (width, height) not in done:
            picture = largest
            if (width, height) != (largest.width, largest.height):
                picture = largest.thumbnail_image(width, height=height, size="force").copy_memory()
            done[width, height] = len(blobs)
            blobs += encode(picture, keep, job["quality"])
        for format, blob in zip(("webp", "jpg"), (0, 1), strict=True):
            index = done[width, height] + blob
            renditions.append({"width": nominal, "height": height, "format": format, "blob": index})
    header = {
        "width": upright.width,
        "height": upright.height,
        "placeholder": placeholder(picture),
        "renditions": renditions,
        "lengths": [len(blob) for blob in blobs],
    }
    return header, blobs


def open_photo(pixels: int) -> pyvips.Image:
    """The photo with its header read, its pixels not yet decoded (a HEIC's are). Raises ValueError."""
    head = os.pread(PHOTO, 512, 0)
    if head[4:8] == b"ftyp" and not AVIF_BRANDS & {head[i : i + 4] for i in range(8, 64, 4)}:
        return open_heic(pixels)
    photo = pyvips.Image.new_from_source(source(), "", fail_on="truncated")
    check_size(photo.width, photo.height, pixels)
    return photo


def check_size(width: int, height: int, pixels: int) -> None:
    if width * height > pixels:
        raise ValueError("more pixels than the file's head had announced")


def source() -> pyvips.Source:
    os.lseek(PHOTO, 0, os.SEEK_SET)
    return pyvips.Source.new_from_descriptor(PHOTO)


def open_heic(pixels: int) -> pyvips.Image:
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 1
    with open(PHOTO, "rb", closefd=False) as file:
        heif = pillow_heif.open_heif(file)
    (width, height), bands = heif.size, len(heif.mode)
    check_size(width, height, pixels)
    rows = pyvips.Image.new_from_memory(heif.data, heif.stride, height, 1, "uchar")
    photo = rows.crop(0, 0, width * bands, height).bandfold(factor=bands)
    photo = photo.copy(interpretation="b-w" if bands < 3 else "srgb")
    if profile := heif.info.get("icc_profile"):
        photo = photo.copy()
        photo.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return photo


def shrink(photo: pyvips.Image, width: int, height: int) -> tuple[pyvips.Image, bool]:
    """The largest rendition, upright, in 8-bit RGB or RGBA, and whether it has a colour profile to keep."""
    fields = photo.get_fields()
    profile = photo.get("icc-profile-data") if "icc-profile-data" in fields else b""
    rgb = photo.interpretation in ("srgb", "rgb", "rgb16")
    keep = rgb and is_wide(profile)
    options: dict[str, Any] = {"height": height, "size": "down"}
    if profile and not (rgb and (keep or is_srgb(profile))):
        options["export_profile"] = "srgb"
    if "vips-loader" in fields:
        picture = pyvips.Image.thumbnail_source(source(), width, option_string=WHOLE, **options)
    else:
        picture = photo.thumbnail_image(width, **options)
    return picture.colourspace("srgb").cast("uchar").copy_memory(), keep


def fit(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    scale = min(1, box_width / width, box_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def description(profile: bytes) -> bytes:
    """The name of an ICC profile, without the zeros of UTF-16."""
    for entry in range(132, min(132 + 12 * int.from_bytes(profile[128:132]), len(profile)), 12):
        if profile[entry : entry + 4] == b"desc":
            start, length = (int.from_bytes(profile[entry + at : entry + at + 4]) for at in (4, 8))
            return profile[start : start + length].replace(b"\0", b"")
    return b""


def is_srgb(profile: bytes) -> bool:
    """Whether leaving the profile out changes nothing, since sRGB is what is taken where none is."""
    return b"sRGB" in description(profile)


def is_wide(profile: bytes) -> bool:
    """Whether it is a profile that renditions keep: sound, small, for RGB, and not just sRGB."""
    sound = profile[36:40] == b"acsp" and int.from_bytes(profile[:4]) == len(profile) <= MAX_PROFILE
    return sound and profile[16:20] == b"RGB " and not is_srgb(profile)


def encode(picture: pyvips.Image, keep: str, quality: dict[str, int]) -> list[bytes]:
    opaque = picture.flatten(background=255) if picture.hasalpha() else picture
    # Progressive saves 3% of the bytes in four times the time, which on large pictures is a tenth of it all.
    small = picture.width * picture.height <= PROGRESSIVE
    return [
        picture.webpsave_buffer(Q=quality["webp"], effort=2, keep=keep),
        opaque.jpegsave_buffer(Q=quality["jpg"], optimize_coding=small, interlace=small, keep=keep),
    ]


def placeholder(picture: pyvips.Image) -> str:
    if picture.hasalpha():
        picture = picture.flatten(background=255)
    tiny = picture.thumbnail_image(PLACEHOLDER, height=PLACEHOLDER)
    return base64.b64encode(tiny.webpsave_buffer(Q=20, effort=4, keep="none")).decode()


def main() -> None:
    job = json.loads(sys.argv[1])
    limit(job)
    out = sys.stdout.buffer
    out.write(b"ready\n")
    out.flush()
    try:
        header, blobs = render(job)
    except (pyvips.Error, MemoryError, ValueError, RuntimeError, EOFError, OSError) as error:
        header, blobs = {"error": str(error)[:500]}, []
    out.write(json.dumps(header).encode() + b"\n")
    out.writelines(blobs)
    out.flush()
    os._exit(0)  # nothing is left to tidy up


if __name__ == "__main__":
    main()
