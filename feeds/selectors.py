"""Reading a feed: stored ids and pulled ids merged, then hydrated through one batched visibility check.

Below the stored ids a feed goes on from the database. With Redis away it comes from there altogether: slower, whole.
"""

from collections.abc import Iterator
from typing import Any

import structlog
from redis.exceptions import RedisError

from feeds import services, store
from media.models import Author, Photo, Post
from media.recent import recent_ids, stored_recent
from media.selectors import followed_cards, newest_ids_of
from photoapp.pagination import Page, decode_cursor, page_of
from users.models import User
from users.selectors import heard_ids, relations, suggested_people

log = structlog.get_logger(__name__)

FIRST_PAGE = 5
NEXT_PAGE = 10
SURFACE = "feed"
OVER_FETCH = 3  # a few posts may have been withdrawn since they were pushed
NEWER_MOST = 10  # of the posts that are told of before they are shown; more is "many"
SUGGESTIONS = 6
SUGGESTED_PHOTOS = 3
LATELY = 60  # newest posts, of each server, whose authors are suggested


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


def newer_count(viewer: User, after: int) -> int:
    """How many posts of others are in the feed above one, at most NEWER_MOST.

    Asked by every open page, so it costs no query while there is nothing new; then those of a feed's page.
    """
    newer = [id for id in stored_feed(viewer.id).ids if id > after][:NEWER_MOST]
    if not newer:
        return 0
    return sum(card.owner_id != viewer.id for card in followed_cards(newer, viewer))


def suggestions(viewer: User) -> list[Any]:
    """People whom a member with an empty feed could follow: public ones who posted lately, each with `photos`, their
    newest; then newcomers. One query per content server, one on the viewer's friends shard, two for newcomers."""
    posters: dict[int, Author] = {}
    for photo in _latest_public_photos():
        owner = posters.setdefault(photo.post.owner_id, photo.post.owner)
        owner.photos = [*getattr(owner, "photos", []), photo][:SUGGESTED_PHOTOS]  # type: ignore[attr-defined]
    posters.pop(viewer.id, None)
    known = relations(viewer.id, posters)
    found: list[Any] = [author for id, author in posters.items() if id not in known][:SUGGESTIONS]
    if len(found) < SUGGESTIONS:
        found += [person for person in suggested_people(viewer) if person.id not in posters]
    return found[:SUGGESTIONS]


def _latest_public_photos() -> list[Photo]:
    """The first photo of each of the newest posts that everybody may see, newest first."""
    found: list[Photo] = []
    for photos in Photo.objects.on_every_shard():
        public = photos.filter(
            position=0,
            post__state=Post.State.LIVE,
            post__audience=Post.Audience.EVERYONE,
            post__owner__is_active=True,
            post__owner__is_private=False,
        )
        found += public.select_related("post__owner").order_by("-post_id")[:LATELY]
    return sorted(found, key=lambda photo: photo.post_id, reverse=True)


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
            return services.rebuild(user_id)  # what is built from the shards holds the posts of pulled authors
        recents = stored_recent(pulled)
    except RedisError as error:
        log.warning("feeds.redis_away", error=f"{type(error).__name__}: {error}")
        return store.IdList([], complete=False)
    found = [recent or recent_ids(author_id) for author_id, recent in recents.items()]
    return store.merged([feed, *(store.IdList(recent.ids, recent.complete) for recent in found)])
