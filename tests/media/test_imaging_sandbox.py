"""The rendering process: whatever happens in it, the caller gets renditions or InvalidPhoto, soon."""

import json
import multiprocessing
import os
import random
import sys

import pytest
from PIL import Image

from media.imaging import InvalidPhoto, check, render, rendering
from tests.media.imaging_samples import FORMATS, encode, png_of, sample, scene


@pytest.fixture
def photo(tmp_path):
    def write(data: bytes):
        path = tmp_path / "photo[page=1].jpg"  # brackets carry options where libvips reads names
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Puts a script in the place of the rendering process."""

    def replace(script: str) -> None:
        path = tmp_path / "worker.py"
        path.write_text(script)
        monkeypatch.setattr(rendering, "WORKER", path)

    return replace


def refused(path, **options) -> InvalidPhoto:
    with pytest.raises(InvalidPhoto) as raised:
        render(path, **options)
    assert raised.value.status == 400
    return raised.value


def test_a_crash_in_a_decoder_is_reported(photo, worker):
    worker("import os, signal\nprint('ready', flush=True)\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert refused(photo(sample("jpeg"))).code == "crashed"


def test_a_decoder_that_hangs_is_ended(photo, worker, tmp_path):
    pid = tmp_path / "pid"
    worker(
        "import os, pathlib, time\nprint('ready', flush=True)\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\ntime.sleep(3600)"
    )
    assert refused(photo(sample("jpeg")), timeout=2).code == "timeout"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_half_a_result_is_no_result(photo, worker):
    header = {"width": 1, "height": 1, "placeholder": "", "lengths": [9], "renditions": []}
    worker(f"print('ready')\nprint({json.dumps(header)!r})\nprint('abc')")
    assert refused(photo(sample("jpeg"))).code == "crashed"


def test_a_worker_that_cannot_start_is_not_the_photos_fault(photo, worker):
    worker("import no_such_module")
    with pytest.raises(RuntimeError, match="no_such_module"):
        render(photo(sample("jpeg")))


def test_a_missing_file_is_not_the_photos_fault(tmp_path):
    with pytest.raises(FileNotFoundError):
        render(tmp_path / "gone.jpg")


def test_no_secret_is_in_the_process_environment(photo, worker, monkeypatch, caplog):
    monkeypatch.setenv("SECRET_KEY", "the-secret-of-the-site")
    worker("import json, os\nprint('ready')\nprint(json.dumps({'error': json.dumps(dict(os.environ))}))")
    with caplog.at_level("INFO"):
        refused(photo(sample("jpeg")))
    assert "VIPS_CONCURRENCY" in caplog.text
    assert "the-secret-of-the-site" not in caplog.text


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no limit of address space")
def test_a_photo_that_wants_too_much_memory_is_refused(photo, monkeypatch):
    path = photo(encode(Image.new("RGB", (5000, 5000)), "progressive", subsampling=0))
    assert render(path).width == 5000
    monkeypatch.setattr(rendering, "MEMORY", 150 * 1024**2)
    assert refused(path).code in ("damaged", "crashed")


def test_more_pixels_than_allowed_are_not_decoded_even_when_memory_would_do(photo, monkeypatch):
    path = photo(encode(Image.new("L", (800, 600)), "png"))
    monkeypatch.setattr(rendering, "MAX_PIXELS", 800 * 600)
    assert render(path).width == 800
    monkeypatch.setattr(rendering, "MAX_PIXELS", 800 * 600 - 1)
    assert refused(path).code == "damaged"


def test_a_bomb_is_refused_by_the_renderer_too(photo):
    assert refused(photo(png_of(40_000, 20_000))).code == "damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        b"%PDF-1.4\n",
        encode(scene(), "png")[:-3000],
        encode(scene(), "jpeg")[:-3000],
    ],
)
def test_what_cannot_be_rendered_is_refused(photo, data):
    assert refused(photo(data)).code == "damaged"


def test_formats_that_are_not_ours_are_not_even_tried(photo, tmp_path):
    """libvips reads TIFF, whose decoder has the longest list of holes."""
    Image.new("RGB", (20, 20)).save(tmp_path / "a.tiff")
    assert refused(tmp_path / "a.tiff").code == "damaged"


def test_a_daemonic_process_can_render(photo):
    """Celery's worker processes are daemonic, and may not have children of multiprocessing."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    path = photo(sample("jpeg"))
    child = context.Process(target=lambda: results.put(render(path).width), daemon=True)
    child.start()
    assert results.get(timeout=60) == 160
    child.join()


@pytest.mark.parametrize("format", FORMATS)
def test_a_damaged_photo_is_rendered_or_refused_and_nothing_else(photo, format):
    dice, whole = random.Random(format), sample(format, 400, 300)
    for attempt in range(6):
        data = bytearray(whole)
        if attempt % 2:
            del data[dice.randrange(20, len(data)) :]
        else:
            for _ in range(attempt * 2 + 1):
                data[dice.randrange(len(data))] = dice.randrange(256)
        path = photo(bytes(data))
        try:
            with path.open("rb") as file:
                check(file)
            assert len(render(path, timeout=20).renditions) == 8
        except InvalidPhoto as error:
            assert error.message and error.code != "timeout"
