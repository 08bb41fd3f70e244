"""Members' pictures: one square WebP each, under a random name that changes with the picture."""

import shutil
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

SIZE = 512  # pixels, both ways


def set_avatar(*, user: User, file: UploadedFile, render_photo: Renderer | None = None) -> None:
    """Raises InvalidPhoto, and then changes nothing. `render_photo`: see media.processing.process_post."""
    check(file, name=file.name or "")  # type: ignore[arg-type]
    with TemporaryDirectory(prefix="photoapp-") as folder:
        path = Path(folder) / "original"
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        picture = square((render_photo or render)(path))
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


def square(rendered: Rendered) -> bytes:
    """The middle of a photo as WebP. Made from a rendition: what a stranger sent is decoded in the sandbox only."""
    pictures = sorted((r for r in rendered.renditions if r.format == "webp"), key=lambda r: r.width)
    fitting = (r for r in pictures if min(r.width, rendered.width, r.height) >= SIZE)
    picture = next(fitting, pictures[-1])
    image = pyvips.Image.thumbnail_buffer(picture.data, SIZE, height=SIZE, crop="centre")
    return image.webpsave_buffer(Q=82, effort=4, keep="icc")
