"""From a post that is published to the feeds of those who follow its author, with everything that production has on the
way: rows of posts and follows on 1 auth, 2 friends and 4 content servers, the outbox, Celery, Redis, nginx, granian.

    all at once   100 authors with 10,000 followers each publish a post: 1,000,000 feeds get one, by two workers
    one           one of them publishes: until the last feed has the post
    star          an author with 1,000,000 followers publishes: until a follower's page shows it (pulled)
    returning     a member with 1,000 followees comes back, and Redis holds nothing at all

During the first three an open-loop load of visitors goes on, each of whom loads the feed once a minute; what it takes
them is compared with the seconds before. Then the script that pushes stands beside a pipeline (pushing.py).
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from feeds import keys, store
from photoapp.redis_clients import FEEDS, acting
from script.benches import front
from script.benches.crowd import Crowd, Sizes, crowd_around, make_crowd, write_cookies
from script.benches.herd import Sample
from script.benches.parts import row
from script.benches.publishing import (
    Burst,
    Reader,
    celery_workers,
    come_back,
    publish,
    publish_all,
    publish_singly,
    until_seen,
)
from script.benches.pushing import beside_a_pipeline

WHOLE = Sizes(members=20_300, authors=100, followers=10_000, stars_followers=1_000_000)
QUICK = Sizes(
    members=4_100,
    authors=40,
    followers=2_500,
    stars_followers=50_000,
    fans=10,
    returning=40,
    followees=500,
    visitors=3_000,
)
MINUTE = 60  # between two loads of a visitor
BURSTS = 3


def run(quick: bool = False) -> list[dict[str, Any]]:
    sizes = QUICK if quick else WHOLE
    crowd = make_crowd(sizes)
    home = front.make_home()
    cookies = write_cookies(crowd.visitors, home / "visitors")
    with front.nginx_and_web(home, processes=2, threads=4, core=None) as port, celery_workers():
        rows = [row("visitors: loads a second", [len(cookies) / MINUTE], "pages/s", digits=0)]
        rows += under_load(crowd, port, home, len(cookies) / MINUTE, quick)
        rows += beside_a_pipeline(crowd.authors[:10], 3)
        rows += memory(crowd)
        rows += returning(crowd, port, home)
    return rows


def under_load(crowd: Crowd, port: int, home: Path, rate: float, quick: bool) -> list[dict[str, Any]]:
    sizes = crowd.sizes
    crowd_around(crowd.star, sizes.stars_followers)
    crossing, _ = publish(crowd.star)
    reader = Reader(port, write_cookies(crowd.fans, home / "fans"))
    warm, idle, rest = (3, 10, 30) if quick else (5, 20, 90)
    with visitors(port, home / "visitors", rate, warm + idle + rest) as answers:
        begun = time.monotonic()
        time.sleep(warm + idle)
        bursts = []
        for _ in range(BURSTS):
            bursts.append(publish_all(crowd))
            time.sleep(2)
        singly = time.monotonic()
        singles, single_end = publish_singly(crowd, 10 if quick else 50)
        seen = sorted(until_seen(crowd.star, fan, reader) for fan in range(sizes.fans))
        if time.monotonic() > begun + warm + idle + rest:
            raise RuntimeError("the load ended before all was measured")
    sample = Sample(answers)
    before = sample.between(begun + warm, begun + warm + idle)
    return [
        *rows_of_bursts(bursts, sizes.authors * sizes.followers),
        *rows_of_visitors(sample, before, bursts),
        row("visitors: p99 ÷ before, while one publishes", [ratio(sample.between(singly, single_end), before)], "×"),
        row(f"one: {sizes.followers:,} followers, to the last feed, p50", [1000 * median(singles)], "ms"),
        row("one: … p99 (the slowest)", [1000 * singles[-1]], "ms", at_most=2000),
        row(f"star: {sizes.stars_followers:,} followers, visible to one after, p50", [1000 * median(seen)], "ms"),
        row("star: … p99 (the slowest)", [1000 * seen[-1]], "ms", at_most=1000),
        row("star: once, from being pushed to being pulled", [crossing], "s"),
    ]


def rows_of_bursts(bursts: list[Burst], pushes: int) -> list[dict[str, Any]]:
    seconds = [burst.seconds for burst in bursts]
    published = [burst.published - burst.begun for burst in bursts]
    return [
        row(f"all at once: {pushes:,} feeds, from publishing to the last", seconds, "s", at_most=8e-6 * pushes),
        row("all at once: feeds a second", [pushes / each for each in seconds], "feeds/s", digits=0),
        row("all at once: the last post was live after", published, "s"),
        *(
            row(f"all at once: CPU of {part}", [burst.cpu[part] for burst in bursts], "s")
            for part, _ in bursts[0].cpu.most_common()
        ),
    ]


def rows_of_visitors(sample: Sample, before: Sample, bursts: list[Burst]) -> list[dict[str, Any]]:
    """What they noticed of the bursts; `meanwhile` is that of all, the ratio also that of each."""
    each = [sample.between(burst.begun, burst.ended) for burst in bursts]
    meanwhile = Sample([answer for one in each for answer in one.answers])
    return [
        row("visitors: errors", [sum(answer[2] != 200 for answer in sample.answers)], "requests", at_most=0, digits=0),
        row("visitors: p50 before", [before.percentile(0.5)], "ms"),
        row("visitors: p99 before", [before.percentile(0.99)], "ms"),
        row("visitors: p50 meanwhile", [meanwhile.percentile(0.5)], "ms"),
        row("visitors: p99 meanwhile", [meanwhile.percentile(0.99)], "ms"),
        row("visitors: p99 meanwhile ÷ before", [ratio(one, before) for one in each], "×", at_most=2, digits=2),
    ]


def ratio(one: Sample, other: Sample) -> float:
    return one.percentile(0.99) / other.percentile(0.99)


@contextmanager
def visitors(port: int, file: Path, rate: float, seconds: float) -> Iterator[list[tuple[float, float, int]]]:
    """The answers are there at the end: when each was due by time.monotonic(), milliseconds, status."""
    command = [sys.executable, "-m", "script.benches.load", str(port), str(file), str(rate), str(seconds)]
    answers: list[tuple[float, float, int]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as load:
        try:
            yield answers
            output, _ = load.communicate(timeout=seconds + 120)
        finally:
            load.kill()
    for due, took, status in (line.split() for line in output.splitlines()):
        answers.append((float(due), float(took), int(status)))


def memory(crowd: Crowd) -> list[dict[str, Any]]:
    """Of every tenth of some readers."""
    feeds, all_kept = [], []
    for reader in crowd.readers[:100:10]:
        sizes = [acting(FEEDS).memory_usage(key(reader)) or 0 for key in KEPT]
        feeds.append(float(sizes[0]))
        all_kept.append(float(sum(sizes)))
    full = f"memory of a full feed, {store.FEED_LENGTH} ids and up to {store.SLACK} more"
    return [
        row(full, feeds, "bytes", at_most=6 * 1024, digits=0),
        row("memory of all that is kept for a reader, without the page", all_kept, "bytes", digits=0),
    ]


KEPT = (keys.feed_key, keys.pulls_key, keys.heard_key, keys.mine_key, keys.member_key)


def returning(crowd: Crowd, port: int, home: Path) -> list[dict[str, Any]]:
    reader = Reader(port, write_cookies(crowd.returning, home / "returning"))
    took = sorted(come_back(reader, member) for member in range(crowd.sizes.returning))
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    return [
        row(f"returning: {crowd.sizes.followees:,} followees, first page, p50", [1000 * median(took)], "ms"),
        row("returning: … p99", [1000 * p99], "ms", at_most=250),
    ]
