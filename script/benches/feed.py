"""The first page of a feed, from stored page to nothing stored, and beside a static file.

1,000 members, 20 posts and 100 follows each, on two content servers. A real granian process (one worker, one
blocking thread) is asked by one client over one connection, as hundreds of logged-in members in turn:

    warm        the page is stored
    composed    pages are gone; ids and cards are there
    no caches   ids are in Redis, all else is asked of the databases and rendered: the long way, which a parameter of
                the address leads to
    list cold   the member's ids are gone, too, and are read from the shards
    all cold    Redis is empty

Then, all on one core: nginx with a static file of the page's size; nginx, one granian process and Redis with pages; and
nginx and Redis with pages that nginx finds itself.
"""

import gzip
import http.client
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.test import RequestFactory

from feeds import keys, store
from photoapp.redis_clients import CACHE, FEEDS, acting
from photoapp.shards import CONTENT, servers
from script.benches import front
from script.benches.parts import Server, row
from tests.parts.process import free_port
from tests.queries import counted_queries
from users.models import User
from users.sessions import SessionStore

MEMBERS, POSTS, FOLLOWS = 1_000, 20, 100
CARD = b'<article class="'
PAGES_A_CPU_SECOND = 140
LONG_WAY = "/feed/?long=1"
TIMES: dict[str, float] = {"warm": 10, "composed": 5}
QUERIES: dict[str, float] = {"warm": 0, "composed": 0, "no caches": 2 + len(servers(CONTENT))}


