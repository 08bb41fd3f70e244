"""A site of one size, in a process of its own: seeded, then measured round by round, in turn with those of other sizes
(growth.py). For each line of its standard input it does a round and prints the figures as a line of JSON."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from script.benches import parts

EACH = {"member": 1, "follow": 20, "post": 1, "like": 2}  # of a member, on average
FEEDS = 300  # members who have one
PAGES, ACTS, QUERIES = 80, 30, 15  # of a round: pages of each kind; likes, posts; whose SQL is counted
FOLLOWERS = 40, 60  # of those who publish
PUSHED = 100  # feeds a call
WORDS = ("tide", "bench", "coffee", "autumn", "gate", "second")


def main(members: int) -> None:
    parts.make_databases()
    from script.benches.population import settle

    site = Site(settle(members))
    tell({"members": members, **site.population.figures(), "feed_bytes": site.feed_bytes()})
    for number, _ in enumerate(sys.stdin):
        tell(site.counted_queries() if number == 0 else site.round(number))


def tell(figures: dict[str, Any]) -> None:
    print(json.dumps(figures), file=sys.__stdout__, flush=True)


@dataclass
class Operation:
    """`per`: how many an item stands for."""

    items: list[Any]
    do: Callable[[Any], Any]
    before: Callable[[Any], Any] | None = None
    per: int = 1


class Site:
    def __init__(self, population: Any) -> None:
        from script.benches.metering import Meter

        self.population, self.meter = population, Meter()
        self.random = random.Random(population.members)

    def feed_bytes(self) -> int:
        """Of Redis, for a member who was seen within the week: session, feed and page, and all that belongs to them."""
        from feeds import keys
        from photoapp.redis_clients import FEEDS as ROLE
        from photoapp.redis_clients import acting
        from users.sessions import record_key

        kept = (keys.feed_key, keys.pulls_key, keys.heard_key, keys.mine_key, keys.member_key, keys.page_key)
        sizes = []
        for reader, cookie in self.population.readers:
            feed_page(cookie)
            names = [record_key(cookie.partition("=")[2]), *(key(reader) for key in kept)]
            sizes.append(sum(acting(ROLE).memory_usage(key) or 0 for key in names))
        return round(sum(sizes) / len(sizes))

    def round(self, number: int) -> dict[str, dict[str, float]]:
        found = {}
        for name, operation in self.operations(PAGES, ACTS):
            costs = self.meter.measure(operation.items, operation.do, operation.before)
            found[name] = costs.summary(operation.per)
        return found

    def counted_queries(self) -> dict[str, float]:
        """Also the round before the first that counts: templates are compiled, plans made."""
        from tests.queries import counted_queries

        found = {}
        for name, operation in self.operations(QUERIES, QUERIES):
            count = 0
            for item in operation.items:
                if operation.before:
                    operation.before(item)
                with counted_queries() as queries:
                    operation.do(item)
                count += sum(queries.values())
            found[name] = round(count / len(operation.items) / operation.per, 2)
        return found

    def operations(self, pages: int, acts: int) -> Iterator[tuple[str, Operation]]:
        """What is done before one is asked for belongs to it: what follows finds it done."""
        from feeds import services, store
        from media.services import make_live
        from photoapp.ids import encode, new_id_beside
        from script.benches.feed import LONG_WAY, drop_pages
        from script.benches.publishing import finished_post

        people = self.population
        readers = self.random.sample(people.readers, pages)
        cookies, ids = [cookie for _, cookie in readers], [id for id, _ in readers]
        drop_pages(ids)
        for cookie in cookies:  # cards are there, as they are when posts are published
            feed_page(cookie)
        drop = {cookie: id for id, cookie in readers}
        yield "feed composed", Operation(cookies, feed_page, lambda cookie: drop_pages([drop[cookie]]))
        for cookie in cookies:
            feed_page(cookie)
        yield "feed stored", Operation(cookies, feed_page)
        yield "feed of rows", Operation(cookies, partial(feed_page, path=LONG_WAY))
        yield "feed built anew", Operation(ids, services.rebuild, store.forget)
        posts = [finished_post(author) for author in self.random.choices(people.authors, k=acts)]
        yield "publish", Operation(posts, lambda post: (make_live(post), deliver(post)))
        liked = [(self.random.choice(store.read_feed(id)[0].ids), cookie) for id, cookie in readers[:acts]]
        yield "like", Operation(liked, lambda like: press_like(*like))
        yield "like delivered", Operation([post for post, _ in liked], deliver)
        some = [id for id, _ in people.readers[:PUSHED]]
        pushed = [new_id_beside(id) for id in ids]
        yield "push", Operation(pushed, lambda post: store.push(post, some), per=len(some))
        for post in pushed:  # there is no such post
            store.remove(post, some)
        settled()
        visited = self.random.choices(people.public, k=pages)
        paths = [f"/u/{name}/" for _, name, _ in visited]
        yield "profile", Operation(paths, visit, forgotten)
        yield "post", Operation([f"/p/{encode(post)}/" for _, _, post in visited], visit, forgotten)
        names = [f"/search/?{urlencode({'q': name, 'type': 'people'})}" for _, name, _ in visited]
        yield "search for a name", Operation(names, visit, forgotten)
        words = [f"/search/?{urlencode({'q': word, 'type': 'posts'})}" for word in self.random.choices(WORDS, k=pages)]
        yield "search for a word", Operation(words, visit, forgotten)


# --- Requests, as a browser sends them


def answer(method: str, path: str, cookie: str = "", **form: str) -> tuple[int, bytes]:
    from django.test import RequestFactory

    from config.wsgi import application

    headers = {"Host": "localhost", "Accept": "text/html", "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
    if cookie:
        headers["Cookie"] = cookie
    # Limits of one address are not what is measured.
    address = f"127.{random.randrange(1, 250)}.{random.randrange(250)}.1"
    ask = RequestFactory().post if method == "POST" else RequestFactory().get
    environ = ask(path, form or None, headers=headers, REMOTE_ADDR=address).environ
    said: list[str] = []
    response = application(environ, lambda status, headers, exc_info=None: said.append(status))
    body = b"".join(response)
    with suppress(AttributeError):
        response.close()
    return int(said[0].split()[0]), body


def feed_page(cookie: str, path: str = "/feed/") -> None:
    from script.benches.feed import check

    check(*answer("GET", path, cookie))


def visit(path: str) -> None:
    status, body = answer("GET", path)
    if status != 200:
        raise RuntimeError(f"{path}: {status}\n{body[:1000]!r}")


def press_like(post_id: int, cookie: str) -> None:
    from photoapp.ids import encode

    path = f"/p/{encode(post_id)}/like/"
    status, body = answer("POST", path, cookie, action="like")
    if status not in (200, 302):
        raise RuntimeError(f"{path}: {status}\n{body[:1000]!r}")


# --- Around them


def forgotten(item: object) -> None:
    """Nothing is remembered of any page."""
    from photoapp.redis_clients import CACHE, acting
    from photoapp.remember import hot

    acting(CACHE).flushdb()
    hot.clear()


def deliver(post_id: int) -> None:
    """What workers would do about a post."""
    from photoapp import outbox
    from photoapp.models import OUTBOXES
    from photoapp.shards import CONTENT, alias_for

    rows = OUTBOXES[CONTENT].objects.using(alias_for(CONTENT, post_id)).filter(payload__post_id=post_id)
    while ids := list(rows.values_list("id", flat=True)):
        done = [outbox.deliver(CONTENT, id) for id in ids]
        if not all(done):
            raise RuntimeError(f"a handler failed: {list(rows.values_list('handler', 'error'))}")


def settled() -> None:
    """What handlers left to the outboxes of other servers."""
    from photoapp import outbox

    outbox.drain()


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # what commands say is no figure
        main(int(sys.argv[1]))
