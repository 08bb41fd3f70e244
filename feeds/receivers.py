"""The news that changes feeds."""

from collections.abc import Iterable

from feeds import notifications, services
from photoapp.outbox import handles


@handles("post.published", name="feeds.fan_out", queue="feeds")
def fan_out(post_id: int, owner: int) -> None:
    services.fan_out(post_id)


@handles("post.withdrawn", name="feeds.withdraw", queue="feeds")
def withdraw(post_id: int, owner: int) -> None:
    services.withdraw(post_id, owner)


@handles("follow.changed", name="feeds.follow_changed", queue="feeds")
def follow_changed(follower_id: int, followee_id: int) -> None:
    services.follow_changed(follower_id, followee_id)


@handles("user.deleted", name="feeds.drop", queue="feeds")
def drop(user_id: int) -> None:
    services.drop_feed(user_id)
    notifications.forget(user_id)


@handles("post.like_changed", name="feeds.notify_like")
def notify_like(post_id: int, user_id: int) -> None:
    notifications.like_changed(post_id, user_id)


@handles("comment.changed", name="feeds.notify_comment")
def notify_comment(post_id: int, comment_id: int, author_id: int, people: Iterable[int] = ()) -> None:
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
