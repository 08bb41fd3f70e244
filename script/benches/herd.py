"""A crowd, and Redis that loses all, or stands still, in the middle of it.

nginx, two granian processes, Redis and PostgreSQL on all cores; an open-loop load of members' feeds at half of what
these can do warm (photoapp's share of the machine, since the load's process is on it, too).

    lost    FLUSHALL: sessions, feeds, cards and pages are gone
    still   Redis is stopped for ten seconds (SIGSTOP), then goes on (not with --quick)

Queries at a time are looked at two hundred times a second. How often a feed was built and a card rendered after
FLUSHALL is what the site itself counts (photoapp/cache_stats.py), which begins anew with it; each is there to the end,
so that the keys that there are were asked for.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command

from photoapp import cache_stats
from photoapp.redis_clients import CACHE, FEEDS, acting
from script.benches import front
from script.benches.feed import session_of
from script.benches.parts import row
from users.models import User

MEMBERS, POSTS, FOLLOWS = 1_000, 20, 50
WARM_SECONDS, STILL_SECONDS = 20, 10
THREADS = 4  # of each process: as many queries at a time
BACK_WITHIN = 30


@dataclass
class Sample:
    """What a load's requests took. Times are seconds, since its start or by the clock of load.py."""

    answers: list[tuple[float, float, int]]  # when due, milliseconds, status

    def between(self, begin: float, end: float) -> "Sample":
        return Sample([answer for answer in self.answers if begin <= answer[0] < end])

    def percentile(self, part: float) -> float:
        took = sorted(answer[1] for answer in self.answers if answer[2] == 200)
        return took[min(len(took) - 1, int(len(took) * part))] if took else float("inf")

    def share(self, *statuses: int) -> float:
        return 100 * sum(answer[2] in statuses for answer in self.answers) / max(1, len(self.answers))

    def failed(self) -> int:
        return sum(answer[2] not in (200, 503) for answer in self.answers)


def run(quick: bool = False) -> list[dict[str, Any]]:
    members = MEMBERS // 2 if quick else MEMBERS
    call_command("seed", members=members, posts=members * POSTS, follows=members * FOLLOWS, even=True, verbosity=0)
    cookies = [session_of(user) for user in User.objects.all()]
    home = front.make_home()
    file = home / "members"
    file.write_text("\n".join(cookies) + "\n")
    with front.nginx_and_web(home, processes=2, threads=THREADS, core=None) as port:
        load(port, file, len(cookies) / 10, 12)  # warm
        full = capacity(port, file)
        rate = full / 2
        lost = measure(port, file, rate, acting(FEEDS).flushall, lambda: None, quick)
        rows = [
            row("warm capacity, load included", [full], "pages/s", digits=0),
            row("members", [len(cookies)], "", digits=0),
            *report("lost", *lost),
            *computed(),
        ]
        if not quick:
            redis = front.redis_process()
            still = measure(port, file, rate, redis.suspend, redis.resume, quick, after=STILL_SECONDS)
            rows += report("still", *still)
    return rows


def capacity(port: int, file: Path) -> float:
    """Pages a second that are answered within 100 ms for 99 of 100: the rate is doubled, then bisected."""
    low, high = 100.0, 200.0
    while high < 20_000 and holds(load(port, file, high, 4)):
        low, high = high, high * 2
    for _ in range(3):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(load(port, file, middle, 4)) else (low, middle)
    return low


def holds(sample: Sample) -> bool:
    return sample.failed() == 0 and sample.percentile(0.99) < 100


def load(port: int, file: Path, rate: float, seconds: float) -> Sample:
    begun = time.monotonic()
    command = [sys.executable, "-m", "script.benches.load", str(port), str(file), str(rate), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 120)
    lines = (line.split() for line in done.stdout.splitlines())
    return Sample([(float(due) - begun, float(took), int(status)) for due, took, status in lines])


