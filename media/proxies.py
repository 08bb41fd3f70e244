"""Copies of pages and photos in proxies in front are dropped when what they show is withdrawn (PROXY_PURGE_URLS).

The request is PURGE, as Squid, Varnish and nginx' cache-purge module know it (deploy/nginx). A proxy that cannot be
reached keeps its copy for as long as the copy's headers say, a minute at most; that is not worth trying for longer.
"""

from collections.abc import Iterable, Iterator, Sequence
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote, urlsplit

import structlog
from django.conf import settings

from media.mentions import tags_in
from media.models import FORMATS, WIDTHS, Author, Photo, Post
from photoapp.words import place_key, place_url, tag_key, tag_url

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 1.0
MOST_POSTS = 300  # of a member who goes private or leaves; copies of older ones end by themselves
MOST_LISTS = 100  # pages of tags and places; a caption has room for more, and somebody would try
# A proxy keeps a copy for each of these (deploy/nginx/photoapp.conf).
VARIANTS = [
    {"Accept-Language": language, "Accept-Encoding": encoding}
    for language, _ in settings.LANGUAGES
    for encoding in ("", "gzip")
]


def purge_post(post: Post) -> None:
    if settings.PROXY_PURGE_URLS:
        author = Author.objects.on_shard_of(post.owner_id).filter(id=post.owner_id).first()
        of_author = _of_member(author.username) if author else []
        _purge([post.get_absolute_url(), *of_author, *_lists_of([post])], _files_of([post]))


def purge_member(user_id: int) -> None:
    """The profile; of a member whom visitors may not see any more, all else, too."""
    if not settings.PROXY_PURGE_URLS:
        return
    author = Author.objects.on_shard_of(user_id).filter(id=user_id).first()
    if author is None:
        return
    hidden = author.is_private or not author.is_active
    posts = list(Post.objects.for_owner(user_id).order_by("-id")[:MOST_POSTS]) if hidden else []
    pages = [*_of_member(author.username), *(post.get_absolute_url() for post in posts), *_lists_of(posts)]
    _purge(pages, _files_of(posts))


def _of_member(username: str) -> list[str]:
    return [f"/u/{quote(username)}/", f"/get_user_details?username={quote(username)}"]


def _lists_of(posts: Sequence[Post]) -> list[str]:
    """First pages of what posts are found by: tags, places, discover. (Not further pages and not searches: their
    addresses are anybody's to choose. They end by themselves.)"""
    if not posts:
        return []
    tags = [tag_url(tag_key(tag)) for post in posts for tag in tags_in(post.caption)]
    places = [place_url(key) for post in posts if (key := place_key(post.location))]
    return ["/discover/", *list(dict.fromkeys([*places, *tags]))[:MOST_LISTS]]


def _files_of(posts: Iterable[Post]) -> Iterator[str]:
    by_id = [post.id for post in posts]
    if by_id:
        for photo in Photo.objects.on_shard_of(by_id[0]).filter(post_id__in=by_id):
            yield from (photo.url(width, format) for width in WIDTHS for format in FORMATS)


def _purge(pages: Iterable[str], files: Iterable[str]) -> None:
    wanted = [(path, headers) for path in pages for headers in VARIANTS] + [(path, {}) for path in files]
    for url in settings.PROXY_PURGE_URLS:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWER_SECONDS)
        try:
            for path, headers in wanted:
                connection.putrequest("PURGE", path, skip_accept_encoding=True)
                for name, value in headers.items():
                    connection.putheader(name, value)
                connection.endheaders()
                connection.getresponse().read()  # 404 and 412: it had none
        except (OSError, HTTPException) as error:
            log.warning("proxy.not_purged", proxy=parts.netloc, error=repr(error), paths=len(wanted))
        finally:
            connection.close()
