"""What happened that concerns a member: likes, comments, follows, tags.

Each notification is made equal to the truth (a like, a comment, a follow, a tag) by an outbox handler that reads it
inside a lock on the notification's key. So however often and in whatever order the news comes, there is one
notification while the thing is there, and none when it is gone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from feeds.models import Notification, NotificationsSeen
from media.models import Comment, Like, Post
from media.selectors import cards_by_ids, may_see_post
from photoapp.pagination import Page, keyset_page
from photoapp.shards import CONTENT, alias_for
from photoapp.transactions import lock
from users.models import Following, User
from users.selectors import STRANGER, Relation, relation, relations, users_by_ids

Kind = Notification.Kind

PAGE_SIZE = 20


@dataclass
class Notice:
    """A notification with what a page shows of it. `others` did the same to the same post."""

    row: Notification
    actor: User
    post: Post | None
    comment: Comment | None
    seen: bool
    others: list[User] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def thumbnail(self) -> str | None:
        return self.post.card_photos[0].url(320, "jpg") if self.post else None


# --- Writes: called by outbox handlers ---------------------------------------------------------------------------


def like_changed(post_id: int, user_id: int) -> None:
    def is_there() -> bool:
        return Like.objects.on_shard_of(post_id).filter(post_id=post_id, user_id=user_id).exists()

    if (owner_id := owner_of(post_id)) is not None:
        keep(owner_id, user_id, Kind.LIKE, target_id=post_id, post_id=post_id, is_there=is_there)


def comment_changed(post_id: int, comment_id: int, author_id: int) -> None:
    def is_there() -> bool:
        return Comment.objects.on_shard_of(comment_id).filter(id=comment_id).exists()

    if (owner_id := owner_of(post_id)) is not None:
        keep(owner_id, author_id, Kind.COMMENT, target_id=comment_id, post_id=post_id, is_there=is_there)


def follow_changed(follower_id: int, followee_id: int) -> None:
    follows = Following.objects.for_owner(follower_id).filter(followee_id=followee_id)
    for kind, accepted in ((Kind.FOLLOW, True), (Kind.FOLLOW_REQUEST, False)):
        asked = follows.filter(accepted=accepted)
        keep(followee_id, follower_id, kind, target_id=0, post_id=None, is_there=asked.exists)


def tags_changed(post_id: int, people: Iterable[int] = ()) -> None:
    """`people`: who was tagged before or is now; else those who are now."""
    posts = Post.objects.on_shard_of(post_id).filter(id=post_id, state=Post.State.LIVE)
    post = posts.first()
    if post is None:
        return

    def tagged() -> set[int]:
        return {int(person["id"]) for found in posts for person in found.shown_people}

    for user_id in set(people) or tagged():
        is_there = lambda user_id=user_id: user_id in tagged()  # noqa: E731
        keep(user_id, post.owner_id, Kind.TAG, target_id=post_id, post_id=post_id, is_there=is_there)


def post_deleted(post_id: int, owner_id: int) -> None:
    """Readers leave it out already."""
    Notification.objects.for_owner(owner_id).filter(post_id=post_id).delete()
    post = Post.objects.on_shard_of(post_id).filter(id=post_id).first()
    for person in post.people if post else []:
        Notification.objects.for_owner(int(person["id"])).filter(post_id=post_id).delete()


def forget(user_id: int) -> None:
    """What a deleted member was told. What others were told of the member goes with the likes and follows."""
    Notification.objects.for_owner(user_id).delete()
    NotificationsSeen.objects.for_owner(user_id).delete()


def owner_of(post_id: int) -> int | None:
    return Post.objects.on_shard_of(post_id).filter(id=post_id).values_list("owner_id", flat=True).first()


def keep(
    recipient_id: int,
    actor_id: int,
    kind: str,
    *,
    target_id: int,
    post_id: int | None,
    is_there: Callable[[], bool],
) -> None:
    """Makes a notification equal to the truth, which is read inside the lock: the run that comes last is right."""
    if recipient_id == actor_id:
        return
    using = alias_for(CONTENT, recipient_id)
    key: dict[str, Any] = {"recipient_id": recipient_id, "actor_id": actor_id, "kind": kind, "target_id": target_id}
    with transaction.atomic(using=using):
        lock(using, "notification", *key.values())
        if is_there() and not apart(recipient_id, actor_id):
            Notification.objects.get_or_create(**key, defaults={"post_id": post_id})
        else:
            Notification.objects.using(using).filter(**key).delete()


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
    may not see (any more). Queries: rows, seen and comments on the viewer's content server; members; relations;
    posts, one per content server."""
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
        if row.kind == Kind.COMMENT and comment is None:
            return None
        return Notice(row, actor, post, comment, seen=row.id <= seen)

    return Page([found for row in page.items if (found := notice(row))], page.next_cursor)


def to_owner(viewer: User, post: Post, known: dict[int, Relation]) -> Relation:
    return Relation(is_self=True) if post.owner_id == viewer.id else known.get(post.owner_id, STRANGER)


def comments_of(rows: Iterable[Notification]) -> dict[int, Comment]:
    wanted = [row.target_id for row in rows if row.kind == Kind.COMMENT]
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