def measure(
    port: int,
    file: Path,
    rate: float,
    begin: Callable[[], object],
    end: Callable[[], object],
    quick: bool,
    *,
    after: float = 0.0,
) -> tuple[Sample, int]:
    """A load with an accident after WARM_SECONDS; the most queries at a time meanwhile."""
    seconds = WARM_SECONDS + after + BACK_WITHIN + (10 if quick else 30)

    def accident() -> None:
        time.sleep(WARM_SECONDS)
        begin()
        time.sleep(after)
        end()

    threading.Thread(target=accident).start()
    with most_queries() as most:
        sample = load(port, file, rate, seconds)
    return sample, most[0]


def computed() -> list[dict[str, Any]]:
    """Since Redis lost all."""
    time.sleep(cache_stats.WRITE_SECONDS + 1)  # all processes have told
    counted, rows = cache_stats.totals(), []
    for family, role in (("feed", FEEDS), ("card", CACHE)):
        times = counted[family, "computed"]
        keys = sum(1 for _ in acting(role).scan_iter(f"{family}:*", count=1000))
        rows.append(row(f"lost: {family}s that were asked for", [keys], "", digits=0))
        rows.append(row("lost: … computed, each", [times / max(1, keys)], "times", at_most=1, digits=3))
    return rows


@contextmanager
def most_queries() -> Iterator[list[int]]:
    """How many queries run at a time on all servers."""
    most, done = [0], threading.Event()
    urls = {url.rsplit("/", 1)[0] for name in DATABASES for url in os.environ[name].split(",")}
    connections = [psycopg.connect(f"{url}/postgres", autocommit=True) for url in urls]
    sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND datname <> %s"

    def look() -> None:
        while not done.wait(0.005):
            counts = [connection.execute(sql, ["postgres"]).fetchone() for connection in connections]
            most[0] = max(most[0], sum(count[0] for count in counts if count))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


DATABASES = ("DATABASE_URL", "FRIENDS_DATABASE_URLS", "CONTENT_DATABASE_URLS")


def report(name: str, sample: Sample, queries: int) -> list[dict[str, Any]]:
    warm = sample.between(5, WARM_SECONDS)
    gone = STILL_SECONDS if name == "still" else 0
    back = WARM_SECONDS + gone + BACK_WITHIN
    later = sample.between(back, back + 60)
    herd = sample.between(WARM_SECONDS, back)
    rows = [
        row(f"{name}: requests", [len(sample.answers)], "", digits=0),
        row(f"{name}: errors but 503", [sample.failed()], "requests", at_most=0, digits=0),
        row(f"{name}: 503, of all", [sample.share(503)], "%", at_most=1, digits=2),
        row(f"{name}: most queries at a time", [queries], "queries", at_most=2 * THREADS, digits=0),
        row(f"{name}: p50 before", [warm.percentile(0.5)], "ms"),
        row(f"{name}: p99 before", [warm.percentile(0.99)], "ms"),
        row(f"{name}: p99 in the {BACK_WITHIN + gone} s after", [herd.percentile(0.99)], "ms"),
        row(f"{name}: p99 from {BACK_WITHIN} s after", [later.percentile(0.99)], "ms"),
        row(f"{name}: … ÷ before", [later.percentile(0.99) / warm.percentile(0.99)], "×", at_most=2, digits=2),
    ]
    if gone:
        end = WARM_SECONDS + gone
        during = sample.between(WARM_SECONDS, end)
        ends = [due + took / 1000 for due, took, status in sample.answers if status == 200]
        answered = sum(WARM_SECONDS + 1 <= moment < end for moment in ends) / (gone - 1)  # but for what was on its way
        rows.append(row(f"{name}: pages answered a second while it stands still", [answered], "pages/s", at_least=1))
        rows.append(row(f"{name}: asked for a second", [len(during.answers) / gone], "pages/s", digits=0))
        rows.append(row(f"{name}: p50 of those asked for meanwhile", [during.percentile(0.5)], "ms"))
    return rows
