"""Search over 1,000,000 posts on four content servers, and 100,000 people: as fast cold as it must be, much faster
warm, and right.

Requests go through the whole application (WSGI, all middleware) in one process, as a visitor's: cold, with nothing
remembered of any request, and warm, the same stream of queries (by Zipf's law) again and again. What is found is
compared with a scan of all captions; the names, with one letter wrong, with what pg_trgm would have found.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from config.seed.copying import Table, refresh_statistics, write
from config.seed.rows import PHOTO_KEY
from media.models import Author, Photo, Post
from photoapp.ids import first_id_at
from photoapp.redis_clients import CACHE, acting
from photoapp.shards import CONTENT, alias_for, servers
from script.benches.parts import row
from script.benches.vocabulary import PLACES, TAGS, VOCABULARY, Words, captions, misspelt, names, queries
from search import rebuild
from search.engines import PEOPLE, POSTS, Asked, engine_of
from search.people import find_people
from search.queries import parse_posts
from users.models import User

MEMBERS, DOCUMENTS = 100_000, 1_000_000
YEAR_MS = 365 * 24 * 3600 * 1000
SHARD_MASK = 0x3FF << 12


class Site:
    """What there is, as the bench knows it without asking the site."""

    def __init__(self, quick: bool) -> None:
        self.random = random.Random(7)
        self.words, self.tags = Words(self.random, VOCABULARY), Words(self.random, TAGS)
        self.places = [
            f"{self.words.words[n].capitalize()}, {self.words.words[-n].capitalize()}" for n in range(1, PLACES)
        ]
        self.members: list[int] = []
        self.names: list[tuple[str, str]] = []
        self.captions: dict[int, tuple[str, str]] = {}  # of posts: caption, place
        self.owners: dict[int, int] = {}
        self.populate(MEMBERS // 10 if quick else MEMBERS, DOCUMENTS // 20 if quick else DOCUMENTS)

    def populate(self, members: int, posts: int) -> None:
        call_command("seed", members=members, posts=0, follows=0, verbosity=0)
        User.objects.update(is_private=False)
        self.members = list(User.objects.order_by("id").values_list("id", flat=True))
        self.names = list(names(self.random, members))
        self._name()
        said = captions(self.random, self.words, self.tags)
        base = first_id_at(timezone.now() - timedelta(days=366))
        while len(self.captions) < posts:
            owner = self.random.choice(self.members)
            id = base + (self.random.randrange(YEAR_MS) << 22 | owner & SHARD_MASK | self.random.getrandbits(12))
            self.captions.setdefault(id, (next(said), self.random.choice(self.places) if id % 3 == 0 else ""))
            self.owners.setdefault(id, owner)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._write, servers(CONTENT)))

    def _name(self) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE named (id bigint, username text, display_name text)")
            with cursor.copy("COPY named FROM STDIN") as copy:
                for id, (username, display) in zip(self.members, self.names, strict=True):
                    copy.write_row((id, username, display))
            cursor.execute(
                "UPDATE users_user SET username = n.username, display_name = n.display_name"
                " FROM named n WHERE n.id = users_user.id"
            )
        refresh_statistics("default")

    def _write(self, alias: str) -> None:
        faces = dict(zip(self.members, self.names, strict=True))
        here = sorted(id for id in self.captions if alias_for(CONTENT, id) == alias)
        Author.objects.using(alias).all().delete()
        authors = ((id, *faces[id], "", False, True, 0) for id in self.members if alias_for(CONTENT, id) == alias)
        write(alias, Table(Author, "id username display_name avatar is_private is_active post_count", authors), int)
        posts = ((id, self.owners[id], *self.captions[id], "[]", "live", "") for id in here)
        write(alias, Table(Post, "id owner_id caption location people state failure", posts), int)
        photos = ((id ^ PHOTO_KEY, id, 0, "s" * 16, "image/jpeg", 9, 1200, 800, "", "", True) for id in here)
        columns = "id post_id position secret content_type size width height placeholder alt rendered"
        write(alias, Table(Photo, columns, photos), int)
        refresh_statistics(alias)
        connections[alias].close()


def run(quick: bool = False) -> list[dict[str, Any]]:
    site = Site(quick)
    rows = index(site)
    rows += speed(site, 200 if quick else 1_000, rounds=1 if quick else 3)
    rows += exactness(site, 100 if quick else 500)
    rows += typos(site, 100 if quick else 500)
    return rows


# --- Indexing ----------------------------------------------------------------------------------------------------


def index(site: Site) -> list[dict[str, Any]]:
    """All documents, by manage.py rebuild_search's function; one process."""
    started = time.perf_counter()
    for alias in servers(CONTENT):
        rebuild.rebuild(alias, int)
    rate = len(site.captions) / (time.perf_counter() - started)
    started = time.perf_counter()
    rebuild.rebuild("default", int)
    people = len(site.members) / (time.perf_counter() - started)
    sizes = [sizes_of(alias, POSTS) for alias in servers(CONTENT)]
    documents = len(site.captions)
    person = sizes_of("default", PEOPLE)
    return [
        row("posts indexed a second, one process", [rate], "posts/s", digits=0),
        row("members indexed a second, one process", [people], "members/s", digits=0),
        row("documents of posts, all of it", [sum(whole for whole, _ in sizes) / documents], "bytes/post", digits=0),
        row("of that the GIN index", [sum(gin for _, gin in sizes) / documents], "bytes/post", digits=0),
        row("documents of members, all of it", [person[0] / len(site.members)], "bytes/member", digits=0),
    ]


