"""The news that changes feeds. What says `inline` is done before the act is answered: one's own acts show on one's
next load, and what was withdrawn is on no page."""

from collections.abc import Iterable

from feeds import notifications, services, store, tasks, withdrawn
from media import receivers as media_receivers  # noqa: F401  (their handlers run before these: cards, then pages)
from photoapp.outbox import handles
from users.receivers import mirror_follow


@handles("post.published", name="feeds.fan_out", queue="fanout")
def fan_out(post_id: int, owner: int) -> None:
    tasks.compose_soon(services.fan_out(post_id), post_id)  # first: those who acted on the post may be many
    services.remember_acts(post_id)


@handles("feeds.chunk_due", name="feeds.fan_out_chunk", queue="fanout")
def fan_out_chunk(post_id: int, first: int, last: int) -> None:
    tasks.compose_soon(services.fan_out_chunk(post_id, first, last), post_id)


@handles("feeds.acts_due", name="feeds.remember_acts_chunk", queue="fanout")
def remember_acts_chunk(post_id: int, kind: str, first: int, last: int) -> None:
    services.remember_acts_chunk(post_id, kind, first, last)


@handles("post.withdrawn", name="feeds.withdraw_now", inline=True)
def withdraw_now(post_id: int, owner: int) -> None:
    services.withdraw_now(post_id)


@handles("post.withdrawn", name="feeds.withdraw", queue="fanout")
def withdraw(post_id: int, owner: int) -> None:
    services.withdraw(post_id, owner)


@handles("post.edited", name="feeds.show_edit", inline=True)
def show_edit(post_id: int, people: list[int]) -> None:
    services.withdraw_now(post_id)


@handles("post.like_changed", name="feeds.show_like", inline=True)
def show_like(post_id: int, user_id: int) -> None:
    services.show_acts(post_id, user_id)
    store.note_actor(user_id)


@handles("post.save_changed", name="feeds.show_save", inline=True)
def show_save(post_id: int, user_id: int) -> None:
    services.show_acts(post_id, user_id)
    store.note_actor(user_id)


@handles("comment.changed", name="feeds.show_comment", inline=True)
def show_comment(
    post_id: int, comment_id: int, author_id: int, people: Iterable[int] = (), by: int | None = None
) -> None:
    """To its author, and to whoever has deleted it. All others may see its count a minute later: else the page of
    somebody whose posts are talked about would not be kept at all."""
    for user_id in {author_id, by or author_id}:
        store.turn(user_id)
        store.note_actor(user_id)


@handles("follow.changed", name="feeds.follow_changed", inline=True)
def follow_changed(follower_id: int, followee_id: int) -> None:
    """Forgotten twice: at once, and when the followee's side, from which posts are pushed, is right. A feed that was
    built in between may lack a post. (While that side cannot be written this is tried again.)"""
    was_there = store.forget(follower_id)
    mirror_follow(follower_id, followee_id)
    if store.forget(follower_id) or was_there:
        tasks.build_soon(follower_id)


@handles("user.changed", name="feeds.show_face", inline=True)
def show_face(user_id: int) -> None:
    """The member's own pages name them; those of others show their posts."""
    store.forget_face(user_id)
    withdrawn.tell(user_id)


@handles("user.deleted", name="feeds.drop", queue="feeds")
def drop(user_id: int) -> None:
    store.forget(user_id)
    notifications.forget(user_id)


@handles("post.like_changed", name="feeds.notify_like")
def notify_like(post_id: int, user_id: int) -> None:
    notifications.like_changed(post_id, user_id)


@handles("comment.changed", name="feeds.notify_comment")
def notify_comment(
    post_id: int, comment_id: int, author_id: int, people: Iterable[int] = (), by: int | None = None
) -> None:
    notifications.comment_changed(post_id, comment_id, author_id, people)


@handles("follow.changed", name="feeds.notify_follow")
def notify_follow(follower_id: int, followee_id: int) -> None:
    notifications.follow_changed(follower_id, followee_id)


@handles("post.published", name="feeds.notify_tagged")
def notify_tagged(post_id: int, owner: int) -> None:
    notifications.tags_changed(post_id)


@handles("post.edited", name="feeds.notify_edited_tags")
def notify_edited_tags(post_id: int, people: list[int]) -> None:
    notifications.tags_changed(post_id, people)


@handles("post.deleted", name="feeds.forget_post")
def forget_post(post_id: int, owner: int | None, people: Iterable[int] = ()) -> None:
    if owner is not None:
        notifications.post_deleted(post_id, [owner, *people])