@dataclass
class Round:
    """One round's figures."""

    seconds: float = 0
    cpu_seconds: float = 0
    latencies: list[float] = field(default_factory=list)  # seconds, sorted at the end

    @property
    def pages_a_cpu_second(self) -> float:
        return len(self.latencies) / self.cpu_seconds

    def percentile(self, part: float) -> float:
        """Milliseconds."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * part))]


def run(quick: bool = False) -> list[dict[str, Any]]:
    call_command("seed", members=MEMBERS, posts=MEMBERS * POSTS, follows=MEMBERS * FOLLOWS, even=True, verbosity=0)
    cookies = {user.id: session_of(user) for user in User.objects.all()}
    rounds = measure(cookies, rounds=3 if quick else 7, pages=300 if quick else 1_000)
    size, queries = in_process(cookies)
    speeds_of, sent = through_nginx(list(cookies.values()), rounds=3 if quick else 5, seconds=3 if quick else 6)
    files, pages, stored = speeds_of["file"], speeds_of["page"], speeds_of["page from nginx"]
    long_way = each(rounds["no caches"], "pages_a_cpu_second")
    rows = [row("no caches: pages a second of app CPU", long_way, "pages/s", at_least=PAGES_A_CPU_SECOND)]
    for name, found in rounds.items():
        speeds = each(found, "pages_a_cpu_second")
        if name != "no caches":
            times = [one / other for one, other in zip(speeds, long_way, strict=True)]
            rows.append(row(f"{name}: pages a second of app CPU", speeds, "pages/s"))
            rows.append(row(f"{name} ÷ no caches", times, "×", at_least=TIMES.get(name), digits=2))
        rows.append(row(f"{name}: p50", [one.percentile(0.5) for one in found], "ms"))
        rows.append(row(f"{name}: p99", [one.percentile(0.99) for one in found], "ms"))
        rows.append(row(f"{name}: SQL queries a page", queries[name], "queries", at_most=QUERIES.get(name), digits=0))
    return [
        *rows,
        row("nginx, static file of the page's size, one core", files, "files/s", digits=0),
        row("nginx, granian and Redis, warm pages, one core", pages, "pages/s", digits=0),
        row("pages ÷ files", ratios(pages, files), "×", at_least=0.03, digits=4),
        row("nginx' own front door and Redis, warm pages, one core", stored, "pages/s", digits=0),
        row("… ÷ through granian", ratios(stored, pages), "×", digits=1),
        row("… ÷ files", ratios(stored, files), "×", digits=4),
        row("HTML of a page, not compressed", [size / 1000], "KB"),
        row("… compressed", [sent / 1000], "KB"),
    ]


def ratios(some: list[float], others: list[float]) -> list[float]:
    return [one / other for one, other in zip(some, others, strict=True)]


def each(rounds: list[Round], name: str) -> list[float]:
    return [getattr(one, name) for one in rounds]


def session_of(user: User) -> str:
    """The cookie of a member who has logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def measure(cookies: dict[int, str], *, rounds: int, pages: int) -> dict[str, list[Round]]:
    """Rounds of each kind in turn, after one that is not counted."""
    port = free_port()
    web = web_process(port)
    members = list(cookies)
    found: dict[str, list[Round]] = {name: [] for name in KINDS}
    try:
        ask(web, port, "/feed/", [cookies[id] for id in members])  # compiles templates
        ask(web, port, LONG_WAY, [cookies[id] for id in members[:50]])
        for number in range(rounds):
            random.Random(number).shuffle(members)
            for name, prepare in KINDS.items():
                some = members[:pages] if name in ("warm", "composed") else members[: pages // 5]
                if name == "warm":
                    ask(web, port, "/feed/", [cookies[id] for id in some])
                prepare(some)
                path = LONG_WAY if name == "no caches" else "/feed/"
                found[name].append(ask(web, port, path, [cookies[id] for id in some]))
        return found
    finally:
        web.stop()


def drop_pages(members: list[int]) -> None:
    with acting(FEEDS).pipeline(transaction=False) as pipe:
        for id in members:
            pipe.delete(keys.page_key(id))
        pipe.execute()


def forget(members: list[int]) -> None:
    for id in members:
        store.forget(id)


def flush(members: list[int]) -> None:
    acting(FEEDS).flushdb()
    acting(CACHE).flushdb()


KINDS: dict[str, Callable[[list[int]], object]] = {
    "warm": lambda members: None,
    "composed": drop_pages,
    "no caches": lambda members: None,
    "list cold": forget,
    "all cold": flush,
}


def through_nginx(cookies: list[str], *, rounds: int, seconds: int) -> tuple[dict[str, list[float]], int]:
    """Files and pages a second, in turn; bytes of a page as sent."""
    home = front.make_home()
    front.pin_redis()
    found: dict[str, list[float]] = {"file": [], "page": [], "page from nginx": []}
    with front.nginx_and_web(home) as port, front.front_door(home) as own_port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for cookie in cookies:
            sent = len(get(connection, "/feed/", cookie)[1])
        for _ in range(rounds):
            found["file"].append(front.files_a_second(port, sent, home, seconds))
            for cookie in cookies:  # a page lives for some minutes
                check(*get(connection, "/feed/", cookie))
            found["page"].append(front.pages_a_second(port, cookies, home, seconds))
            found["page from nginx"].append(front.pages_a_second(own_port, cookies, home, seconds))
    return found, sent


def web_process(port: int | None) -> Server:
    options = ["--interface", "wsgi", "--no-ws", "--workers", "1", "--blocking-threads", "1", "--port", str(port)]
    command = [sys.executable, "-m", "granian", *options, "--log-level", "warning", "config.wsgi:application"]
    web = Server(command, log=Path(os.environ["DATA_DIR"]) / "web.log", env=dict(os.environ))
    web.wait_until(lambda: answers(port), seconds=60)
    return web


def answers(port: int | None) -> bool:
    try:
        return get(http.client.HTTPConnection("localhost", port, timeout=5), "/healthz", "")[0] == 200
    except OSError:
        return False


def get(connection: http.client.HTTPConnection, path: str, cookie: str) -> tuple[int, bytes]:
    headers = {"Cookie": cookie, "Accept": "text/html", "Accept-Encoding": "gzip", "Host": "localhost"}
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response.status, response.read()


def ask(web: Server, port: int | None, path: str, cookies: list[str]) -> Round:
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    result = Round()
    started, cpu = time.perf_counter(), cpu_seconds(web)
    for cookie in cookies:
        sent = time.perf_counter()
        status, body = get(connection, path, cookie)
        result.latencies.append(time.perf_counter() - sent)
        check(status, body)
    result.seconds, result.cpu_seconds = time.perf_counter() - started, cpu_seconds(web) - cpu
    result.latencies.sort()
    return result


def check(status: int, body: bytes) -> None:
    """A page that is not a whole feed page would be measured as a fast one."""
    html = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    if status != 200 or html.count(CARD) != 5:
        raise RuntimeError(f"no feed page of 5 posts: status {status}, {html.count(CARD)} posts\n{html[:2000]!r}")


def cpu_seconds(web: Server) -> float:
    """Of the server and its worker, user and system time, of all threads."""
    main = psutil.Process(web.process.pid)
    times = [process.cpu_times() for process in (main, *main.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def in_process(cookies: dict[int, str]) -> tuple[int, dict[str, list[float]]]:
    """Bytes of a page, and SQL queries a page of each kind, of some members."""
    counts: dict[str, list[float]] = {name: [] for name in KINDS}
    size = 0
    for id, cookie in list(cookies.items())[:20]:
        in_front(cookie, "/feed/")
        for name, prepare in KINDS.items():
            prepare([id])
            with counted_queries() as found:
                size = in_front(cookie, LONG_WAY if name == "no caches" else "/feed/")
            counts[name].append(sum(found.values()))
    return size, counts


def in_front(cookie: str, path: str) -> int:
    """Asks the site's WSGI application in this process; returns how long the page is."""
    from config.wsgi import application

    environ = RequestFactory().get(path, headers={"Host": "localhost", "Cookie": cookie}).environ
    said: list[str] = []
    response = application(environ, lambda status, headers: said.append(status))
    body = b"".join(response)
    check(int(said[0].split()[0]), body)
    return len(body)
