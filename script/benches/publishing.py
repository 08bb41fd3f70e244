"""Posts are made live as the last step of processing does it, and looked for in feeds and on pages."""

import gzip
import http.client
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from feeds import keys, store
from feeds.selectors import stored_feed
from media.services import make_live
from photoapp.ids import encode
from photoapp.models import OUTBOXES
from photoapp.redis_clients import CACHE, FEEDS, acting
from photoapp.shards import CONTENT, alias_for, servers
from script.benches.crowd import Crowd, finished_post
from script.benches.feed import check, get
from script.benches.parts import Server
from script.topology.state import be_nice

FAN_OUT = "feeds.fan_out"  # how the names of its outbox rows begin
# Queues, processes and niceness, as docs/operating.md has them.
WORKERS = (("fanout", 2, 5), ("default,photos,search", 1, 10), ("feeds", 1, 19))


@contextmanager
def celery_workers() -> Iterator[None]:
    from config.celery import app

    with ExitStack() as stack:
        for number, (queues, processes, niceness) in enumerate(WORKERS):
            command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queues, "-n", f"w{number}@%h"]
            command += ["--concurrency", str(processes), "--loglevel", "WARNING"]
            worker = Server(command, log=Path(os.environ["DATA_DIR"]) / f"worker{number}.log", env=dict(os.environ))
            stack.callback(worker.stop)
            be_nice(worker.process.pid, niceness)
        worker.wait_until(lambda: len(app.control.ping(timeout=0.5)) == len(WORKERS), seconds=60)
        yield


def publish(author: int) -> tuple[float, int]:
    """Seconds from before a post is made live until its fan-out is recorded as done, which is after the last feed has
    it; the post."""
    post_id = finished_post(author)
    started = time.perf_counter()
    make_live(post_id)
    wait_for_fan_out([alias_for(CONTENT, post_id)], every=0.002)
    return time.perf_counter() - started, post_id


def publish_singly(crowd: Crowd, count: int) -> tuple[list[float], float]:
    """Of posts of as many authors, one after the other: seconds, sorted; when the last one was done. Then the feeds of
    all followers are looked at."""
    published = {author: publish(author) for author in crowd.authors[:count]}
    end = time.monotonic()
    for author, (_, post_id) in published.items():
        check_feeds({follower: {post_id} for follower in crowd.followers(author)}, deep=True)
    return sorted(seconds for seconds, _ in published.values()), end


@dataclass(frozen=True)
class Burst:
    """All authors publish at once. Moments by time.monotonic()."""

    begun: float
    published: float  # when the last post was live
    ended: float  # when the last feed had it, and that was recorded
    cpu: Counter[str]

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


def publish_all(crowd: Crowd) -> Burst:
    posts = {author: finished_post(author) for author in crowd.authors}
    begun, cpu = time.monotonic(), cpu_seconds()
    for post_id in posts.values():
        make_live(post_id)
    published = time.monotonic()
    wait_for_fan_out(servers(CONTENT), every=0.05)
    burst = Burst(begun, published, time.monotonic(), cpu_seconds() - cpu)
    check_feeds({reader: {posts[one] for one in some if one in posts} for reader, some in crowd.followed.items()})
    return burst


def wait_for_fan_out(aliases: list[str], *, every: float) -> None:
    """A row is deleted when its effect is recorded (photoapp/outbox.py), so without rows it is done."""
    waiting = list(aliases)
    deadline = time.monotonic() + 110
    while waiting:
        if not OUTBOXES[CONTENT].objects.using(waiting[0]).filter(handler__startswith=FAN_OUT).exists():
            waiting.pop(0)
        elif time.monotonic() > deadline:
            raise RuntimeError("the fan-out has not ended")
        else:
            time.sleep(every)


def check_feeds(expected: dict[int, set[int]], *, deep: bool = False) -> None:
    """Each member's feed begins with these posts, each once; `deep`: has them, also where it has to be built since the
    member has followed somebody meanwhile."""
    with acting(FEEDS).pipeline(transaction=False) as pipe:
        for member, posts in expected.items():
            pipe.lrange(keys.feed_key(member), 0, 100 if deep else len(posts) - 1)
        for found, (member, posts) in zip(pipe.execute(), expected.items(), strict=True):
            if deep and (not found or found[-1] == store.BUILDING.encode()):
                ids = stored_feed(member).ids
            else:
                ids = [int(id) for id in found]
            if len(set(ids)) < len(ids) or not posts <= set(ids):
                raise RuntimeError(f"the feed of {member} is not right")


class Reader:
    """A browser that is logged in as several members."""

    def __init__(self, port: int, cookies: list[str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = cookies

    def page(self, number: int) -> str:
        status, body = get(self.connection, "/feed/", self.cookies[number])
        check(status, body)
        return gzip.decompress(body).decode()


def until_seen(star: int, fan: int, reader: Reader) -> float:
    """Seconds from before a post is made live until it is on the page of a follower, who had a stored one."""
    post_id = finished_post(star)
    for _ in range(2):
        reader.page(fan)
    started = time.perf_counter()
    make_live(post_id)
    while f"/p/{encode(post_id)}/" not in reader.page(fan):
        if time.perf_counter() > started + 30:
            raise RuntimeError("a post of the star was not seen")
        time.sleep(0.002)
    return time.perf_counter() - started


def come_back(reader: Reader, member: int) -> float:
    """Seconds that the first page takes when Redis is empty."""
    acting(FEEDS).flushdb()
    acting(CACHE).flushdb()
    started = time.perf_counter()
    reader.page(member)
    return time.perf_counter() - started


PARTS = {
    "-Q fanout": "workers on fanout",
    "-Q default": "worker on default, photos and search",
    "-Q feeds": "worker on feeds",
    "granian": "web",
    "script.benches.load": "load",
    "nginx": "nginx",
    "redis-server": "Redis",
    "postgres": "PostgreSQL",
}


def cpu_seconds() -> Counter[str]:
    """What each part, this process ("publisher") included, has used."""
    own = psutil.Process()
    found = Counter({"publisher": sum(own.cpu_times()[:2])})
    for process in own.children(recursive=True):
        try:
            line, times = " ".join(process.cmdline()), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        part = next((part for word, part in PARTS.items() if word in line), None)
        if part is not None:
            found[part] += times.user + times.system
    return found
