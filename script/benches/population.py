"""The members of a site of one size (growing.py): rows on all shards, an index of search, feeds of some."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connections
from django.utils import timezone

from config.management.commands.seed import free_names, write_everywhere
from config.seed.population import Population, draw
from config.seed.rows import PRIVATE_ONE_IN, Rows
from feeds import services
from media.models import Author, Like, Photo, Post, PostCount, Trace
from photoapp.shards import AUTH, CONTENT, FRIENDS, servers
from script.benches.growing import EACH, FEEDS, FOLLOWERS
from script.benches.residents import log_in
from search import rebuild
from search.engines import PEOPLE, POSTS
from users.models import FollowCount, Follower, Following, User

AUTHORS = 8  # who publish
ENOUGH = 8  # ids in a feed, so that its first page is full

GROUPS = (AUTH, FRIENDS, CONTENT)
# What a row belongs to, by table.
OF_WHAT = {
    **{model._meta.db_table: "member" for model in (User, Author, FollowCount)},
    **{model._meta.db_table: "follow" for model in (Following, Follower)},
    **{model._meta.db_table: "post" for model in (Post, Photo)},
    **{model._meta.db_table: "like" for model in (Like, Trace, PostCount)},
    PEOPLE: "member",
    POSTS: "post",
}
SIZES = (
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = 'public'::regnamespace AND relname = ANY(%s)"
)


@dataclass
class Settled:
    members: int
    empty: dict[str, int]  # bytes of a group's databases before there was anybody
    readers: list[tuple[int, str]] = field(default_factory=list)  # who have a feed: id, cookie
    authors: list[int] = field(default_factory=list)  # who publish; all of their followers have a feed
    public: list[tuple[int, str, int]] = field(default_factory=list)  # id, name, a post of theirs
    seconds: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        return {
            "empty": self.empty,
            "bytes": {group: size_of(group) for group in GROUPS},
            "bytes_of": {
                group: {what: round(size / self.members / EACH[what], 1) for what, size in of_what(group).items()}
                for group in GROUPS
            },
            "seconds": {what: round(seconds, 1) for what, seconds in self.seconds.items()},
        }


def settle(members: int) -> Settled:
    found = Settled(members, {group: size_of(group) for group in GROUPS})
    clock = Clock(found)
    until = timezone.now() - timedelta(hours=1)
    people = draw(**{f"{what}s": members * count for what, count in EACH.items()}, seed=1, until=until)
    clock.note("drawn")
    names, password = free_names(members), make_password(None)
    write_everywhere(Rows(people, names, password, 1), quiet=True)
    clock.note("written")
    index()
    clock.note("indexed")
    with ThreadPoolExecutor() as pool:
        list(pool.map(tidy, servers(AUTH) + servers(FRIENDS) + servers(CONTENT)))
    clock.note("tidied")
    choose(found, people, names, password)
    clock.note("feeds built")
    return found


class Clock:
    def __init__(self, settled: Settled) -> None:
        self.settled, self.last = settled, time.monotonic()

    def note(self, what: str) -> None:
        now = time.monotonic()
        self.settled.seconds[what] = now - self.last
        print(f"{self.settled.members:,} members: {what} in {now - self.last:.1f} s", file=sys.stderr, flush=True)
        self.last = now


def index() -> None:
    """Two servers at a time, each by a process of its own."""
    connections.close_all()
    with get_context("fork").Pool(2) as pool:
        pool.map(index_server, rebuild.aliases(), chunksize=1)


def index_server(alias: str) -> None:
    rebuild.rebuild(alias, int)


def tidy(alias: str) -> None:
    """As autovacuum leaves it in time."""
    with connections[alias].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
    connections[alias].close()


def choose(found: Settled, people: Population, names: list[str], password: str) -> None:
    """At random, but for those who publish: they have about as many followers at every size."""
    dice, numbers = random.Random(found.members), range(found.members)
    fitting = [n for n in numbers if FOLLOWERS[0] <= people.follower_count(n) <= FOLLOWERS[1]]
    authors = dice.sample(fitting, min(AUTHORS, len(fitting)))
    found.authors = [people.members[n] for n in authors]
    readers = {people.members[n] for n in dice.sample(numbers, min(FEEDS, found.members))}
    lengths = {id: len(services.rebuild(id).ids) for id in sorted(readers)}
    for n in authors:
        edges = people.by_followee[people.followers_from[n] : people.followers_from[n + 1]]
        for follower in {people.members[people.followers[edge]] for edge in edges} - readers:
            services.rebuild(follower)
    full = [id for id, length in lengths.items() if length >= ENOUGH]
    found.readers = list(zip(full, log_in(full, password), strict=True))
    dice.shuffle(found.readers)
    for post, owner in dice.sample(people.posts, min(FEEDS, len(people.posts))):
        if people.members[owner] % PRIVATE_ONE_IN:
            found.public.append((people.members[owner], names[owner], post))


def size_of(group: str) -> int:
    """Bytes of a group's databases."""
    size = 0
    for alias in servers(group):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            size += cursor.fetchone()[0]
    return size


def of_what(group: str) -> Counter[str]:
    """Bytes of tables, with their indexes."""
    found: Counter[str] = Counter()
    for alias in servers(group):
        with connections[alias].cursor() as cursor:
            cursor.execute(SIZES, [list(OF_WHAT)])
            for table, size in cursor.fetchall():
                found[OF_WHAT[table]] += size
    return found
