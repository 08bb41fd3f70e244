"""Every camera file, through the page and through the API, ends as a post with upright, sharp renditions and nothing
of the camera's notes in any byte that is served."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageFilter, ImageOps, ImageStat

from media.models import FORMATS, WIDTHS, Photo, Post
from photoapp import outbox
from tests.e2e.photos import camera_files
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("s3")]

TELLTALE = (b"Exif\0\0", b"http://ns.adobe.com/", b"GPSLatitude", b"Photoshop 3.0", b"Apple iPhone", b"NIKON", b"Canon")


def through_the_page(client: Client, path: Path) -> None:
    response = client.post("/upload/", {"photos": as_upload(path), "caption": path.name, "key": path.name})
    assert response.status_code == 302, response.content[-2000:]


def through_the_api(client: Client, path: Path) -> None:
    response = client.post("/api/v1/posts/", {"photos": as_upload(path), "caption": path.name})
    assert response.status_code == 201, response.content


def as_upload(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes(), "application/octet-stream")


def upright(path: Path) -> Image.Image:
    import pillow_heif

    pillow_heif.register_heif_opener()
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures seen small, 0 to 255."""
    small = [image.convert("RGB").resize((24, 24), Image.Resampling.BOX) for image in (one, other)]
    pairs = zip(small[0].tobytes(), small[1].tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (24 * 24 * 3)


def sharpness(image: Image.Image) -> float:
    return float(ImageStat.Stat(image.convert("L").filter(ImageFilter.FIND_EDGES)).mean[0])


@pytest.mark.parametrize(("send", "step"), [(through_the_page, 1), (through_the_api, 4)], ids=["page", "api"])
def test_every_camera_file_becomes_a_post(
    alice: User, client_of: Callable[[User], Client], send: Callable[[Client, Path], None], step: int
) -> None:
    """All of them through the page; what the API does with a file is the same, so there every fourth."""
    client = client_of(alice)
    files = {path.name: path for path in sorted(camera_files())[::step]}
    for path in files.values():
        send(client, path)
    outbox.drain()
    posts = {post.caption: post for post in Post.objects.for_owner(alice.id)}
    assert set(posts) == set(files)
    for name, post in posts.items():
        assert post.state == Post.State.LIVE, (name, post.failure)
        photo = Photo.objects.on_shard_of(post.id).get(post_id=post.id)
        check_renditions(client, photo, upright(files[name]))


def check_renditions(client: Client, photo: Photo, original: Image.Image) -> None:
    assert (photo.width, photo.height) == original.size
    for width in WIDTHS:
        for format in FORMATS:
            response = client.get(photo.url(width, format))
            assert response.status_code == 200
            body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
            image = Image.open(BytesIO(body))
            assert not any(mark in body for mark in TELLTALE)
            assert not image.getexif()
            assert image.width == min(width, original.width)
            assert abs(image.width / image.height - original.width / original.height) < 0.02
            assert difference(image, original) < 12, "upright, and the same picture"
    plain = original.resize((320, round(320 * original.height / original.width)), Image.Resampling.LANCZOS)
    with Image.open(BytesIO(b"".join(client.get(photo.url(320, "jpg")).streaming_content))) as small:  # type: ignore[attr-defined]
        assert sharpness(small) > 0.7 * sharpness(plain)