def sizes_of(alias: str, table: str) -> tuple[int, int]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s), pg_relation_size(%s)", [table, f"{table}_lexemes"])
        return cursor.fetchone()


# --- Speed -------------------------------------------------------------------------------------------------------


def speed(site: Site, count: int, rounds: int) -> list[dict[str, Any]]:
    get = requests()
    members = [username for username, _ in site.names]
    asked = list(islice(queries(site.random, site.words, site.tags, site.places, members), count))
    paths = [f"/search/?{urlencode({'q': query, 'type': 'posts'})}" for query in asked]
    letters = [
        f"/api/v1/search/offers/?{urlencode({'q': name[:n]})}" for name in members[: count // 4] for n in (1, 2, 4, 6)
    ]
    get(paths[0])
    cold: list[list[float]] = []
    warm: list[list[float]] = []
    ahead: list[list[float]] = []
    for _ in range(rounds):
        cold.append([timed(get, path, forget=True) for path in dict.fromkeys(paths)])
        for path in paths:
            get(path)
        warm.append([timed(get, path) for path in paths])
        for path in letters:
            get(path)
        ahead.append([timed(get, path) for path in letters])
    ratio = [sum(slow) / len(slow) / (sum(fast) / len(fast)) for slow, fast in zip(cold, warm, strict=True)]
    return [
        row("search page, cold, p50", [at(one, 0.5) for one in cold], "ms"),
        row("search page, cold, p99", [at(one, 0.99) for one in cold], "ms", at_most=150),
        row("search page, warm, p50", [at(one, 0.5) for one in warm], "ms", digits=2),
        row("search page, warm, p99", [at(one, 0.99) for one in warm], "ms", digits=2),
        row("throughput warm ÷ cold", ratio, "×", at_least=20),
        row("type-ahead, warm, p99", [at(one, 0.99) for one in ahead], "ms", at_most=100),
    ]


def requests() -> Callable[[str], bytes]:
    """GET by a visitor, through the WSGI application of this process."""
    from config.wsgi import application

    def get(path: str) -> bytes:
        status: list[str] = []
        path_info, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path_info,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT_ENCODING": "gzip",
            "REMOTE_ADDR": f"127.0.0.{random.randrange(1, 250)}",  # limits of one visitor are not what is measured
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        response = application(environ, lambda line, headers, exc_info=None: status.append(line))
        body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        if not status[0].startswith("200"):
            raise RuntimeError(f"{path}: {status[0]}")
        return body

    return get


def timed(get: Callable[[str], bytes], path: str, *, forget: bool = False) -> float:
    """Milliseconds."""
    if forget:
        acting(CACHE).flushdb()
    started = time.perf_counter()
    get(path)
    return (time.perf_counter() - started) * 1000


def at(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


# --- What is found -----------------------------------------------------------------------------------------------


def exactness(site: Site, count: int) -> list[dict[str, Any]]:
    """Beside sets that are made without the site's code: words are what stands between blanks, a tag's # taken off, a
    place's comma too."""
    having = sets_of(site)
    members = {username: id for id, (username, _) in zip(site.members, site.names, strict=True)}
    asked = list(islice(queries(site.random, site.words, site.tags, site.places, list(members)), count))
    missed = wrong = expected = 0
    for query in asked:
        truth = set.intersection(*(having[wanted(part, members)] for part in query.split()))
        found = set(everything(query))
        missed, wrong, expected = missed + len(truth - found), wrong + len(found - truth), expected + len(truth)
    return [
        row(f"recall, {count} queries beside plain sets", [1 - missed / max(expected, 1)], "", at_least=1, digits=4),
        row("found, and not right", [wrong], "posts", at_most=0, digits=0),
    ]


def sets_of(site: Site) -> dict[str | int, set[int]]:
    """The posts that have a word, a "#tag", an author's id."""
    having: dict[str | int, set[int]] = defaultdict(set)
    for id, (caption, place) in site.captions.items():
        parts = caption.split()
        said = {part.lstrip("#") for part in parts} | set(place.lower().replace(",", "").split())
        for one in {*said, *(part for part in parts if part.startswith("#")), site.owners[id]}:
            having[one].add(id)
    return having


def wanted(part: str, members: dict[str, int]) -> str | int:
    return members[part[5:]] if part.startswith("from:") else part.lower().rstrip(",")


def everything(query: str) -> Iterator[int]:
    every = Asked(parse_posts(query).every)
    for alias in servers(CONTENT):
        for id, _ in engine_of(connections[alias]).query(connections[alias], POSTS, every, 10**7):
            yield id


def typos(site: Site, count: int) -> list[dict[str, Any]]:
    """A word of a name with one letter wrong finds its owner, among the first page of 20. The same with pg_trgm, where
    it can be installed: all whose similarity is at least its default, the most similar first."""
    chosen = site.random.sample(range(len(site.members)), count)
    asked = [(site.members[n], misspelt(site.random, site.names[n][0])) for n in chosen]
    times: list[float] = []
    found = 0
    for id, text in asked:
        acting(CACHE).flushdb()
        started = time.perf_counter()
        found += id in {person.id for person in find_people(text, AnonymousUser())}
        times.append((time.perf_counter() - started) * 1000)
    rows = [
        row(f"recall of {count} names with one letter wrong", [found / count], "", at_least=0.95, digits=3),
        row("people, cold, p99", [at(times, 0.99)], "ms", at_most=150),
    ]
    return rows + by_trigrams(asked)


def by_trigrams(asked: list[tuple[int, str]]) -> list[dict[str, Any]]:
    times: list[float] = []
    found = 0
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if not cursor.fetchone():
            return []
        cursor.execute("CREATE EXTENSION pg_trgm")
        cursor.execute("CREATE INDEX name_trigrams ON users_user USING gin (username gin_trgm_ops)")
        for id, text in asked:
            started = time.perf_counter()
            cursor.execute(
                "SELECT id FROM users_user WHERE username %% %s ORDER BY similarity(username, %s) DESC LIMIT 20",
                [text, text],
            )
            found += (id,) in cursor.fetchall()
            times.append((time.perf_counter() - started) * 1000)
    return [
        row("beside it, pg_trgm: recall", [found / len(asked)], "", digits=3),
        row("beside it, pg_trgm: p99", [at(times, 0.99)], "ms"),
    ]
