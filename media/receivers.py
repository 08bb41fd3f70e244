"""What happens to posts and to what hangs on them, after commits here and in users/."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.files.storage import default_storage
from django.db import transaction

from media import processing, proxies, services
from media.cards import drop_cards, renew_counts
from media.generations import author_generation, post_generation
from media.models import Author, Comment, Like, Photo, Post, PostCount, Saved, Trace, UploadKey
from photoapp import outbox
from photoapp.ids import new_id_beside
from photoapp.outbox import handles
from photoapp.remember import renew
from photoapp.replicas import withdraws
from photoapp.shards import CONTENT, alias_for
from photoapp.transactions import lock
from users.models import User

CHUNK = 1000
TAGS = (Trace.Kind.TAG, Trace.Kind.ASKED)
FACE = ("username", "display_name", "avatar", "is_private", "is_active")


@handles("user.changed", name="media.sync_author", inline=True)
def sync_author(user_id: int) -> None:
    """Renews the public face on the content shard. The truth is read inside the lock, so the last run wins."""
    withdraws()
    using = alias_for(CONTENT, user_id)
    with transaction.atomic(using=using):
        lock(using, "author", user_id)
        user = User.objects.filter(id=user_id).first()
        rows = Author.objects.using(using).filter(id=user_id)
        renamed = user is not None and rows.exclude(username=user.username).exists()
        face = {name: getattr(user, name) for name in FACE} if user else {"is_active": False}
        if not rows.update(**face) and user is not None:
            Author.objects.bulk_create([Author(id=user_id, **face)])
    if user is not None and renamed:
        rename_tags(user_id, user.username)
    drop_cards(Post.objects.for_owner(user_id).values_list("id", flat=True))
    renew(author_generation(user_id))


@handles("post.published", name="media.show_new", inline=True)
def show_new(post_id: int, owner: int) -> None:
    drop_cards([post_id])
    renew(author_generation(owner))


@handles("post.withdrawn", name="media.show_withdrawn", inline=True)
def show_withdrawn(post_id: int, owner: int) -> None:
    drop_cards([post_id])
    renew(author_generation(owner))


@handles("post.edited", name="media.show_edited", inline=True)
def show_edited(post_id: int, people: list[int]) -> None:
    post = Post.objects.on_shard_of(post_id).filter(id=post_id).first()
    if post is not None:
        drop_cards([post_id])
        renew(author_generation(post.owner_id))


@handles("post.withdrawn", name="media.purge_withdrawn", inline=True)
def purge_withdrawn(post_id: int, owner: int) -> None:
    _purge_post(post_id)


@handles("post.edited", name="media.purge_edited", inline=True)
def purge_edited(post_id: int, people: list[int]) -> None:
    """Its new audience may be smaller."""
    _purge_post(post_id)


def _purge_post(post_id: int) -> None:
    post = Post.objects.on_shard_of(post_id).filter(id=post_id).first()
    if post is not None:
        proxies.purge_post(post)


@handles("user.changed", name="media.purge_member")
def purge_member(user_id: int) -> None:
    proxies.purge_member(user_id)


@handles("post.like_changed", name="media.count_likes", inline=True)
def count_likes(post_id: int, user_id: int) -> None:
    renew_counts(post_id)


@handles("comment.changed", name="media.count_comments", inline=True)
def count_comments(post_id: int, comment_id: int, author_id: int, people: Iterable[int] = ()) -> None:
    renew_counts(post_id)
    renew(post_generation(post_id))


def rename_tags(user_id: int, username: str) -> None:
    """Posts keep the names of tagged people with them; this follows a rename."""
    traces = Trace.objects.for_owner(user_id).filter(kind__in=TAGS)
    for post_id in traces.values_list("target_id", flat=True):
        using = alias_for(CONTENT, post_id)
        with transaction.atomic(using=using):
            post = Post.objects.using(using).select_for_update().filter(id=post_id).first()
            if post is not None:
                post.people = [
                    {**person, "username": username} if person["id"] == str(user_id) else person
                    for person in post.people
                ]
                post.save(using=using, update_fields=["people"])
                _emit_names_changed(post)


def _emit_names_changed(post: Post) -> None:
    """To those who show it; nobody's tag is another one."""
    outbox.emit("post.edited", group=CONTENT, owner_id=post.owner_id, post_id=post.id, people=[])


@handles("avatar.replaced", name="media.erase_avatar")
def erase_avatar(key: str) -> None:
    default_storage.delete(key)


@handles("photo.discarded", name="media.erase_discarded", queue="photos")
def erase_discarded(key: str) -> None:
    """The file of a photo that was uploaded, and not shared."""
    default_storage.delete_many([key])  # type: ignore[attr-defined]


@handles("post.uploaded", name="media.process_post", queue="photos")
def process_post(post_id: int) -> None:
    processing.process_post(post_id)


@handles("post.published", name="media.trace_tags")
def trace_tags_of_new_post(post_id: int, owner: int) -> None:
    post = Post.objects.on_shard_of(post_id).filter(id=post_id).first()
    for person in post.people if post else []:
        trace_tag(int(person["id"]), post_id)


@handles("post.edited", name="media.trace_edited_tags")
def trace_edited_tags(post_id: int, people: list[int]) -> None:
    for user_id in people:
        trace_tag(user_id, post_id)


def trace_tag(user_id: int, post_id: int) -> None:
    """Makes the tagged member's side equal to the post."""
    with one_at_a_time(user_id, post_id):
        post = Post.objects.on_shard_of(post_id).filter(id=post_id).exclude(state=Post.State.DELETED).first()
        state = post.tag_of(user_id) if post is not None else None
        keep_trace(user_id, Trace.Kind.TAG, post_id, state in (Post.Tag.SHOWN, Post.Tag.REMOVED))
        keep_trace(user_id, Trace.Kind.ASKED, post_id, state == Post.Tag.ASKED)


