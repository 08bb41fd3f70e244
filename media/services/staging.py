"""Photos that are uploaded one by one, before their post is shared.

A staged photo's way: row → original into the object store → stored (acknowledged). Sharing turns the rows into Photo
rows of the same ids, in one transaction with the post, so that no byte is sent or copied twice. A client's name for a
photo (`key`) finds its row again, so an upload that broke off is resumed by sending what is missing. A death at any
step leaves rows that the sender finds again, or that sweep_staged removes with their files.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from media.imaging import Checked
from media.models import Photo, Post, StagedPhoto, UploadKey
from media.places import suggest_place
from media.uploads import InvalidUpload, Words, check_one, check_words, hashed_key
from photoapp import outbox
from photoapp.ids import first_id_at
from photoapp.shards import CONTENT, alias_for
from users.models import User

from .publishing import StorageAway, earlier_post, ensure_author

KEPT = timedelta(hours=24)
MOST = 40  # for each member; the oldest make room for new ones
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


def stage_photo(*, owner: User, photo: UploadedFile | None, key: str) -> StagedPhoto:
    """Stores one photo. Raises InvalidUpload or StorageAway. The same key again is the same photo, also at the same
    moment: both requests write the same bytes under the same name."""
    if not KEY.fullmatch(key):
        raise InvalidUpload({"key": [_("This photo has no name of its own. Load the page again.")]})
    checked = check_one(photo)
    assert photo is not None
    row = _reserve(owner, key, checked)
    if row.stored:
        return row
    try:
        photo.seek(0)
        default_storage.save(row.original_key, photo)
    except Exception as error:  # boto3 and the file system have no error in common but OSError and BotoCoreError
        raise StorageAway(_("The photo could not be stored just now. Please try again.")) from error
    return _acknowledge(row)


def _reserve(owner: User, key: str, checked: Checked) -> StagedPhoto:
    rows = StagedPhoto.objects.for_owner(owner.id).filter(key=key)
    found = rows.first()
    if found is None:
        _make_room(owner.id)
        try:
            return StagedPhoto.objects.create(
                owner_id=owner.id,
                key=key,
                sha256=checked.sha256,
                content_type=checked.content_type,
                size=checked.size,
                width=checked.width,
                height=checked.height,
                taken_at=checked.taken_at,
                removed=checked.removed,
                place=suggest_place(checked.gps),
            )
        except IntegrityError:
            found = rows.first()  # the same upload, at the same moment
            if found is None:
                raise
    if found.sha256 != checked.sha256:
        raise InvalidUpload({"photo": [_("Another photo was sent under this name. Choose it anew.")]}, status=409)
    return found


def _acknowledge(row: StagedPhoto) -> StagedPhoto:
    """Only a row that is still there: one that was discarded meanwhile takes the file with it."""
    if StagedPhoto.objects.on_shard_of(row.id).filter(id=row.id).update(stored=True):
        row.stored = True
        return row
    if Photo.objects.on_shard_of(row.id).filter(id=row.id).exists():  # shared meanwhile, stored by a twin request
        row.stored = True
        return row
    default_storage.delete(row.original_key)
    raise InvalidUpload({"photo": [_("This photo was removed while it was on its way.")]}, status=410)


def publish_staged(*, owner: User, staged: Sequence[int], idempotency_key: str = "", **words: Any) -> Post:
    """Makes a post of staged photos, in their order; `words` as in check_words. Raises InvalidUpload, with status 410
    when a photo is not there any more.

    One post per key, also when the first answer was lost, or two requests run at the same moment: they wait for each
    other at the rows of the photos, which only one of them can take.
    """
    errors: dict[str, list[str]] = {}
    found = check_words(owner=owner, count=len(staged), errors=errors, **words)
    if errors:
        raise InvalidUpload(errors)
    using, hashed = alias_for(CONTENT, owner.id), hashed_key(idempotency_key)
    fingerprint = found.fingerprint_with(map(str, staged))
    if idempotency_key and (earlier := earlier_post(owner.id, hashed, fingerprint, using)):
        return earlier
    ensure_author(owner)
    try:
        with transaction.atomic(using=using):
            post = _post_of(owner, staged, found, using)
            if idempotency_key:
                UploadKey.objects.create(owner_id=owner.id, key=hashed, fingerprint=fingerprint, post_id=post.id)
            outbox.emit("post.uploaded", group=CONTENT, owner_id=owner.id, post_id=post.id)
    except (IntegrityError, InvalidUpload):
        if idempotency_key and (earlier := earlier_post(owner.id, hashed, fingerprint, using)):
            return earlier
        raise
    return post


def _post_of(owner: User, staged: Sequence[int], words: Words, using: str) -> Post:
    """Inside a transaction. Takes the rows of the staged photos in the order of ids, so that nobody waits in a ring."""
    taken = StagedPhoto.objects.using(using).filter(owner_id=owner.id, id__in=staged, stored=True)
    rows = {row.id: row for row in taken.select_for_update().order_by("id")}
    if set(rows) != set(staged) or len(rows) != len(staged):
        raise InvalidUpload({"photos": [_("A photo is not here any more. It needs to be sent again.")]}, status=410)
    post = Post.objects.using(using).create(
        owner_id=owner.id,
        caption=words.caption,
        location=words.location,
        people=words.people,
        audience=words.audience,
        state=Post.State.UPLOADED,
    )
    same = ("id", "secret", "content_type", "size", "width", "height", "taken_at", "removed")
    Photo.objects.using(using).bulk_create(
        Photo(post=post, position=position, alt=alt, **{name: getattr(rows[id], name) for name in same})
        for position, (id, alt) in enumerate(zip(staged, words.alts, strict=True))
    )
    StagedPhoto.objects.using(using).filter(owner_id=owner.id, id__in=staged).delete()
    return post


# --- Discarded, too many, too old ------------------------------------------------------------------------------------


def discard_staged(*, owner: User, keys: Iterable[str]) -> int:
    """Removes a member's staged photos with their files. Returns how many were there."""
    proper = [key for key in keys if KEY.fullmatch(key)]
    return _discard(StagedPhoto.objects.for_owner(owner.id).filter(key__in=proper), owner.id)


def _make_room(owner_id: int) -> None:
    rows = StagedPhoto.objects.for_owner(owner_id)
    if (count := rows.count()) >= MOST:
        oldest = list(rows.order_by("id").values_list("id", flat=True)[: count - MOST + 1])
        _discard(rows.filter(id__in=oldest), owner_id)


def forget_staged(owner_id: int) -> None:
    """All that a member had not shared yet (erasure of the member)."""
    _discard(StagedPhoto.objects.for_owner(owner_id), owner_id)


def sweep_staged(now: datetime | None = None) -> int:
    """Removes what was not shared in time, with its files. Returns how many."""
    before = first_id_at((now or timezone.now()) - KEPT)
    return sum(
        _discard(StagedPhoto.objects.on_shard_of(row.id).filter(id=row.id), row.id)
        for rows in StagedPhoto.objects.on_every_shard()
        for row in rows.filter(id__lt=before).order_by("id")[:1000]
    )


def _discard(rows: Any, owner_id: int) -> int:
    """The row goes with the commit that has its file erased. What is being shared at this moment is waited for, and
    stays."""
    using = alias_for(CONTENT, owner_id)
    with transaction.atomic(using=using):
        gone = list(rows.select_for_update().order_by("id"))
        for row in gone:
            outbox.emit("photo.discarded", group=CONTENT, owner_id=row.id, key=row.original_key)
        StagedPhoto.objects.using(using).filter(id__in=[row.id for row in gone]).delete()
    return len(gone)
