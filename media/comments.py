"""Reads of comments, always as somebody: threads of a comment and its replies, one level deep.

Each comment has `author` (User) and `post`; those of a page also `reply_count`, and `first_replies`, its oldest ones.
Comments of members who left, or with whom the viewer has a block, are left out, and so are the replies to them.
"""

from collections.abc import Iterable

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from media.models import Comment, Post
from photoapp.pagination import Page, decode_cursor, encode_cursor, keyset_page, page_of
from users.selectors import STRANGER, Viewer, relations, users_by_ids

COMMENTS_SIZE = 20
REPLIES_SIZE = 20
FIRST_REPLIES = 2


def comments_page(post: Post, cursor: str | None, viewer: Viewer, size: int = COMMENTS_SIZE) -> Page[Comment]:
    """Newest first, each with its first replies. Queries: comments, replies, authors, the viewer's relations."""
    rows = Comment.objects.on_shard_of(post.id).filter(post_id=post.id, parent_id=None)
    page = keyset_page(rows, key="id", cursor=cursor, surface=f"comments:{post.id}", size=size)
    replies = _first_replies(page.items)
    shown = _shown([*page.items, *replies], post, viewer)
    for comment in page.items:
        own = [reply for reply in replies if reply.parent_id == comment.id]
        comment.reply_count = own[0].replies_total if own else 0
        comment.first_replies = [reply for reply in own if reply.id in shown]
        comment.later_count = comment.reply_count - len(own)
        comment.later_cursor = _later(comment, own) if comment.later_count else None
    return Page([comment for comment in page.items if comment.id in shown], page.next_cursor)


def _first_replies(comments: Iterable[Comment]) -> list[Comment]:
    """The oldest replies to each, oldest first, each with `replies_total`, how many its comment has."""
    ids = [comment.id for comment in comments]
    if not ids:
        return []
    rows = Comment.objects.on_shard_of(ids[0]).filter(parent_id__in=ids)
    ranked = rows.annotate(
        rank=Window(RowNumber(), partition_by="parent_id", order_by=F("id").asc()),
        replies_total=Window(Count("id"), partition_by="parent_id"),
    )
    return list(ranked.filter(rank__lte=FIRST_REPLIES).order_by("id"))


def _later(thread: Comment, shown: list[Comment]) -> str:
    """The cursor of the replies after those that are shown."""
    return encode_cursor(shown[-1].id, surface=_surface(thread))


def _surface(thread: Comment) -> str:
    return f"replies:{thread.id}"


def replies_page(thread: Comment, cursor: str | None, viewer: Viewer, size: int = REPLIES_SIZE) -> Page[Comment]:
    """Oldest first. `thread.post` is loaded. Queries: replies, authors, the viewer's relations."""
    rows = Comment.objects.on_shard_of(thread.id).filter(parent_id=thread.id)
    after = decode_cursor(cursor, surface=_surface(thread))
    if after is not None:
        rows = rows.filter(id__gt=after)
    found = list(rows.order_by("id")[: size + 1])
    page = page_of(found, size=size, surface=_surface(thread), key=lambda reply: reply.id)
    shown = _shown(page.items, thread.post, viewer)
    return Page([reply for reply in page.items if reply.id in shown], page.next_cursor)


def thread_of(comment: Comment, viewer: Viewer) -> Comment | None:
    """The comment itself, or the one that a reply belongs to; None when these are not shown to the viewer.
    `comment.post` is loaded. Queries: the comment above, the authors, the viewer's relations."""
    thread = comment
    if comment.parent_id is not None:
        thread = Comment.objects.on_shard_of(comment.id).get(id=comment.parent_id)
    both = {thread.id, comment.id}
    return thread if _shown([thread, comment], comment.post, viewer) == both else None


def _shown(comments: list[Comment], post: Post, viewer: Viewer) -> set[int]:
    """The ids of those that are shown; these get their `author` and `post`."""
    authors = users_by_ids(comment.author_id for comment in comments)
    known = relations(viewer.id, authors) if viewer.id is not None and authors else {}
    shown = set()
    for comment in comments:
        relation = known.get(comment.author_id, STRANGER)
        if comment.author_id in authors and not relation.blocks and not relation.blocked_by:
            comment.author = authors[comment.author_id]
            comment.post = post
            shown.add(comment.id)
    return shown
