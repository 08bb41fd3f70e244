"""Reading a feed: stored ids and pulled ids merged, then hydrated through one batched visibility check.

Below the stored ids a feed goes on from the database. With Redis away it comes from there altogether: slower, whole.
"""

from collections.abc import Iterator

import structlog
from redis.exceptions import RedisError

from feeds import services, store
from media.models import Post
from media.selectors import followed_cards, newest_ids_of
from photoapp.pagination import Page, decode_cursor, page_of
from users.models import User
from users.selectors import heard_ids

log = structlog.get_logger(__name__)

FIRST_PAGE = 5
NEXT_PAGE = 10
OVER_FETCH = 3  # a few posts may have been withdrawn since they were pushed
SURFACE = "feed"


def feed_page(viewer: User, cursor: str | None) -> Page[Post]:
    """5 cards, then 10 a page, newest first; no next cursor at the end of the feed. Raises InvalidCursor.

    Queries when the feed is stored: one per content server and one on the viewer's friends shard.
    """
    before = decode_cursor(cursor, surface=f"{SURFACE}:{viewer.id}")
    size = FIRST_PAGE if before is None else NEXT_PAGE
    found: list[Post] = []
    for ids in _batches(viewer, before, size + 1 + OVER_FETCH):
        found += followed_cards(ids, viewer)
        if len(found) > size:
            break
    return page_of(found, size=size, surface=f"{SURFACE}:{viewer.id}", key=lambda post: post.id)


def _batches(viewer: User, before: int | None, size: int) -> Iterator[list[int]]:
    """Ids of the feed below `before`, newest first, in batches; the last one may be empty."""
    stored = stored_feed(viewer.id)
    ids = [id for id in stored.ids if before is None or id < before]
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
    if stored.complete:
        return
    authors = [*heard_ids(viewer.id), viewer.id]
    before = min([*ids[-1:], *([before] if before else []), *stored.ids[-1:]], default=None)
    while ids := newest_ids_of(authors, size, before):
        yield ids
        before = ids[-1]


def stored_feed(user_id: int) -> store.IdList:
    """The feed as Redis has it, merged with pulled authors; built when it is absent.

    Right down to its last id: a list that is not complete ends where the shortest of its parts ends.
    """
    try:
        feed, pulled = store.read_feed(user_id)
        if feed is None:
            feed = services.rebuild(user_id)
            pulled = []  # what is built from the shards holds their posts
        parts = [feed, *_recent_lists(pulled)]
    except RedisError as error:
        log.warning("feeds.redis_away", error=f"{type(error).__name__}: {error}")
        return store.IdList([], complete=False)
    if len(parts) == 1:
        return feed
    floor = max((part.ids[-1] for part in parts if not part.complete and part.ids), default=0)
    ids = sorted({id for part in parts for id in part.ids if id >= floor}, reverse=True)
    return store.IdList(ids, complete=all(part.complete for part in parts))


def _recent_lists(author_ids: list[int]) -> list[store.IdList]:
    lists = store.read_recent(author_ids)
    return [found or services.rebuild_recent(author_id) for author_id, found in lists.items()]
