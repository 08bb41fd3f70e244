"""What members see of feeds, and the news of posts: on time, or late."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from feeds import first_page, selectors, store
from feeds.withdrawn import mirror
from media.models import Post
from photoapp import ids, outbox
from photoapp.models import ContentOutbox
from photoapp.redis_clients import FEEDS, quick_answers
from photoapp.shards import CONTENT, alias_for
from tests.people import live_post
from users.models import User

FAN_OUT = ("feeds.fan_out", "feeds.fan_out_chunk")


def feed_of(user: User) -> list[str]:
    """The captions of a whole feed, page by page, as the API lists it."""
    captions, cursor = [], None
    while True:
        page = selectors.feed_page(user, cursor)
        captions += [post.caption for post in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return captions


@dataclass(frozen=True)
class Shown:
    """Ids, in the order of the page."""

    posts: list[int]
    liked: set[int]


def first_page_of(user: User) -> Shown | None:
    """What the first page shows that is stored, or composed. None where the view asks the databases."""
    html = page_of(user)
    return _shown(html) if html else None


def page_of(user: User) -> str:
    """The first page itself; "" where the view asks the databases."""
    mirror.ask()  # as its thread does: a process that has not heard of anything lately serves no stored page
    page = first_page.first_page(user, "en")
    keeping_is_done()
    return gzip.decompress(page.body).decode() if page is not None else ""


def keeping_is_done() -> None:
    """Nobody waits until a page is kept; it is done before this is answered, over the same connection."""
    quick_answers(FEEDS, [("PING",)])


def _shown(html: str) -> Shown:
    posts, liked = [], set()
    for card in html.split("<article ")[1:]:
        found = re.search(r'data-post="(\w+)"', card)
        assert found
        posts.append(ids.decode(found[1]))
        if 'value="unlike"' in card:
            liked.add(posts[-1])
    return Shown(posts, liked)


def stored_list(user: User) -> store.IdList | None:
    """The member's list in Redis."""
    return store.read_feed(user.id)[0]


def announce(post: Post) -> None:
    """The news that a post is live, as its last step tells it. It is brought to feeds when the outbox is delivered."""
    with transaction.atomic(using=alias_for(CONTENT, post.id)):
        outbox.emit("post.published", group=CONTENT, owner_id=post.owner_id, post_id=post.id, owner=post.owner_id)


def bring(post: Post) -> None:
    """Brings an announced post to all feeds, and delivers nothing else."""
    while rows := [row for row in _fan_outs() if row.payload["post_id"] == post.id]:
        for row in rows:
            assert outbox.deliver(CONTENT, row.id)


def publish(owner: User, caption: str = "") -> Post:
    """A live post and its news, on time, without bytes."""
    post = live_post(owner, caption)
    announce(post)
    bring(post)
    return post


def on_their_way() -> set[int]:
    """Posts whose news has not reached all feeds."""
    return {row.payload["post_id"] for row in _fan_outs()}


def _fan_outs() -> Iterator[ContentOutbox]:
    for rows in ContentOutbox.objects.on_every_shard():
        yield from rows.filter(handler__in=FAN_OUT)
