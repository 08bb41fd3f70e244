"""Photos to try with: a camera's, where the folder beside the project has them; else painted ones with EXIF."""

import warnings
from pathlib import Path

from config.demo.paint import paint
from tests.parts.process import ROOT

CAMERA_FOLDER = ROOT.parent / "shared" / "photos"
CACHE = ROOT / "var" / "painted"


def camera_files(most: int | None = None) -> list[Path]:
    """Real camera files, HEIC among them; where there are none, painted stand-ins, and a warning that says so."""
    found = sorted(path for path in CAMERA_FOLDER.glob("*") if path.suffix in {".jpg", ".heic"})
    if not found:
        warnings.warn("no camera files beside the project: painted pictures stand in for them", stacklevel=2)
        found = painted_files(most or 4)
    return found[:most]


def painted_files(count: int) -> list[Path]:
    CACHE.mkdir(parents=True, exist_ok=True)
    paths = [CACHE / f"{seed}.jpg" for seed in range(count)]
    for seed, path in enumerate(paths):
        if not path.exists():
            path.write_bytes(paint(seed).jpeg)
    return paths
