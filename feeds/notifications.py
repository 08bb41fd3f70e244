"""What happened that concerns a member: likes, comments and replies, mentions, follows, tags.

Each notification is made equal to the truth (a like, a comment, a follow, a tag) by an outbox handler that reads it
inside a lock on the notification's key. So however often and in whatever order the news comes, there is one
notification while the thing is there, and none when it is gone.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from feeds.models import Notification, NotificationsSeen
from feeds.notices import Notice
from media.mentions import mentioned_ids
from media.models import Comment, Like, Post
from media.selectors import cards_by_ids, may_see_post, visible_post
from photoapp.pagination import Page, keyset_page
from photoapp.shards import CONTENT, alias_for
from photoapp.transactions import lock
from users.models import Following, User
from users.selectors import STRANGER, Relation, relation, relations, users_by_ids

Kind = Notification.Kind

PAGE_SIZE = 20

# --- Writes: called by outbox handlers ---------------------------------------------------------------------------

# Of the kinds of one family a member is told at most one for each thing: what they are told follows the truth.
LIKES = (Kind.LIKE,)
COMMENTS = (Kind.COMMENT, Kind.REPLY, Kind.MENTION)
FOLLOWS = (Kind.FOLLOW, Kind.FOLLOW_REQUEST)
TAGS = (Kind.TAG, Kind.TAG_REQUEST, Kind.MENTION)


def like_changed(post_id: int, user_id: int) -> None:
    def now() -> Kind | None:
        liked = Like.objects.on_shard_of(post_id).filter(post_id=post_id, user_id=user_id)
        return Kind.LIKE if liked.exists() else None

    if (owner_id := owner_of(post_id)) is not None:
        keep(owner_id, user_id, LIKES, now, target_id=post_id, post_id=post_id)


def comment_changed(post_id: int, comment_id: int, author_id: int, people: Iterable[int] = ()) -> None:
    """`people`: whom the comment concerns besides its author; else the owner of the post."""
    comments = Comment.objects.on_shard_of(comment_id).filter(id=comment_id)

    def now(user_id: int) -> Kind | None:
        comment = comments.select_related("post", "parent").first()
        if comment is None:
            return None
        if comment.parent is not None and comment.parent.author_id == user_id:
            kind = Kind.REPLY
        elif comment.post.owner_id == user_id:
            kind = Kind.COMMENT
        else:
            kind = Kind.MENTION
        return kind if sees(user_id, post_id) else None

    concerned = set(people) or {owner_of(post_id)} - {None}
    for user_id in concerned:
        keep(user_id, author_id, COMMENTS, partial(now, user_id), target_id=comment_id, post_id=post_id)  # type: ignore[arg-type]


def follow_changed(follower_id: int, followee_id: int) -> None:
    def now() -> Kind | None:
        follow = Following.objects.for_owner(follower_id).filter(followee_id=followee_id).first()
        if follow is None:
            return None
        return Kind.FOLLOW if follow.accepted else Kind.FOLLOW_REQUEST

    keep(followee_id, follower_id, FOLLOWS, now, target_id=0, post_id=None)


def tags_changed(post_id: int, people: Iterable[int] = ()) -> None:
    """Tags, and mentions in the caption. `people`: who was named before or is now; else those who are now.

    While a post is put away or deleted, what was told stays as it is, hidden, for when it is brought back.
    """
    posts = Post.objects.on_shard_of(post_id).filter(id=post_id)
    post = posts.first()
    if post is None:
        return

    def now(user_id: int) -> Kind | None:
        found = posts.first()
        kind = kind_of_tag(found, user_id) if found else None
        return kind if kind is not None and sees(user_id, post_id) else None

    named = {*(int(person["id"]) for person in post.people), *mentioned_ids(post.caption)}
    for user_id in set(people) or named:
        if post.state == Post.State.LIVE or kind_of_tag(post, user_id) is None:
            keep(user_id, post.owner_id, TAGS, partial(now, user_id), target_id=post_id, post_id=post_id)


def kind_of_tag(post: Post, user_id: int) -> Kind | None:
    """What naming a member in a post is for them; nothing, once they removed the tag."""
    states = {int(person["id"]): person.get("state", Post.Tag.SHOWN) for person in post.people}
    if user_id in states:
        return {Post.Tag.SHOWN: Kind.TAG, Post.Tag.ASKED: Kind.TAG_REQUEST}.get(Post.Tag(states[user_id]))
    return Kind.MENTION if user_id in mentioned_ids(post.caption) else None


def sees(user_id: int, post_id: int) -> bool:
    user = users_by_ids([user_id]).get(user_id)
    return user is not None and visible_post(post_id, user) is not None


def post_deleted(post_id: int, people: Iterable[int]) -> None:
    """`people`: its owner and who was named in it. What was told of its comments goes with these. Readers leave it
    out already."""
    for user_id in people:
        Notification.objects.for_owner(user_id).filter(post_id=post_id).delete()


def forget(user_id: int) -> None:
    """What a deleted member was told. What others were told of the member goes with the likes and follows."""
    Notification.objects.for_owner(user_id).delete()
    NotificationsSeen.objects.for_owner(user_id).delete()


def owner_of(post_id: int) -> int | None:
    return Post.objects.on_shard_of(post_id).filter(id=post_id).values_list("owner_id", flat=True).first()


def keep(
    recipient_id: int,
    actor_id: int,
    family: Sequence[Kind],
    now: Callable[[], Kind | None],
    *,
    target_id: int,
    post_id: int | None,
) -> None:
    """Makes a notification equal to the truth, which is read inside the lock: the run that comes last is right.

    One whose kind has changed (a request that was accepted) stays in its place: the member did that themselves.
    """
    if recipient_id == actor_id:
        return
    using = alias_for(CONTENT, recipient_id)
    key: dict[str, Any] = {"recipient_id": recipient_id, "actor_id": actor_id, "target_id": target_id}
    with transaction.atomic(using=using):
        lock(using, "notification", *key.values(), family[0])
        told = Notification.objects.using(using).filter(**key, kind__in=family)
        kind = now()
        if kind is None or apart(recipient_id, actor_id):
            told.delete()
        elif row := told.first():
            told.exclude(id=row.id).delete()
            told.filter(id=row.id).exclude(kind=kind).update(kind=kind)
        else:
            Notification.objects.create(**key, kind=kind, post_id=post_id)


def apart(recipient_id: int, actor_id: int) -> bool:
    """Whether a block is between them, or the recipient has left."""
    recipient = users_by_ids([recipient_id]).get(recipient_id)
    if recipient is None:
        return True
    known = relation(recipient, actor_id)
    return known.blocks or known.blocked_by


def mark_seen(*, user: User, up_to: int) -> None:
    """Everything up to a notification of the member's (by id) counts as seen; never less than before."""
    mine = Notification.objects.for_owner(user.id).filter(id__lte=up_to)
    newest = mine.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return
    NotificationsSeen.objects.bulk_create([NotificationsSeen(user_id=user.id, seen_id=0)], ignore_conflicts=True)
    NotificationsSeen.objects.for_owner(user.id).filter(seen_id__lt=newest).update(seen_id=newest)


