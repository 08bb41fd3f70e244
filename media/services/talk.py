"""What members do with posts: likes, saves, comments."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from media.models import COMMENT_LENGTH, Comment, Like, Post, PostCount, Saved
from photoapp import outbox
from photoapp.shards import CONTENT, alias_for
from users.models import User


def like(*, post: Post, user: User) -> None:
    """Twice is the same as once. The caller has made sure that the user may see the post."""
    using = alias_for(CONTENT, post.id)
    with transaction.atomic(using=using):
        try:
            with transaction.atomic(using=using):
                Like(post_id=post.id, user_id=user.id).save(force_insert=True, using=using)
        except IntegrityError:
            return
        PostCount.add(post.id, using=using, likes=1)
        _emit_like_changed(post.id, user.id)


def unlike(*, post: Post, user: User) -> None:
    remove_like(post_id=post.id, user_id=user.id)


def remove_like(*, post_id: int, user_id: int) -> None:
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        if Like.objects.using(using).filter(post_id=post_id, user_id=user_id).delete()[0]:
            PostCount.add(post_id, using=using, likes=-1)
            _emit_like_changed(post_id, user_id)


def _emit_like_changed(post_id: int, user_id: int) -> None:
    outbox.emit("post.like_changed", group=CONTENT, owner_id=post_id, post_id=post_id, user_id=user_id)


def save(*, post: Post, user: User) -> None:
    """Keeps a post for later. Twice is the same as once. The caller has made sure that the user may see the post."""
    using = alias_for(CONTENT, post.id)
    with transaction.atomic(using=using):
        Saved.objects.bulk_create([Saved(post_id=post.id, user_id=user.id)], ignore_conflicts=True)
        _emit_save_changed(post.id, user.id)


def unsave(*, post_id: int, user_id: int) -> None:
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        Saved.objects.using(using).filter(post_id=post_id, user_id=user_id).delete()
        _emit_save_changed(post_id, user_id)


def _emit_save_changed(post_id: int, user_id: int) -> None:
    outbox.emit("post.save_changed", group=CONTENT, owner_id=post_id, post_id=post_id, user_id=user_id)


def add_comment(*, post: Post, author: User, text: str, parent: Comment | None = None) -> Comment:
    """A comment, or a reply to a comment of the post; an answer to a reply joins the replies of the same comment.

    Raises ValidationError. The caller has made sure that the author may see the post.
    """
    if post.comments_off:
        raise ValidationError("Comments on this post are turned off.")
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError({"text": "Write something first."})
    if len(text) > COMMENT_LENGTH:
        raise ValidationError({"text": f"A comment has at most {COMMENT_LENGTH:,} characters."})
    using = alias_for(CONTENT, post.id)
    with transaction.atomic(using=using):
        comment = Comment.objects.create(
            post_id=post.id,
            author_id=author.id,
            text=text,
            parent_id=(parent.parent_id or parent.id) if parent else None,
        )
        PostCount.add(post.id, using=using, comments=1)
        _emit_comment_changed(comment)
    return comment


def delete_comment(*, comment: Comment, by: User) -> None:
    """The comment's author, the post's owner and staff may. `comment.post` is loaded."""
    if by.id not in (comment.author_id, comment.post.owner_id) and not by.is_staff:
        raise PermissionDenied("Only its author or the owner of the post can delete a comment.")
    remove_comment(comment)


def remove_comment(comment: Comment) -> None:
    """With its replies."""
    using = alias_for(CONTENT, comment.id)
    with transaction.atomic(using=using):
        comments = Comment.objects.using(using)
        gone = [*comments.filter(parent_id=comment.id), *comments.filter(id=comment.id)]
        for row in gone:
            if comments.filter(id=row.id).delete()[0]:
                PostCount.add(row.post_id, using=using, comments=-1)
                _emit_comment_changed(row)


def _emit_comment_changed(comment: Comment) -> None:
    outbox.emit(
        "comment.changed",
        group=CONTENT,
        owner_id=comment.post_id,
        post_id=comment.post_id,
        comment_id=comment.id,
        author_id=comment.author_id,
    )
