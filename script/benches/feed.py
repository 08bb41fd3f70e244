"""The feed page without any page cache: how many an application process makes in a second of processor time.

1,000 members, 20 posts and 100 follows each, on two content servers. A real granian process (one worker, one
blocking thread) is asked by one client over one connection, as hundreds of logged-in members in turn; warm: their
feeds are in Redis as lists of ids; cold: they are not, and are built from the shards.
"""

import http.client
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.test import Client

from feeds import store
from photoapp.shards import CONTENT, servers
from script.benches.parts import Server, row
from tests.queries import counted_queries
from users.models import User
from users.sessions import SessionStore

MEMBERS, POSTS, FOLLOWS = 1_000, 20, 100
CARD = b'<article class="'
PAGES_A_CPU_SECOND = 140


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
    warm, cold = measure(cookies, rounds=3 if quick else 7, pages=300 if quick else 1_000)
    size, queries_warm, queries_cold = in_process(cookies)
    at_most = 2 + len(servers(CONTENT))
    rows = [
        row("pages a second of app CPU", each(warm, "pages_a_cpu_second"), "pages/s", at_least=PAGES_A_CPU_SECOND),
        row("p50", [each.percentile(0.5) for each in warm], "ms"),
        row("p99", [each.percentile(0.99) for each in warm], "ms"),
        row("pages a second, one client", [len(each.latencies) / each.seconds for each in warm], "pages/s"),
        row("SQL queries a page", queries_warm["all"], "queries", at_most=at_most, digits=0),
        *[row(f"… on {alias}", runs, "queries", digits=0) for alias, runs in queries_warm.items() if alias != "all"],
        row("list cold: pages a second of app CPU", each(cold, "pages_a_cpu_second"), "pages/s"),
        row("list cold: p50", [each.percentile(0.5) for each in cold], "ms"),
        row("list cold: p99", [each.percentile(0.99) for each in cold], "ms"),
        row("list cold: SQL queries a page", queries_cold["all"], "queries", digits=0),
        row("HTML of a page, not compressed", [size / 1000], "KB"),
    ]
    return rows


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


def measure(cookies: dict[int, str], *, rounds: int, pages: int) -> tuple[list[Round], list[Round]]:
    """Warm and cold rounds in turn, after a round that is not counted."""
    port = urlsplit(settings.SITE_URL).port
    web = web_process(port)
    members = list(cookies)
    try:
        ask(web, port, [cookies[id] for id in members])  # builds every feed; compiles templates
        warm, cold = [], []
        for number in range(rounds):
            random.Random(number).shuffle(members)
            warm.append(ask(web, port, [cookies[id] for id in members[:pages]]))
            some = members[: pages // 5]
            store.drop(*[key for id in some for key in (store.feed_key(id), store.pulls_key(id))])
            cold.append(ask(web, port, [cookies[id] for id in some]))
        return warm, cold
    finally:
        web.stop()


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
    connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
    response = connection.getresponse()
    return response.status, response.read()


def ask(web: Server, port: int | None, cookies: list[str]) -> Round:
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    result = Round()
    started, cpu = time.perf_counter(), cpu_seconds(web)
    for cookie in cookies:
        sent = time.perf_counter()
        status, body = get(connection, "/feed/", cookie)
        result.latencies.append(time.perf_counter() - sent)
        check(status, body)
    result.seconds, result.cpu_seconds = time.perf_counter() - started, cpu_seconds(web) - cpu
    result.latencies.sort()
    return result


def check(status: int, body: bytes) -> None:
    """A page that is not a whole feed page would be measured as a fast one."""
    if status != 200 or body.count(CARD) != 5:
        raise RuntimeError(f"no feed page of 5 posts: status {status}, {body.count(CARD)} posts\n{body[:2000]!r}")


def cpu_seconds(web: Server) -> float:
    """Of the server and its worker, user and system time, of all threads."""
    main = psutil.Process(web.process.pid)
    times = [process.cpu_times() for process in (main, *main.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def in_process(cookies: dict[int, str]) -> tuple[int, dict[str, list[float]], dict[str, list[float]]]:
    """Bytes of a page, and SQL queries per alias and in all, warm and cold, of some members."""
    warm: list[Counter[str]] = []
    cold: list[Counter[str]] = []
    size = 0
    for id, cookie in list(cookies.items())[:20]:
        client = Client(headers={"host": "localhost", "cookie": cookie})
        store.drop(store.feed_key(id), store.pulls_key(id))
        for counts in (cold, warm):
            with counted_queries() as found:
                response = client.get("/feed/")
            check(response.status_code, response.content)
            counts.append(Counter(found) + Counter(all=sum(found.values())))
            size = len(response.content)
    return size, per_alias(warm), per_alias(cold)


def per_alias(counts: list[Counter[str]]) -> dict[str, list[float]]:
    aliases = sorted({alias for count in counts for alias in count})
    return {alias: [float(count[alias]) for count in counts] for alias in aliases}
