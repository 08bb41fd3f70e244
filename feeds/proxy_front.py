"""What a proxy has to know to answer with stored pages itself, as the front door (front.py) does, without asking a
process: deploy/nginx/front_door.lua.

It is written by the processes that serve the feed, once a second, so that the proxy follows an update, and a Redis that
lost it gets it back; it ends with the last of these processes. It is a hash, `front`:

    release      of the pages that may be shown (photoapp/release.py)
    lives        seconds; how long it is kept that a member was here
    aging        milliseconds; what is shown so long after it was begun is to be composed again
    ends, spread milliseconds; a page is shown for so long at least, and so much longer at most
    hosts        ALLOWED_HOSTS
    http, https  headers of the answer, a line each

The proxy counts the pages that it showed in `front:hits`, and notes who looked at which (feeds/keys.py); in the set
`front:aging` those that will end soon, as "<the member's id in hex>:<the page's field>". These, and the pages of
members who have acted, are then composed ahead.
"""

import threading
import time

import structlog
from django.conf import settings
from django.http import HttpResponse
from redis.exceptions import RedisError

from feeds import front
from feeds.keys import ACTED
from feeds.page_store import AGING_SECONDS, PAGE_SECONDS, SHORTEST, field_of
from feeds.store import FEED_TTL
from feeds.tasks import compose_soon, renew_soon
from photoapp.cache_stats import count
from photoapp.redis_clients import FEEDS, acting
from photoapp.release import release

log = structlog.get_logger(__name__)

KEY, HITS, AGING = "front", "front:hits", "front:aging"
MOST = 500  # pages of each kind that a process takes at a time
WRITE_SECONDS = 1.0
LIVES_SECONDS = 30


def tell_for_ever() -> None:
    """In a thread of its own, as long as the process lives."""
    threading.Thread(target=_tell_on, name="front-record", daemon=True).start()


def _tell_on() -> None:
    while True:
        try:
            tell()
        except (RedisError, OSError):
            pass  # a proxy that does not know asks a process
        except Exception:
            log.exception("feeds.proxies_not_told")
        time.sleep(WRITE_SECONDS)


def tell() -> None:
    """Writes what proxies have to know, counts what they have shown, and has pages composed ahead. Raises redis'
    errors."""
    with acting(FEEDS).pipeline(transaction=False) as pipe:
        pipe.getdel(HITS)
        pipe.spop(AGING, MOST)
        pipe.spop(ACTED, MOST)
        pipe.hset(KEY, mapping=_record()).expire(KEY, LIVES_SECONDS)
        hits, aging, acted, *_ = pipe.execute()
    count("page", "hit", int(hits or 0))
    compose_soon([int(user_id) for user_id in acted])
    renew_soon([page for one in aging if (page := _page(one.decode())) is not None])


def _page(aging: str) -> tuple[int, str] | None:
    """The member, and the language. None for a page of another release."""
    owner, _, field = aging.partition(":")
    language = field.partition(":")[0]
    return (int(owner, 16), language) if field == field_of(language) else None


def _record() -> dict[str, str | int]:
    return {
        "release": release(),
        "lives": FEED_TTL,
        "aging": AGING_SECONDS * 1000,
        "ends": round(PAGE_SECONDS * SHORTEST * 1000),
        "spread": round(PAGE_SECONDS * (1 - SHORTEST) * 1000),
        "hosts": " ".join(settings.ALLOWED_HOSTS),
        **{scheme: _lines(is_secure=scheme == "https") for scheme in ("http", "https")},
    }


def _lines(*, is_secure: bool) -> str:
    headers = [*front.headers_of(HttpResponse, is_secure), ("Content-Encoding", "gzip")]
    return "\n".join(f"{name}: {value}" for name, value in headers)
