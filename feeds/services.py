"""Writes to feeds: what reaches whom. All of it can be done again, late or twice.

Hybrid fan-out: a post of an author below the threshold is pushed onto the feeds of followers; above it, onto the
author's own recent list, which readers merge (feeds/selectors.py).
"""

from collections.abc import Sequence

from django.conf import settings

from feeds import store
from feeds.models import PulledAuthor
from media.models import Post
from media.selectors import newest_ids_of
from users.selectors import follower_count, follower_id_chunks, heard_among, heard_ids

BACKFILL = 50
PUSH_AGAIN_BELOW = 0.8  # of the threshold: an author at the brink does not flip with every follower


def fan_out(post_id: int) -> int:
    """Brings a live post to the feeds of its author's followers. Returns how many lists took it."""
    post = Post.objects.on_shard_of(post_id).filter(id=post_id, state=Post.State.LIVE).first()
    if post is None:
        return 0
    pushed = store.push(post_id, [store.feed_key(post.owner_id)])
    if choose_pull(post.owner_id):
        return pushed + store.push(post_id, [store.recent_key(post.owner_id)], length=store.RECENT_LENGTH)
    for chunk in follower_id_chunks(post.owner_id, heard=True):
        pushed += store.push(post_id, map(store.feed_key, chunk))
    return pushed


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
    """Followers get what they would have merged; only then is the author no longer merged."""
    newest = newest_ids_of([author_id], BACKFILL)
    for chunk in follower_id_chunks(author_id, heard=True):
        for follower_id in chunk:
            backfill(follower_id, newest)
    PulledAuthor.objects.filter(author_id=author_id).delete()
    for chunk in follower_id_chunks(author_id):
        store.unmark_pulled(author_id, chunk)


def withdraw(post_id: int, owner_id: int) -> None:
    """Takes a post off the lists that may hold it. Readers leave it out already. One that was brought back meanwhile
    is put back: this news may come after that one."""
    store.remove([store.recent_key(owner_id), store.feed_key(owner_id)], [post_id])
    for chunk in follower_id_chunks(owner_id):
        store.remove([store.feed_key(id) for id in chunk], [post_id])
    fan_out(post_id)


def follow_changed(follower_id: int, followee_id: int) -> None:
    """Makes a feed follow the truth of one follow: backfilled, or purged."""
    if heard_among(follower_id, [followee_id]):
        if PulledAuthor.objects.filter(author_id=followee_id).exists():
            store.mark_pulled(followee_id, [follower_id])
        backfill(follower_id, newest_ids_of([followee_id], BACKFILL))
    else:
        purge(follower_id, followee_id)


def backfill(user_id: int, newest: Sequence[int]) -> None:
    """Merges an author's newest posts, BACKFILL at most, into a member's feed."""
    store.merge(store.feed_key(user_id), newest, more=len(newest) == BACKFILL)


def purge(user_id: int, author_id: int) -> None:
    """Takes all posts of an author off a member's feed."""
    store.unmark_pulled(author_id, [user_id])
    feed, _ = store.read_feed(user_id)
    if feed is not None and feed.ids:
        posts = Post.objects.for_owner(author_id).filter(id__in=feed.ids)
        store.remove([store.feed_key(user_id)], list(posts.values_list("id", flat=True)))


def rebuild(user_id: int) -> store.IdList:
    """Builds a member's feed from the shards and stores it. The answer is right even when Redis is away later."""
    key = store.feed_key(user_id)
    store.begin(key)
    authors = [*heard_ids(user_id), user_id]
    store.set_pulls(user_id, pulled_among(authors))
    built = from_shards(authors, store.FEED_LENGTH)
    store.finish(key, built.ids, complete=built.complete, length=store.FEED_LENGTH)
    return built


def rebuild_recent(author_id: int) -> store.IdList:
    key = store.recent_key(author_id)
    store.begin(key)
    built = from_shards([author_id], store.RECENT_LENGTH)
    store.finish(key, built.ids, complete=built.complete, length=store.RECENT_LENGTH)
    return built


def from_shards(authors: Sequence[int], limit: int) -> store.IdList:
    """The newest posts of authors; complete when there are fewer than asked for."""
    ids = newest_ids_of(authors, limit)
    return store.IdList(ids, complete=len(ids) < limit)


def pulled_among(author_ids: Sequence[int]) -> list[int]:
    return list(PulledAuthor.objects.filter(author_id__in=author_ids).values_list("author_id", flat=True))


def drop_feed(user_id: int) -> None:
    store.drop(store.feed_key(user_id), store.pulls_key(user_id), store.recent_key(user_id))