@handles("post.like_changed", name="media.trace_like")
def trace_like(post_id: int, user_id: int) -> None:
    with one_at_a_time(user_id, post_id):
        liked = Like.objects.on_shard_of(post_id).filter(post_id=post_id, user_id=user_id).exists()
        keep_trace(user_id, Trace.Kind.LIKE, post_id, liked)


@handles("post.save_changed", name="media.trace_save", inline=True)
def trace_save(post_id: int, user_id: int) -> None:
    with one_at_a_time(user_id, post_id):
        saved = Saved.objects.on_shard_of(post_id).filter(post_id=post_id, user_id=user_id).exists()
        keep_trace(user_id, Trace.Kind.SAVE, post_id, saved)


@handles("comment.changed", name="media.trace_comment")
def trace_comment(post_id: int, comment_id: int, author_id: int, people: Iterable[int] = ()) -> None:
    with one_at_a_time(author_id, comment_id):
        exists = Comment.objects.on_shard_of(comment_id).filter(id=comment_id).exists()
        keep_trace(author_id, Trace.Kind.COMMENT, comment_id, exists)


@contextmanager
def one_at_a_time(user_id: int, target_id: int) -> Iterator[None]:
    """The truth is read inside the lock, so the run that comes last is right: a trace that was lost would leave a
    save out of the member's list, and a like behind when the member is erased."""
    using = alias_for(CONTENT, user_id)
    with transaction.atomic(using=using):
        lock(using, "trace", user_id, target_id)
        yield


def keep_trace(user_id: int, kind: str, target_id: int, wanted: bool) -> None:
    key = {"user_id": user_id, "kind": kind, "target_id": target_id}
    if wanted:
        Trace.objects.bulk_create([Trace(**key, position=new_id_beside(user_id))], ignore_conflicts=True)
    else:
        Trace.objects.on_shard_of(user_id).filter(**key).delete()


@handles("post.deleted", name="media.erase_post", queue="photos")
def erase_post(post_id: int, owner: int | None, people: Iterable[int] = ()) -> None:
    """Files first, rows last: as long as a row is there, its files are known."""
    using = alias_for(CONTENT, post_id)
    post = Post.objects.using(using).filter(id=post_id, state=Post.State.DELETED).first()
    if post is None:
        return
    photos = Photo.objects.using(using).filter(post_id=post_id)
    default_storage.delete_many([key for photo in photos for key in photo.file_keys()])  # type: ignore[attr-defined]
    for person in post.people:
        for kind in TAGS:
            keep_trace(int(person["id"]), kind, post_id, False)
    for model, kind in ((Like, Trace.Kind.LIKE), (Saved, Trace.Kind.SAVE)):
        left = model.objects.using(using).filter(post_id=post_id)
        while user_ids := list(left.values_list("user_id", flat=True)[:CHUNK]):
            for user_id in user_ids:
                keep_trace(user_id, kind, post_id, False)
            left.filter(user_id__in=user_ids).delete()
    comments = Comment.objects.using(using).filter(post_id=post_id)
    for part in (comments.filter(parent_id__isnull=False), comments):  # replies go before what they answer
        while rows := list(part[:CHUNK]):
            with transaction.atomic(using=using):
                services.erase_comments(rows)
    with transaction.atomic(using=using):
        PostCount.objects.using(using).filter(post_id=post_id).delete()
        UploadKey.objects.using(using).filter(post_id=post_id).delete()
        photos.delete()
        Post.objects.using(using).filter(id=post_id).delete()


@handles("user.deleted", name="media.erase_member", queue="photos")
def erase_member(user_id: int) -> None:
    """Withdraws a deleted member's posts, and takes back what they left on others' posts."""
    using = alias_for(CONTENT, user_id)
    for post_id in Post.objects.using(using).filter(owner_id=user_id).values_list("id", flat=True):
        services.withdraw_post(post_id)
        erase_post(post_id, user_id)
    services.forget_staged(user_id)
    for trace in Trace.objects.for_owner(user_id):
        erase_trace(trace)
        Trace.objects.for_owner(user_id).filter(kind=trace.kind, target_id=trace.target_id).delete()
    author = Author.objects.using(using).filter(id=user_id).first()
    if author is not None and author.avatar:
        default_storage.delete(author.avatar)
    Author.objects.using(using).filter(id=user_id).delete()


def erase_trace(trace: Trace) -> None:
    if trace.kind == Trace.Kind.COMMENT:
        comment = Comment.objects.on_shard_of(trace.target_id).filter(id=trace.target_id).first()
        if comment is not None:
            services.remove_comment(comment)
        return
    post = Post.objects.on_shard_of(trace.target_id).filter(id=trace.target_id).first()
    if post is None:
        return
    if trace.kind == Trace.Kind.LIKE:
        services.remove_like(post_id=post.id, user_id=trace.user_id)
    elif trace.kind == Trace.Kind.SAVE:
        services.unsave(post_id=post.id, user_id=trace.user_id)
    else:
        _erase_tag(post.id, trace.user_id)


def _erase_tag(post_id: int, user_id: int) -> None:
    """What others say of the post at the same moment stays said."""
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        post = Post.objects.using(using).select_for_update().filter(id=post_id).first()
        if post is not None:
            post.people = [person for person in post.people if person["id"] != str(user_id)]
            post.save(using=using, update_fields=["people"])
            _emit_names_changed(post)
