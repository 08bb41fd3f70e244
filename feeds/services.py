"""Writes to feeds: what reaches whom. All of it can be done again, late or twice.

Hybrid fan-out: a post of an author below the threshold is pushed onto the feeds of followers, in chunks that are rows
of the outbox each; above it, readers merge the author's recent ids (media/recent.py).
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from feeds import store, withdrawn
from feeds.models import PulledAuthor
from feeds.store import Built, IdList
from media.cards import drop_cards, render_cards
from media.models import Post
from media.selectors import ACTS, newest_ids_of, own_acts_on, who_acted_on
from photoapp import outbox
from photoapp.cache_stats import count
from photoapp.replicas import from_followers, from_leaders
from photoapp.shards import CONTENT, alias_for
from users.selectors import (
    follower_count,
    follower_id_chunks,
    follower_id_ranges,
    follower_ids_between,
    heard_ids,
)

PUSH_AGAIN_BELOW = 0.8  # of the threshold: an author at the brink does not flip with every follower
# A feed that others build longer is built here, too: it may be a worker that yields to all others, and behind a request
# that waits for it others wait, who are refused after two seconds (photoapp/overload.py).
BUILDING_SECONDS = 0.1
ATTEMPTS = 3
ACTS_KNOWN = 64  # of the newest posts of a feed: first pages show no others


def fan_out(post_id: int) -> list[int]:
    """Brings a live post to the feed of its author, and to those of the author's followers or of whom the first
    chunk holds; the rest is left to the outbox, chunk by chunk. Returns the members whose page went."""
    post = _live(post_id)
    if post is None:
        return []
    with suppress(RedisError):  # else those who see the post first render it
        render_cards(post_id)
    pages = store.push(post_id, [post.owner_id]).pages
    store.forget_past(post.owner_id)  # not even in a crowd do they see a page without it
    if choose_pull(post.owner_id):
        withdrawn.tell(post.owner_id)  # pages of those who follow the author were composed without the post
        return pages
    own, *others = follower_id_ranges(post.owner_id, settings.FANOUT_CHUNK)
    for first, last in others:
        _leave_to_outbox("feeds.chunk_due", post_id, (first, last))
    return pages + push_to(post, follower_ids_between(post.owner_id, *own))


def fan_out_chunk(post_id: int, first: int, last: int) -> list[int]:
    """Brings a post to the followers with ids in a range. Returns the members whose page went."""
    post = _live(post_id)
    if post is None:
        return []
    return push_to(post, follower_ids_between(post.owner_id, first, last))


def _live(post_id: int) -> Post | None:
    return Post.objects.on_shard_of(post_id).filter(id=post_id, state=Post.State.LIVE).first()


def _leave_to_outbox(event: str, post_id: int, user_ids: Sequence[int], **more: str) -> None:
    """A chunk of members, as the range of their ids."""
    bounds = {"first": user_ids[0], "last": user_ids[-1]}
    with transaction.atomic(using=alias_for(CONTENT, post_id)):
        outbox.emit(event, group=CONTENT, owner_id=post_id, post_id=post_id, **bounds, **more)


def push_to(post: Post, follower_ids: Sequence[int]) -> list[int]:
    """Returns the members whose page went. A post that was withdrawn meanwhile is taken off again: its withdrawal may
    have passed by here."""
    pages = store.push(post.id, follower_ids).pages
    if _live(post.id) is None:
        store.remove(post.id, follower_ids)
    return pages


def remember_acts(post_id: int) -> None:
    """A post that comes back, from the archive or from its deletion: those who like or saved it see that they do. The
    first chunk of each; the rest is left to the outbox, chunk by chunk."""
    for kind in ACTS:
        for number, chunk in enumerate(who_acted_on(post_id, kind, settings.FANOUT_CHUNK)):
            if number == 0:
                _show_acts_of(post_id, chunk)
            else:
                _leave_to_outbox("feeds.acts_due", post_id, chunk, kind=kind)


def remember_acts_chunk(post_id: int, kind: str, first: int, last: int) -> None:
    for chunk in who_acted_on(post_id, kind, settings.FANOUT_CHUNK, first=first, last=last):
        _show_acts_of(post_id, chunk)


def _show_acts_of(post_id: int, user_ids: Sequence[int]) -> None:
    """Feeds that do not exist are built with all acts."""
    for user_id in store.with_feeds(user_ids):
        show_acts(post_id, user_id)


def show_acts(post_id: int, user_id: int) -> None:
    """After a member liked or saved a post, or took that back: their next page says so. Of several at a time the one
    that began last notes what it read, and each tries until it is that."""
    acts = [f"{kind}{post_id}" for kind in "ls"]
    for _ in range(ATTEMPTS):
        version = store.turn(user_id)
        now = own_acts_on([post_id], user_id)
        if store.note_acts(user_id, version, [act if act in now else f"-{act}" for act in acts]):
            return
    store.forget(user_id)  # so busy a member's feed is built anew


def choose_pull(author_id: int) -> bool:
    """Whether an author is pulled, after crossing the threshold (with hysteresis) where that is due."""
    pulled = PulledAuthor.objects.filter(author_id=author_id).exists()
    followers = follower_count(author_id)
    if not pulled and followers > settings.FANOUT_THRESHOLD:
        become_pulled(author_id)
        return True
    if pulled and followers < settings.FANOUT_THRESHOLD * PUSH_AGAIN_BELOW:
        become_pushed(author_id)
        return False
    return pulled


def become_pulled(author_id: int) -> None:
    """The row first: feeds built from now on know; then those that exist are told."""
    PulledAuthor.objects.get_or_create(author_id=author_id)
    for chunk in follower_id_chunks(author_id, heard=True):
        store.mark_pulled(author_id, chunk)


def become_pushed(author_id: int) -> None:
    """The row first: feeds built from now on hold the author's posts; those that exist are built anew when read."""
    PulledAuthor.objects.filter(author_id=author_id).delete()
    for chunk in follower_id_chunks(author_id):
        for follower_id in chunk:
            store.forget(follower_id)


