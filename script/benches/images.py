"""A 12-megapixel JPEG to all its renditions, beside plain Pillow making the same files, in interleaved rounds."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from media.imaging import check, render, rendering

CAMERA = Path(__file__).resolve().parents[3] / "shared" / "photos" / "nokia-8.jpg"
PEAK = """
def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
"""
# The very code of the rendering process, with a clock and a look at its memory around it.
OURS = f"""
import importlib.util, json, sys, time
{PEAK}
spec = importlib.util.spec_from_file_location("worker", sys.argv[1])
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)
job = json.loads(sys.argv[2])
worker.limit(job)
start = time.perf_counter()
header, blobs = worker.render(job)
print(json.dumps([time.perf_counter() - start, peak(), sum(map(len, blobs))]))
"""
# What one writes first: defaults of the encoders, every size from the full picture.
PILLOW = f"""
import io, json, sys, time
from PIL import Image, ImageOps
{PEAK}
path, widths, tuned = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3] == "tuned"
start, total = time.perf_counter(), 0
photo = Image.open(path)
profile = photo.info.get("icc_profile")
if tuned:
    photo.draft("RGB", (max(widths), max(widths)))
photo = ImageOps.exif_transpose(photo).convert("RGB")
full = photo.size
for width in sorted(widths, reverse=True):
    size = (width, round(full[1] * width / full[0]))
    picture = photo.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0 if tuned else None)
    if tuned:
        photo = picture
    for format, options in (
        ("WEBP", {{"quality": 80, "method": 2 if tuned else 4}}),
        ("JPEG", {{"quality": 82, "optimize": width < 2048, "progressive": width < 2048}}),
    ):
        out = io.BytesIO()
        picture.save(out, format, icc_profile=profile, **options)
        total += len(out.getvalue())
print(json.dumps([time.perf_counter() - start, peak(), total]))
"""


def run(quick: bool = False) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        painted = Path(folder) / "painted-12-megapixels.jpg"
        paint(painted)
        rows = measure(painted, "painted 12 MP", rounds=3 if quick else 11)
        if CAMERA.exists():
            rows += measure(CAMERA, f"camera 9 MP ({CAMERA.name})", rounds=3 if quick else 11)
    return rows


def paint(path: Path) -> None:
    """Clouds of noise at many scales: coarse shapes, fine grain, as many bytes as a phone's photo."""
    from PIL import Image, ImageChops

    size, layers = (4032, 3024), []
    for divisor, spread in ((400, 160), (80, 90), (16, 50), (4, 24), (1, 8)):
        bands = [Image.effect_noise((size[0] // divisor, size[1] // divisor), spread) for _ in range(3)]
        layers.append(Image.merge("RGB", bands).resize(size, Image.Resampling.BICUBIC))
    photo = layers[0]
    for layer in layers[1:]:
        photo = ImageChops.add(photo, layer, scale=1, offset=-128)
    photo.save(path, quality=90)


def measure(path: Path, name: str, rounds: int) -> list[dict[str, Any]]:
    runs: dict[str, list[float]] = {}

    def note(**values: float) -> None:
        for key, value in values.items():
            runs.setdefault(key, []).append(value)

    render(path)  # once before the clock runs: files into the page cache, bytecode written
    for _ in range(rounds):
        start = time.perf_counter()
        render(path)
        note(ours_whole=time.perf_counter() - start)
        seconds, peak, size, _ = ours(path)
        note(ours=seconds, ours_peak=peak, ours_bytes=size / 1024)
        for kind in ("plain", "tuned"):
            seconds, peak, size, whole = pillow(path, kind)
            note(**{kind: seconds, f"{kind}_peak": peak, f"{kind}_whole": whole, f"{kind}_bytes": size / 1024})
        start = time.perf_counter()
        with path.open("rb") as file:
            check(file)
        note(check=1000 * (time.perf_counter() - start))
    return table(name, runs)


def table(name: str, runs: dict[str, list[float]]) -> list[dict[str, Any]]:
    def ratio(ours: str, theirs: str) -> list[float]:
        return [a / b for a, b in zip(runs[ours], runs[theirs], strict=True)]

    return [
        row(f"{name}: renditions", runs["ours"], "s"),
        row(f"{name}: renditions, with the process's start", runs["ours_whole"], "s"),
        row(f"{name}: plain Pillow", runs["plain"], "s"),
        row(f"{name}: plain Pillow, with the process's start", runs["plain_whole"], "s"),
        row(f"{name}: part of plain Pillow's time", ratio("ours", "plain"), "×", at_most=0.6),
        row(f"{name}: part of it, both with their start", ratio("ours_whole", "plain_whole"), "×", at_most=0.6),
        row(f"{name}: tuned Pillow (draft, chained sizes, WebP method 2)", runs["tuned"], "s"),
        row(f"{name}: part of tuned Pillow's time", ratio("ours", "tuned"), "×"),
        row(f"{name}: peak memory", runs["ours_peak"], "MB", at_most=80),
        row(f"{name}: peak memory of plain Pillow", runs["plain_peak"], "MB"),
        row(f"{name}: bytes of all renditions", runs["ours_bytes"], "KB"),
        row(f"{name}: bytes of plain Pillow's", runs["plain_bytes"], "KB"),
        row(f"{name}: check of the upload", runs["check"], "ms", at_most=100),
    ]


def row(measure: str, runs: list[float], unit: str, at_most: float | None = None) -> dict[str, Any]:
    value = statistics.median(runs)
    return {
        "measure": measure,
        "value": round(value, 3),
        "unit": unit,
        "goal": None if at_most is None else f"≤ {at_most:g}",
        "met": None if at_most is None else value <= at_most,
        "runs": [round(each, 3) for each in runs],
    }


def ours(path: Path) -> tuple[float, float, float, float]:
    job = json.dumps(rendering.job(timeout=60))
    environment = rendering.ENVIRONMENT | {"PATH": os.defpath}
    return timed(["-c", OURS, str(rendering.WORKER), job], path, environment)


def pillow(path: Path, kind: str) -> tuple[float, float, float, float]:
    return timed(["-c", PILLOW, str(path), json.dumps(rendering.WIDTHS), kind], path, {"PATH": os.defpath})


def timed(arguments: list[str], path: Path, environment: dict[str, str]) -> tuple[float, float, float, float]:
    """Seconds of work, megabytes at the peak, bytes made, seconds in all."""
    start = time.perf_counter()
    with path.open("rb") as photo:
        output = subprocess.check_output([sys.executable, "-I", *arguments], stdin=photo, env=environment)
    seconds, peak, size = json.loads(output)
    return seconds, peak, size, time.perf_counter() - start
