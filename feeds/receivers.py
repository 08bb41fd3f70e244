"""The news that changes feeds."""

from feeds import services
from photoapp.outbox import handles


@handles("post.published", name="feeds.fan_out", queue="feeds")
def fan_out(post_id: int, owner: int) -> None:
    services.fan_out(post_id)


@handles("post.deleted", name="feeds.withdraw", queue="feeds")
def withdraw(post_id: int, owner: int | None) -> None:
    if owner is not None:  # None: it was never live
        services.withdraw(post_id, owner)


@handles("follow.changed", name="feeds.follow_changed", queue="feeds")
def follow_changed(follower_id: int, followee_id: int) -> None:
    services.follow_changed(follower_id, followee_id)


@handles("user.deleted", name="feeds.drop", queue="feeds")
def drop(user_id: int) -> None:
    services.drop_feed(user_id)