def withdraw_now(post_id: int) -> None:
    """In the request that takes a post out of sight, or changes it: no page that was composed before shows it. The
    card first: whoever begins a page after the mark finds the truth."""
    drop_cards([post_id])
    withdrawn.tell(post_id)


def withdraw(post_id: int, owner_id: int) -> None:
    """Takes a post off the lists that may hold it. Readers leave it out already. One that was brought back meanwhile
    is put back: this news may come after that one."""
    store.remove(post_id, [owner_id])
    with from_followers():
        for chunk in follower_id_chunks(owner_id):
            store.remove(post_id, chunk)
    fan_out(post_id)


def rebuild(user_id: int) -> IdList:
    """Builds a member's feed from the shards and stores it; if somebody else is doing so, waits for that. The answer
    is right even when Redis is away later."""
    begun = store.begin(user_id)
    if begun.by_others and (feed := _built_by_others(user_id)):
        count("feed", "waited")
        return feed
    with from_leaders():
        heard = heard_ids(user_id)
        authors = [*heard, user_id]
        store.add_pulls(user_id, pulled_among(authors))
        built = from_shards(authors, store.FEED_LENGTH)
        newest = built.ids[:ACTS_KNOWN]
        acts = own_acts_on(newest, user_id)
    known = newest[-1] if len(newest) == ACTS_KNOWN else 0
    store.finish(user_id, begun.version, Built(built, heard, acts, known))
    count("feed", "computed")
    return built


def _built_by_others(user_id: int) -> IdList | None:
    """None when they take too long, or died."""
    deadline = time.monotonic() + BUILDING_SECONDS
    while time.monotonic() < deadline:
        feed, _pulled = store.read_feed(user_id)
        if feed is not None:
            return feed
        time.sleep(0.01)
    return None


def from_shards(authors: Sequence[int], limit: int) -> IdList:
    """The newest posts of authors; complete when there are fewer than asked for."""
    ids = newest_ids_of(authors, limit)
    return IdList(ids, complete=len(ids) < limit)


def pulled_among(author_ids: Iterable[int]) -> list[int]:
    return list(PulledAuthor.objects.filter(author_id__in=list(author_ids)).values_list("author_id", flat=True))
