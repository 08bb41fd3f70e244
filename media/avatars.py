"""Members' pictures: one square WebP each, under a random name that changes with the picture."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyvips
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.crypto import get_random_string

from media.imaging import Rendered, check, render
from media.processing import Renderer
from photoapp import ids, outbox
from photoapp.shards import AUTH
from users.models import User
from users.services import update_profile

SIZE = 320  # pixels, both ways: twice what a profile shows; lists show it at 40
SECONDS = 20  # the member waits for it
SMALLEST_PART = 0.1


@dataclass(frozen=True)
class Crop:
    """A square of a picture: its left and upper edge as parts of width and height, its side as part of the shorter."""

    x: float
    y: float
    size: float

    def square(self, width: int, height: int) -> tuple[int, int, int]:
        """(left, top, side) in pixels, inside the picture whatever the numbers say."""
        shorter = min(width, height)
        side = max(1, round(shorter * min(max(self.size, SMALLEST_PART), 1)))
        left, top = (
            round(min(max(part * length, 0), length - side)) for part, length in ((self.x, width), (self.y, height))
        )
        return left, top, side


def set_avatar(
    *, user: User, file: UploadedFile, crop: Crop | None = None, render_photo: Renderer | None = None
) -> None:
    """Raises InvalidPhoto, and then changes nothing. `render_photo`: see media.processing.process_post."""
    check(file, name=file.name or "")  # type: ignore[arg-type]
    with TemporaryDirectory(prefix="photoapp-") as folder:
        path = Path(folder) / "original"
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        picture = square((render_photo or partial(render, timeout=SECONDS))(path), crop)
    key = f"avatars/{ids.encode(user.id)}-{get_random_string(16)}.webp"
    default_storage.save(key, ContentFile(picture))
    try:
        _replace(user, key)
    except BaseException:
        default_storage.delete(key)
        raise


def remove_avatar(*, user: User) -> None:
    _replace(user, "")


def _replace(user: User, key: str) -> None:
    """The old file is deleted by the outbox, once this is committed and nothing names it any more."""
    with transaction.atomic(using="default"):
        old = User.objects.select_for_update().values_list("avatar", flat=True).get(id=user.id)
        update_profile(user=user, avatar=key)
        if old and old != key:
            outbox.emit("avatar.replaced", group=AUTH, owner_id=user.id, key=old)


def square(rendered: Rendered, crop: Crop | None = None) -> bytes:
    """A part of a photo as WebP, its middle if nobody chose. Made from a rendition: what a stranger sent is decoded in
    the sandbox only."""
    pictures = sorted((r for r in rendered.renditions if r.format == "webp"), key=lambda r: r.width)
    wanted = SIZE / (min(max(crop.size, SMALLEST_PART), 1) if crop else 1)
    fitting = (r for r in pictures if min(r.width, rendered.width, r.height) >= wanted)
    picture = next(fitting, pictures[-1])
    if crop is None:
        image = pyvips.Image.thumbnail_buffer(picture.data, SIZE, height=SIZE, crop="centre")
    else:
        whole = pyvips.Image.new_from_buffer(picture.data, "")
        left, top, side = crop.square(whole.width, whole.height)
        image = whole.crop(left, top, side, side).thumbnail_image(SIZE, height=SIZE)
    return image.webpsave_buffer(Q=82, effort=4, keep="icc")