# --- Reads -------------------------------------------------------------------------------------------------------


def notifications_page(viewer: User, cursor: str | None, size: int = PAGE_SIZE) -> Page[Notice]:
    """Newest first. Left out: of members who left or with whom there is a block, and about posts that the viewer
    may not see (any more). Queries: rows and seen on the viewer's content server; members; relations; posts and
    comments, each one per content server."""
    rows = Notification.objects.for_owner(viewer.id)
    page = keyset_page(rows, key="id", cursor=cursor, surface=f"notifications:{viewer.id}", size=size)
    actors = users_by_ids(row.actor_id for row in page.items)
    cards = {card.id: card for card in cards_by_ids({row.post_id for row in page.items if row.post_id}, viewer.id)}
    known = relations(viewer.id, {*actors, *(card.owner_id for card in cards.values())} - {viewer.id})
    comments = comments_of(page.items)
    seen = seen_up_to(viewer.id)

    def notice(row: Notification) -> Notice | None:
        actor, post, comment = actors.get(row.actor_id), cards.get(row.post_id or 0), comments.get(row.target_id)
        between = known.get(row.actor_id, STRANGER)
        if actor is None or between.blocks or between.blocked_by:
            return None
        if row.post_id and (post is None or not may_see_post(viewer, post, to_owner(viewer, post, known))):
            return None
        if is_about_comment(row) and comment is None:
            return None
        return Notice(row, actor, post, comment, seen=row.id <= seen)

    return Page([found for row in page.items if (found := notice(row))], page.next_cursor)


def to_owner(viewer: User, post: Post, known: dict[int, Relation]) -> Relation:
    return Relation(is_self=True) if post.owner_id == viewer.id else known.get(post.owner_id, STRANGER)


def is_about_comment(row: Notification) -> bool:
    """A mention may be in a caption, too."""
    return row.kind in COMMENTS and row.target_id != row.post_id


def comments_of(rows: Iterable[Notification]) -> dict[int, Comment]:
    wanted = [row.target_id for row in rows if is_about_comment(row)]
    return {comment.id: comment for comment in Comment.objects.all().by_ids(wanted)}


def seen_up_to(user_id: int) -> int:
    return NotificationsSeen.objects.for_owner(user_id).values_list("seen_id", flat=True).first() or 0


def grouped(notices: Iterable[Notice]) -> list[Notice]:
    """Likes of one post become one notice, in the place of the newest; new and seen ones stay apart."""
    groups: list[Notice] = []
    likes: dict[tuple[int | None, bool], Notice] = {}
    for notice in notices:
        key = (notice.row.post_id, notice.seen)
        if notice.kind == Kind.LIKE and key in likes:
            likes[key].others.append(notice.actor)
            continue
        groups.append(notice)
        if notice.kind == Kind.LIKE:
            likes[key] = notice
    return groups
