"""Posts of 100 authors reach 10,000 feeds each: our script beside a redis-py pipeline of 1,000.

Both read the same followers from PostgreSQL the same way, and both push onto feeds that exist and no others. The
pipeline has no way to ask and push in one step: it uses LPUSHX, which is Redis' own push onto existing lists, and
LTRIM. (It keeps no order and lets the same id in twice; ours does neither. So this is the pipeline at its best.)
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import redis
from django.core.management import call_command

from config.seed.copying import Table, refresh_statistics, write
from feeds import store
from photoapp.ids import new_id_beside
from photoapp.redis_clients import FEEDS, acting
from photoapp.shards import FRIENDS, alias_for, servers
from script.benches.parts import row
from users.models import Follower, User
from users.selectors import follower_id_chunks

AUTHORS, FOLLOWERS = 100, 10_000
FEED = store.FEED_LENGTH  # ids in a feed when the push comes: full, so that each push drops the oldest
PIPELINE = 1_000
TIMES_THE_PIPELINE = 2.5


def run(quick: bool = False) -> list[dict[str, Any]]:
    authors, rounds = populate(10 if quick else AUTHORS), 3 if quick else 5
    ours: list[float] = []
    theirs: list[float] = []
    reading: list[float] = []
    for number in range(rounds):
        kinds: list[tuple[list[float], Callable[[int, Sequence[int]], int]]]
        kinds = [(ours, by_script), (theirs, by_pipeline), (reading, not_at_all)]
        for figures, push in kinds if number % 2 else kinds[::-1]:
            figures.append(fan_out(authors, push))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return [
        row("feeds a second, photoapp", ours, "feeds/s", digits=0),
        row("feeds a second, redis-py pipeline of 1,000", theirs, "feeds/s", digits=0),
        row("times the pipeline", ratios, "×", at_least=TIMES_THE_PIPELINE, digits=2),
        row("follower ids read from PostgreSQL a second", reading, "ids/s", digits=0),
        row("feeds a second, pushes alone", without_reading(ours, reading), "feeds/s", digits=0),
        row("feeds a second, pipeline alone", without_reading(theirs, reading), "feeds/s", digits=0),
        row("longest call of the script", [longest_call(authors)], "ms", at_most=10, digits=2),
        row(f"memory of a full feed, {store.FEED_LENGTH} ids", [memory()], "bytes", at_most=6 * 1024, digits=0),
    ]


def populate(count: int) -> list[int]:
    """Members who all follow the first `count` of them (as mirrors say), and whose feeds exist."""
    call_command("seed", members=FOLLOWERS + count, posts=0, follows=0, verbosity=0)
    members = list(User.objects.order_by("id").values_list("id", flat=True))
    authors, followers = members[:count], members[count:]
    for author in authors:
        rows = ((author, id, True, id) for id in followers)
        fields = "followee_id follower_id accepted position"
        write(alias_for(FRIENDS, author), Table(Follower, fields, rows), progress=int)
    for alias in servers(FRIENDS):
        refresh_statistics(alias)
    ids = [new_id_beside(random.choice(members)) for _ in range(FEED)]
    ids.sort(reverse=True)
    with acting(FEEDS).pipeline(transaction=False) as pipe:
        for member in members:
            pipe.rpush(store.feed_key(member), *ids).expire(store.feed_key(member), store.FEED_TTL)
        pipe.execute()
    return authors


def fan_out(authors: list[int], push: Callable[[int, Sequence[int]], int]) -> float:
    """Feeds (or ids, when nothing is pushed) a second."""
    started, reached = time.perf_counter(), 0
    for author in authors:
        post_id = new_id_beside(author)
        for chunk in follower_id_chunks(author):
            reached += push(post_id, chunk)
    seconds = time.perf_counter() - started
    if reached != len(authors) * FOLLOWERS:
        raise RuntimeError(f"{reached} feeds were reached, not {len(authors) * FOLLOWERS}")
    return reached / seconds


def by_script(post_id: int, followers: Sequence[int]) -> int:
    return store.push(post_id, followers).feeds


def by_pipeline(post_id: int, followers: Sequence[int]) -> int:
    pushed = 0
    for start in range(0, len(followers), PIPELINE):
        with acting(FEEDS).pipeline(transaction=False) as pipe:
            for follower in followers[start : start + PIPELINE]:
                key = store.feed_key(follower)
                pipe.lpushx(key, post_id)
                pipe.ltrim(key, 0, store.FEED_LENGTH - 1)
            pushed += sum(length > 0 for length in pipe.execute()[::2])
    return pushed


def not_at_all(post_id: int, followers: Sequence[int]) -> int:
    return len(followers)


def without_reading(whole: list[float], reading: list[float]) -> list[float]:
    return [1 / (1 / one - 1 / other) for one, other in zip(whole, reading, strict=True)]


def longest_call(authors: list[int]) -> float:
    """Milliseconds for which the slowest of many calls held up Redis, by its own SLOWLOG."""
    server: redis.Redis = acting(FEEDS)
    before = server.config_get("slowlog-log-slower-than")
    server.config_set("slowlog-log-slower-than", 0)
    server.slowlog_reset()
    fan_out(authors[:1], by_script)
    calls = [call["duration"] for call in server.slowlog_get(128) if call["command"].startswith(b"EVALSHA")]
    server.config_set("slowlog-log-slower-than", before["slowlog-log-slower-than"])
    return max(calls) / 1000


def memory() -> float:
    key = next(acting(FEEDS).scan_iter("feed:*", count=1))
    return float(acting(FEEDS).memory_usage(key))
