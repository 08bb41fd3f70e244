"""The index follows what happens to posts and members."""

from collections.abc import Iterable

from photoapp.outbox import handles
from photoapp.remember import renew
from search import services, suggestions, trends
from search.trends import DISCOVER

QUEUE = "search"


@handles("post.published", name="search.index_new", queue=QUEUE)
def index_new(post_id: int, owner: int) -> None:
    services.index_posts([post_id])


@handles("post.edited", name="search.forget_edited", inline=True)
def forget_edited(post_id: int, people: Iterable[int]) -> None:
    """It may be for fewer now."""
    services.forget_answers(post_id=post_id)
    if not services.is_public(post_id) and trends.drop(post_id=post_id):
        renew(DISCOVER)


@handles("post.edited", name="search.index_edited", queue=QUEUE)
def index_edited(post_id: int, people: Iterable[int]) -> None:
    services.reindex_post(post_id)


@handles("post.withdrawn", name="search.forget_withdrawn", inline=True)
def forget_withdrawn(post_id: int, owner: int) -> None:
    services.forget_answers(post_id=post_id)
    if trends.drop(post_id=post_id):
        renew(DISCOVER)


@handles("post.withdrawn", name="search.remove", queue=QUEUE)
def remove(post_id: int, owner: int) -> None:
    services.index_posts([post_id])


@handles("author.changed", name="search.forget_author", inline=True)
def forget_author(user_id: int) -> None:
    """Who is private now, or left, is in no remembered answer any more."""
    services.forget_answers(author_id=user_id)
    if trends.drop(owner_id=user_id):
        renew(DISCOVER)


@handles("author.changed", name="search.index_author", queue=QUEUE)
def index_author(user_id: int) -> None:
    services.index_author(user_id)


@handles("user.changed", name="search.index_person", queue=QUEUE)
def index_person(user_id: int) -> None:
    services.index_people([user_id])


@handles("user.deleted", name="search.forget_person", queue=QUEUE)
def forget_person(user_id: int) -> None:
    services.index_people([user_id])
    suggestions.forget(user_id)


@handles("follow.changed", name="search.suggest", queue=QUEUE)
def suggest(follower_id: int, followee_id: int) -> None:
    suggestions.compute(follower_id)
