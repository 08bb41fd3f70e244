"""From an acknowledged upload to a live post: renditions made and stored, photo by photo.

Runs in a Celery worker and may run twice or start over: every step writes the same names and the same values.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from media.imaging import InvalidPhoto, Rendered, render
from media.models import Photo, Post
from media.services import make_live
from photoapp.shards import CONTENT, alias_for

log = structlog.get_logger(__name__)

Renderer = Callable[[Path], Rendered]

# An overloaded machine can cause these, not only the photo.
WORTH_A_SECOND_TRY = {"timeout", "crashed"}
UNFINISHED = (Post.State.UPLOADED, Post.State.PROCESSING)


def process_post(post_id: int, *, render_photo: Renderer | None = None) -> None:
    """Makes what renditions are missing, then the post live; a photo that cannot be rendered fails the post.

    `render_photo` replaces media.imaging.render, for pictures that need no process of their own (the demo's).
    """
    posts = Post.objects.using(alias_for(CONTENT, post_id)).filter(id=post_id)
    if not posts.filter(state__in=UNFINISHED).update(state=Post.State.PROCESSING):
        return
    for photo in Photo.objects.on_shard_of(post_id).filter(post_id=post_id, rendered=False).order_by("position"):
        try:
            process_photo(photo, render_photo or render)
        except InvalidPhoto as error:
            log.info("photo.failed", photo=photo.id, reason=error.message)
            reason = f"Photo {photo.position + 1}: {error.message}"
            posts.filter(state=Post.State.PROCESSING).update(state=Post.State.FAILED, failure=reason[:300])
            return
    make_live(post_id)


def process_photo(photo: Photo, render_photo: Renderer) -> None:
    """Raises InvalidPhoto. Everything is in the store before the row says so."""
    with TemporaryDirectory(prefix="photoapp-") as folder:
        path = Path(folder) / "original"
        with default_storage.open(photo.original_key) as original, path.open("wb") as copy:
            shutil.copyfileobj(original, copy)
        rendered = render_photo(path)
    for rendition in rendered.renditions:
        key = photo.rendition_key(rendition.width, rendition.format)
        default_storage.save(key, ContentFile(rendition.data))
    Photo.objects.on_shard_of(photo.id).filter(id=photo.id).update(
        width=rendered.width,
        height=rendered.height,
        placeholder=rendered.placeholder,
        rendered=True,
        sizes=[[min(one.width, rendered.width), one.height, one.format, len(one.data)] for one in rendered.renditions],
    )
