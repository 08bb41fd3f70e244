import json
import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .checks import MAX_PIXELS
from .errors import InvalidPhoto

WIDTHS = (320, 640, 1080, 2048)
FORMATS = ("webp", "jpg")
QUALITY = {"webp": 80, "jpg": 82}  # of 100; the eye sees no difference to the original at these sizes
# A photo taller than this is scaled down further, whatever its width: WebP ends at 16,383.
MAX_HEIGHT = 8192

WORKER = Path(__file__).with_name("worker.py")
MEMORY = 1536 * 1024**2  # of address space; 50 megapixels take up to a gigabyte in the thirstiest formats
OUTPUT = 64 * 1024**2
# All that the worker sees of the environment: no secret is in a process that decodes strangers' files.
ENVIRONMENT = {
    "VIPS_CONCURRENCY": "1",
    "VIPS_BLOCK_UNTRUSTED": "1",
    # Large blocks go back to the system at once, which takes a third off the peak.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_MMAP_THRESHOLD_": "131072",
}
INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rendition:
    width: int  # nominal: one of WIDTHS; the picture is narrower where the photo is
    format: str  # one of FORMATS
    height: int  # of the picture
    data: bytes


@dataclass(frozen=True)
class Rendered:
    width: int  # of the original, upright
    height: int
    placeholder: str  # a WebP of 16 pixels, in base64
    renditions: list[Rendition]  # one for each width and format


def render(path: str | Path, *, timeout: float = 60) -> Rendered:
    """Makes every rendition of a photo, in a process with limits of its own.

    Raises InvalidPhoto when the file is at fault, OSError when it cannot be opened, and RuntimeError when the
    process cannot even start its work.
    """
    with Path(path).open("rb") as photo, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as log:
        _run(photo, out, log, timeout)
        out.seek(0)
        if out.readline() != b"ready\n":
            raise RuntimeError(f"The rendering process did not start: {_end_of(log)}")
        try:
            header = json.loads(out.readline())
        except ValueError:
            logger.warning("A decoder crashed: %s", _end_of(log))
            raise InvalidPhoto("crashed", "This photo could not be processed.") from None
        if "error" in header:
            logger.info("A photo was refused: %s", header["error"])
            raise InvalidPhoto("damaged", "This photo is damaged and cannot be read.")
        return _rendered(header, out)


def job(timeout: float) -> dict[str, Any]:
    """What the worker is told."""
    return {
        "widths": WIDTHS,
        "quality": QUALITY,
        "height": MAX_HEIGHT,
        "pixels": MAX_PIXELS,
        "timeout": timeout,
        "memory": MEMORY,
        "output": OUTPUT,
    }


def _run(photo: IO[bytes], out: IO[bytes], log: IO[bytes], timeout: float) -> None:
    environment = ENVIRONMENT | {name: os.environ[name] for name in INHERITED if name in os.environ}
    try:
        # A script, not `-m`: the worker loads nothing of the project. And not multiprocessing, which Celery's
        # processes, being daemonic, may not use.
        subprocess.run(
            [sys.executable, "-I", str(WORKER), json.dumps(job(timeout))],
            stdin=photo,
            stdout=out,
            stderr=log,
            env=environment,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InvalidPhoto("timeout", "This photo takes too long to process.") from None


def _rendered(header: dict[str, Any], out: IO[bytes]) -> Rendered:
    blobs = [out.read(length) for length in header["lengths"]]
    if not all(len(blob) == length for blob, length in zip(blobs, header["lengths"], strict=True)):
        raise InvalidPhoto("crashed", "This photo could not be processed.")
    return Rendered(
        width=header["width"],
        height=header["height"],
        placeholder=header["placeholder"],
        renditions=[
            Rendition(
                width=rendition["width"],
                format=rendition["format"],
                height=rendition["height"],
                data=blobs[rendition["blob"]],
            )
            for rendition in header["renditions"]
        ],
    )


def _end_of(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read()[-500:].decode(errors="replace").strip()
