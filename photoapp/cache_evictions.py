"""Counts which families Redis throws away when it is full.

Redis says it to who listens, if its notify-keyspace-events contain E and e. One process listens, else each eviction
would be counted several times: of the Celery workers' main processes the one that holds a lease, which lies in the
Redis that is listened to. Without that setting there is only the total of each server, which the admin shows.
"""

import re
import threading
import time
from collections import Counter
from typing import Any

from redis.exceptions import LockError, RedisError, ResponseError

from photoapp.cache_stats import count
from photoapp.redis_clients import CACHE, FEEDS, acting

LEASE = "stats:listener"
LEASE_SECONDS = 15
PAUSE_SECONDS = 5.0
TURN_SECONDS = 1.0  # between two looks at the lease

FAMILY = re.compile(rb"([a-z_]{1,24})(?:[:.]|$)")


def family_of(key: bytes) -> str:
    """What stands before the first colon. Keys of Django's cache begin with one; the broker's have dots or nothing."""
    if key.startswith(b":"):
        return "django"
    found = FAMILY.match(key)
    return found[1].decode() if found else "other"


def start_listening() -> None:
    for role in (CACHE, FEEDS):
        threading.Thread(target=_listen_for_ever, args=(role,), name=f"evictions-{role}", daemon=True).start()


def _listen_for_ever(role: str) -> None:
    while True:
        try:
            acting(role).info("server")
        except ResponseError:
            return  # the embedded default's Redis, which evicts nothing
        except (RedisError, OSError):
            pass
        else:
            listen(role)
        time.sleep(PAUSE_SECONDS)


def listen(role: str) -> None:
    """Counts for as long as this process has the lease. Returns at once when another has it."""
    client = acting(role)
    lease = client.lock(LEASE, timeout=LEASE_SECONDS, thread_local=False)
    try:
        if not lease.acquire(blocking=False):
            return
        database = client.connection_pool.connection_kwargs.get("db", 0)
        with client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe(f"__keyevent@{database}__:evicted")
            while _still_has(lease):
                for family, times in _heard(pubsub).items():
                    count(family, "evicted", times)
    except (RedisError, OSError):
        return


def _still_has(lease: Any) -> bool:
    """A lease that was evicted, too, is taken again."""
    try:
        return bool(lease.reacquire())
    except LockError:
        return bool(lease.acquire(blocking=False))


def _heard(pubsub: Any) -> Counter[str]:
    """What is evicted in the next second."""
    families: Counter[str] = Counter()
    until = time.monotonic() + TURN_SECONDS
    while (left := until - time.monotonic()) > 0:
        message = pubsub.get_message(timeout=left)
        if message is not None:
            families[family_of(message["data"])] += 1
    return families
