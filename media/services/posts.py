"""What owners do with their posts: edit, put away, delete and take that back; and tagged members with their tags."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from media.mentions import mentioned_ids
from media.models import Author, Photo, Post
from media.uploads import InvalidUpload, as_said, clean_audience, clean_people, clean_words
from photoapp import outbox
from photoapp.replicas import withdraws
from photoapp.shards import CONTENT, alias_for
from users.models import User

UNDO = timedelta(seconds=30)
LATEST_UNDO = timedelta(seconds=35)  # somebody who presses the button in the last second is not too late


EDITED_FIELDS = ["caption", "location", "people", "audience", "comments_off", "edited_at"]


def edit_post(
    *,
    post: Post,
    editor: User,
    caption: str | None = None,
    location: str | None = None,
    people: Sequence[str] | None = None,
    alts: Sequence[str] | None = None,
    audience: str | None = None,
    comments_off: bool | None = None,
    order: Sequence[int] | None = None,
) -> Post:
    """Changes what is given. Only the owner may. Raises PermissionDenied or InvalidUpload.

    `alts` are in the order that the photos had before; `order` holds the ids of all photos in their new order.
    """
    if post.owner_id != editor.id:
        raise PermissionDenied("Only the owner of a post can edit it.")
    errors: dict[str, list[str]] = {}
    clean_caption, clean_location, clean_alts = clean_words(caption or "", location or "", alts or [], errors)
    tagged = clean_people(editor, people, errors, before=post.people) if people is not None else None
    clean_audience(audience, errors)
    if errors:
        raise InvalidUpload(errors)
    using = alias_for(CONTENT, post.id)
    with transaction.atomic(using=using):
        post = Post.objects.using(using).select_for_update(of=("self",)).select_related("owner").get(id=post.id)
        caption_before, people_before = post.caption, post.people
        words_before = (caption_before, post.location, people_before)
        if caption is not None:
            post.caption = clean_caption
        if location is not None:
            post.location = clean_location
        if tagged is not None:
            post.people = as_said(tagged, post.people)
        if audience is not None:
            post.audience = audience
        if comments_off is not None:
            post.comments_off = comments_off
        if words_before != (post.caption, post.location, post.people):
            post.edited_at = timezone.now()
        post.save(using=using, update_fields=EDITED_FIELDS)
        _edit_photos(post.id, using, clean_alts if alts is not None else None, order)
        concerned = _named([*people_before, *post.people], caption_before, post.caption)
        withdraws()
        outbox.emit("post.edited", group=CONTENT, owner_id=post.owner_id, post_id=post.id, people=concerned)
    return post


def _named(people: Sequence[dict[str, str]], *captions: str) -> list[int]:
    """The ids of members whom tags and captions name."""
    return sorted({*(int(person["id"]) for person in people), *mentioned_ids(*captions)})


def _edit_photos(post_id: int, using: str, alts: Sequence[str] | None, order: Sequence[int] | None) -> None:
    photos = list(Photo.objects.using(using).filter(post_id=post_id).order_by("position"))
    for photo, alt in zip(photos, alts or [], strict=False):
        photo.alt = alt
    if order is not None:
        if sorted(order) != sorted(photo.id for photo in photos):
            raise InvalidUpload({"": ["The photos of this post have changed meanwhile. Load the page again."]})
        for photo in photos:
            photo.position = list(order).index(photo.id)
    for photo in photos:
        Photo.objects.using(using).filter(id=photo.id).update(alt=photo.alt, position=photo.position)


# --- Put away, delete, bring back --------------------------------------------------------------------------------


def archive_post(*, post: Post, by: User) -> None:
    """Puts a live post away: nobody else sees it until the owner brings it back, with its likes and comments."""
    _require_owner(post, by)
    _leave(post.id, Post.State.ARCHIVED, only_from=[Post.State.LIVE])


def unarchive_post(*, post: Post, by: User) -> None:
    _require_owner(post, by)
    _appear(post.id, only_from=Post.State.ARCHIVED)


def delete_post(*, post: Post, by: User) -> None:
    """Out of sight at once. Its owner can bring it back for UNDO; then sweep_deleted has it erased. What staff delete
    of others is final."""
    if post.owner_id == by.id:
        _leave(post.id, Post.State.DELETED)
    elif by.is_staff:
        withdraw_post(post.id)
    else:
        raise PermissionDenied(_("Only the owner of a post can delete it."))


class TooLate(PermissionDenied):
    """The post is being erased. The message may be shown."""


def restore_post(*, post_id: int, by: User) -> Post:
    """Takes one's deletion back; twice is the same as once. Raises Post.DoesNotExist or TooLate."""
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        mine = Post.objects.using(using).select_for_update(of=("self",)).select_related("owner")
        post = mine.exclude(state=Post.State.RESERVED).get(id=post_id, owner_id=by.id)
        if post.state != Post.State.DELETED:
            return post
        if not post.state_before or post.deleted_at is None or post.deleted_at < timezone.now() - LATEST_UNDO:
            raise TooLate(_("It is too late to bring this post back: it is being erased."))
        before, post.state, post.deleted_at = post.state_before, post.state_before, None
        if before == Post.State.LIVE:
            post.state = Post.State.ARCHIVED  # until _appear makes the step, with its news
        elif before in (Post.State.UPLOADED, Post.State.PROCESSING):
            outbox.emit("post.uploaded", group=CONTENT, owner_id=post.owner_id, post_id=post.id)
        post.save(using=using, update_fields=["state", "deleted_at"])
        if before == Post.State.LIVE:
            _appear(post.id, only_from=Post.State.ARCHIVED)
            post.state = Post.State.LIVE
    return post


