"""From an upload to a live post.

A post's way: reserved (rows) → originals into the object store → uploaded (acknowledged, with an outbox row) →
rendered by media.processing → live (with the outbox row that fans it out). A death at any step leaves either a
reservation, which sweep_uploads removes with its files, or an outbox row, which is delivered again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from media.models import Author, Photo, Post, UploadKey
from media.uploads import InvalidUpload, Upload, check_upload, hashed_key
from photoapp import outbox
from photoapp.ids import first_id_at, new_id_beside
from photoapp.shards import CONTENT, alias_for
from users.models import User

RESERVATION = timedelta(hours=1)  # longer than any request can take


class StorageAway(Exception):
    """The object store did not take the originals; nothing was acknowledged, the person should try again."""


def publish_post(
    *,
    owner: User,
    photos: Sequence[UploadedFile],
    caption: str = "",
    location: str = "",
    people: Sequence[str] = (),
    alts: Sequence[str] = (),
    audience: str = Post.Audience.EVERYONE,
    idempotency_key: str = "",
    created_at: datetime | None = None,
) -> Post:
    """Stores an upload and returns its post, in state uploaded. Raises InvalidUpload or StorageAway.

    With the key of an earlier upload it returns that upload's post, or finishes what that one had begun. Two
    requests with one key may run at the same moment: both write the same bytes under the same names, and one
    of them makes the step to uploaded. `created_at` dates the post (imports, the demo).
    """
    upload = check_upload(
        owner=owner, photos=photos, caption=caption, location=location, people=people, alts=alts, audience=audience
    )
    post = _reserve(owner, upload, idempotency_key, created_at)
    if post.state != Post.State.RESERVED:
        return post
    _store_originals(post, upload)
    return _acknowledge(post)


def _reserve(owner: User, upload: Upload, key: str, created_at: datetime | None) -> Post:
    using = alias_for(CONTENT, owner.id)
    hashed = hashed_key(key)
    if key and (earlier := earlier_post(owner.id, hashed, upload.fingerprint, using)):
        return earlier
    ensure_author(owner)
    try:
        with transaction.atomic(using=using):
            post = Post.objects.create(
                id=new_id_beside(owner.id, created_at),
                owner_id=owner.id,
                caption=upload.caption,
                location=upload.location,
                people=upload.people,
                audience=upload.audience,
            )
            Photo.objects.bulk_create(_photo_rows(post, upload))
            if key:
                UploadKey.objects.create(owner_id=owner.id, key=hashed, fingerprint=upload.fingerprint, post_id=post.id)
    except IntegrityError:
        if key and (earlier := earlier_post(owner.id, hashed, upload.fingerprint, using)):
            return earlier
        raise
    return post


def earlier_post(owner_id: int, hashed: str, fingerprint: str, using: str) -> Post | None:
    """The post of the same upload, if it was sent before. Raises InvalidUpload when the key was another's."""
    found = UploadKey.objects.using(using).filter(owner_id=owner_id, key=hashed).select_related("post").first()
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise InvalidUpload({"detail": [_("This Idempotency-Key belongs to a different upload.")]}, status=409)
    return found.post


def _photo_rows(post: Post, upload: Upload) -> list[Photo]:
    return [
        Photo(
            post=post,
            position=position,
            content_type=checked.content_type,
            size=checked.size,
            width=checked.width,
            height=checked.height,
            alt=alt,
            taken_at=checked.taken_at,
            removed=checked.removed,
        )
        for position, (checked, alt) in enumerate(zip(upload.checked, upload.alts, strict=True))
    ]


def _store_originals(post: Post, upload: Upload) -> None:
    rows = Photo.objects.on_shard_of(post.id).filter(post_id=post.id).order_by("position")
    try:
        for photo, file in zip(rows, upload.files, strict=True):
            file.seek(0)
            default_storage.save(photo.original_key, file)
    except Exception as error:  # boto3 and the file system have no error in common but OSError and BotoCoreError
        raise StorageAway(_("The photos could not be stored just now. Please try again.")) from error


def _acknowledge(post: Post) -> Post:
    using = alias_for(CONTENT, post.id)
    with transaction.atomic(using=using):
        reserved = Post.objects.using(using).filter(id=post.id, state=Post.State.RESERVED)
        if reserved.update(state=Post.State.UPLOADED):
            outbox.emit("post.uploaded", group=CONTENT, owner_id=post.owner_id, post_id=post.id)
    current = Post.objects.using(using).filter(id=post.id).first()
    if current is None:  # swept: this request took longer than RESERVATION
        raise StorageAway(_("The upload took too long. Please try again."))
    return current


def ensure_author(user: User) -> None:
    """The copy of the member's public face, in case the news of the sign-up has not come through yet."""
    face = Author(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        avatar=user.avatar,
        is_private=user.is_private,
    )
    Author.objects.bulk_create([face], ignore_conflicts=True)


def sweep_uploads(now: datetime | None = None) -> int:
    """Removes reservations that were never acknowledged, with their files. Returns how many."""
    before = first_id_at((now or timezone.now()) - RESERVATION)
    swept = 0
    for posts in Post.objects.on_every_shard():
        stale = posts.filter(state=Post.State.RESERVED, id__lt=before).values_list("id", flat=True)
        for post_id in stale[:1000]:
            withdraw_reservation(post_id)
            swept += 1
    return swept


def withdraw_reservation(post_id: int) -> None:
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        reserved = Post.objects.using(using).filter(id=post_id, state=Post.State.RESERVED)
        if reserved.update(state=Post.State.DELETED):
            UploadKey.objects.using(using).filter(post_id=post_id).delete()
            outbox.emit("post.deleted", group=CONTENT, owner_id=post_id, post_id=post_id, owner=None)
