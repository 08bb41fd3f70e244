"""Posts are pushed to the followers of ten authors: our script beside a redis-py pipeline of 1,000.

Both read the same followers from PostgreSQL the same way, and both push onto feeds that exist and no others. The
pipeline has no way to ask and push in one step: it uses LPUSHX, which is Redis' own push onto existing lists, and
LTRIM. (It keeps no order and lets the same id in twice; ours does neither. So this is the pipeline at its best.)
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import redis

from feeds import keys, store
from photoapp.ids import new_id_beside
from photoapp.redis_clients import FEEDS, acting
from script.benches.parts import row
from users.selectors import follower_id_chunks

PIPELINE = 1_000
TIMES_THE_PIPELINE = 2.5


def beside_a_pipeline(authors: list[int], rounds: int) -> list[dict[str, Any]]:
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
    ]


def fan_out(authors: list[int], push: Callable[[int, Sequence[int]], int]) -> float:
    """Feeds (or ids, when nothing is pushed) a second."""
    started, reached = time.perf_counter(), 0
    for author in authors:
        post_id = new_id_beside(author)
        for chunk in follower_id_chunks(author):
            reached += push(post_id, chunk)
    seconds = time.perf_counter() - started
    if not reached:
        raise RuntimeError("no feed was reached")
    return reached / seconds


def by_script(post_id: int, followers: Sequence[int]) -> int:
    return store.push(post_id, followers).feeds


def by_pipeline(post_id: int, followers: Sequence[int]) -> int:
    pushed = 0
    for start in range(0, len(followers), PIPELINE):
        with acting(FEEDS).pipeline(transaction=False) as pipe:
            for follower in followers[start : start + PIPELINE]:
                key = keys.feed_key(follower)
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