def withdraw_post(post_id: int) -> None:
    """Out of sight at once, and erased without a way back."""
    with transaction.atomic(using=alias_for(CONTENT, post_id)):  # one commit: its owner cannot step in between
        _leave(post_id, Post.State.DELETED)
        erase_soon(post_id)


def erase_soon(post_id: int) -> None:
    """Hands a deleted post to the handlers that erase it."""
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        post = Post.objects.using(using).select_for_update().filter(id=post_id, state=Post.State.DELETED).first()
        if post is not None and post.state_before:
            Post.objects.using(using).filter(id=post_id).update(state_before="")
            outbox.emit(
                "post.deleted",
                group=CONTENT,
                owner_id=post.owner_id,
                post_id=post_id,
                owner=post.owner_id,
                people=_named(post.people, post.caption),
            )


def sweep_deleted(now: datetime | None = None) -> int:
    """Has those erased whose time to be brought back is over. Returns how many."""
    before = (now or timezone.now()) - LATEST_UNDO
    swept = 0
    for posts in Post.objects.on_every_shard():
        over = posts.filter(state=Post.State.DELETED, deleted_at__lt=before).exclude(state_before="")
        for post_id in over.values_list("id", flat=True)[:1000]:
            erase_soon(post_id)
            swept += 1
    return swept


def _require_owner(post: Post, by: User) -> None:
    if post.owner_id != by.id:
        raise PermissionDenied(_("Only the owner of a post can do this."))


def _leave(post_id: int, to: str, only_from: Sequence[str] = ()) -> None:
    """Takes a post out of others' sight."""
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        post = Post.objects.using(using).select_for_update().filter(id=post_id).first()
        if post is None or post.state == Post.State.DELETED or (only_from and post.state not in only_from):
            return
        changes: dict[str, object] = {"state": to}
        if to == Post.State.DELETED:
            changes |= {"deleted_at": timezone.now(), "state_before": post.state}
        Post.objects.using(using).filter(id=post_id).update(**changes)
        if post.state == Post.State.LIVE:
            Author.objects.using(using).filter(id=post.owner_id).update(post_count=F("post_count") - 1)
            withdraws()
            outbox.emit("post.withdrawn", group=CONTENT, owner_id=post.owner_id, post_id=post_id, owner=post.owner_id)


def _appear(post_id: int, only_from: str) -> bool:
    """Makes a post live and says so. False when it is in another state by now."""
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        post = Post.objects.using(using).filter(id=post_id).first()
        waiting = Post.objects.using(using).filter(id=post_id, state=only_from)
        if post is None or not waiting.update(state=Post.State.LIVE):
            return False
        Author.objects.using(using).filter(id=post.owner_id).update(post_count=F("post_count") + 1)
        outbox.emit("post.published", group=CONTENT, owner_id=post.owner_id, post_id=post_id, owner=post.owner_id)
    return True


def make_live(post_id: int) -> bool:
    """The last step of processing: the post appears. False when it was deleted meanwhile."""
    return _appear(post_id, only_from=Post.State.PROCESSING)


# --- Tags --------------------------------------------------------------------------------------------------------


def approve_tag(*, post: Post, user: User) -> None:
    """A tagged member who was asked says yes."""
    _change_tag(post.id, user.id, Post.Tag.SHOWN)


def remove_tag(*, post: Post, user: User) -> None:
    """A tagged member takes the tag away; the owner of the post cannot put it back."""
    _change_tag(post.id, user.id, Post.Tag.REMOVED)


def _change_tag(post_id: int, user_id: int, state: str) -> None:
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        post = Post.objects.using(using).select_for_update().filter(id=post_id).first()
        if post is None or all(person["id"] != str(user_id) for person in post.people):
            return
        post.people = [{**person, "state": state} if person["id"] == str(user_id) else person for person in post.people]
        post.save(using=using, update_fields=["people"])
        withdraws()
        outbox.emit("post.edited", group=CONTENT, owner_id=post.owner_id, post_id=post.id, people=[user_id])
