"""What members do with posts: likes, saves, comments."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from media.mentions import mentioned_ids
from media.models import COMMENT_LENGTH, Comment, Like, Post, PostCount, Saved
from photoapp import outbox
from photoapp.shards import CONTENT, alias_for
from photoapp.transactions import sent_together
from users.models import User


@contextmanager
def beside_post(post_id: int) -> Iterator[str]:
    """A transaction on the post's server (its alias). Raises Post.DoesNotExist when the post was erased before the
    commit, where the database finds that out."""
    using = alias_for(CONTENT, post_id)
    try:
        with transaction.atomic(using=using), sent_together(using):
            yield using
    except IntegrityError as error:
        if Post.objects.using(using).filter(id=post_id).exists():
            raise
        raise Post.DoesNotExist from error


def like(*, post: Post, user: User) -> None:
    """Twice is the same as once. The caller has made sure that the user may see the post. Raises Post.DoesNotExist."""
    with beside_post(post.id) as using:
        if Like.add(post.id, user.id, using=using):
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
    """Keeps a post for later. Twice is the same as once. The caller has made sure that the user may see the post.
    Raises Post.DoesNotExist."""
    with beside_post(post.id) as using:
        Saved.objects.using(using).bulk_create([Saved(post_id=post.id, user_id=user.id)], ignore_conflicts=True)
        _emit_save_changed(post.id, user.id)


def unsave(*, post_id: int, user_id: int) -> None:
    using = alias_for(CONTENT, post_id)
    with transaction.atomic(using=using):
        Saved.objects.using(using).filter(post_id=post_id, user_id=user_id).delete()
        _emit_save_changed(post_id, user_id)


def _emit_save_changed(post_id: int, user_id: int) -> None:
    outbox.emit("post.save_changed", group=CONTENT, owner_id=post_id, post_id=post_id, user_id=user_id)


# --- Comments ----------------------------------------------------------------------------------------------------


def add_comment(*, post: Post, author: User, text: str, parent: Comment | None = None) -> Comment:
    """A comment, or a reply to a comment of the post; an answer to a reply joins the replies of the same comment.

    Raises ValidationError or Post.DoesNotExist. The caller has made sure that the author may see the post.
    """
    if post.comments_off:
        raise ValidationError(_("Comments on this post are turned off."))
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError({"text": _("Write something first.")})
    if len(text) > COMMENT_LENGTH:
        message = _("A comment has at most %(most)s characters.") % {"most": f"{COMMENT_LENGTH:,}"}
        raise ValidationError({"text": message})
    mentioned = mentioned_ids(text)
    with beside_post(post.id) as using:
        if parent is not None:
            parent = _thread(parent, post.id, using)
        comment: Comment = Comment.objects.create(post_id=post.id, author_id=author.id, text=text, parent=parent)
        PostCount.add(post.id, using=using, comments=1)
        comment.post = post
        _emit_comment_changed(comment, mentioned, author.id)
    return comment


def _thread(comment: Comment, post_id: int, using: str) -> Comment:
    """The comment whose replies a reply to `comment` joins, held until the commit: it does not go meanwhile."""
    comments = Comment.objects.using(using).select_for_update()
    thread = comments.filter(id=comment.parent_id or comment.id, post_id=post_id).first()
    if thread is None:
        raise ValidationError(_("The comment that you answer was deleted."))
    return thread


def delete_comment(*, comment: Comment, by: User) -> None:
    """The comment's author, the post's owner and staff may. `comment.post` is loaded."""
    if by.id not in (comment.author_id, comment.post.owner_id) and not by.is_staff:
        raise PermissionDenied(_("Only its author or the owner of the post can delete a comment."))
    remove_comment(comment, by=by.id)


def remove_comment(comment: Comment, *, by: int | None = None) -> None:
    """With its replies. `by`: the member who wants that."""
    using = alias_for(CONTENT, comment.id)
    with transaction.atomic(using=using):
        comments = Comment.objects.using(using)
        if not comments.select_for_update().filter(id=comment.id):  # holds back replies
            return
        gone = list(comments.filter(Q(id=comment.id) | Q(parent_id=comment.id)))
        PostCount.add(comment.post_id, using=using, comments=-len(gone))
        erase_comments(gone, by=by)


def erase_comments(gone: Iterable[Comment], *, by: int | None = None) -> None:
    """Inside a transaction: these comments of one post, each with its replies or after them."""
    ids = [comment.id for comment in gone]
    if not ids:
        return
    rows = Comment.objects.on_shard_of(ids[0]).filter(id__in=ids)
    for row in rows.select_related("post", "parent"):
        _emit_comment_changed(row, mentioned_ids(row.text), by)
    rows.filter(parent_id__isnull=False).delete()
    rows.delete()


def _emit_comment_changed(comment: Comment, mentioned: Iterable[int], by: int | None) -> None:
    """`people`: whom a comment concerns besides its author; `by`: who wrote or deleted it, where that is a member.
    `comment` has `post` and `parent`."""
    concerned = {comment.post.owner_id, *mentioned}
    if comment.parent is not None:
        concerned.add(comment.parent.author_id)
    outbox.emit(
        "comment.changed",
        group=CONTENT,
        owner_id=comment.post_id,
        post_id=comment.post_id,
        comment_id=comment.id,
        author_id=comment.author_id,
        people=sorted(concerned - {comment.author_id}),
        by=by,
    )
