"""The same population over 1, 2, 3 and 5 servers of each group gives the same pages.

Each layout is a process of its own, on SQLite servers made for it: settings are read once per process.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, random, sys
import django
django.setup()
from datetime import UTC, datetime, timedelta
from django.core.management import call_command
from types import SimpleNamespace
from photoapp import ids, outbox
call_command("migrate_all", verbosity=0)
# The same ids in every layout: all that is drawn comes from one seed.
ids._random = random.Random(7)
clock = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n) for n in range(10**6))
ids.time = SimpleNamespace(time=lambda: next(clock).timestamp())
outbox.hand_over = lambda *row: False  # drained below
from media.profiles import profile_page
from media.selectors import post_count
from media.services import like, add_comment, edit_post, withdraw_post
from feeds.selectors import feed_page
from users import selectors, services
from tests.people import live_post, make_user
random.seed(3)
how = lambda person: selectors.relation(people[0], person.id)
people = [make_user(f"m{n:02}") for n in range(8)]
for one in people:
    for other in random.sample(people, 3):
        if one != other:
            services.follow(follower=one, followee=other)
posts = [live_post(random.choice(people), f"post {n}", photos=1 + n % 3) for n in range(36)]
for post in posts:
    for fan in random.sample(people, 2):
        like(post=post, user=fan)
    add_comment(post=post, author=random.choice(people), text="hm")
for post in posts[::9]:
    withdraw_post(post.id)
services.block(blocker=people[0], blocked=people[1])
outbox.drain()

def walk(read):
    found, cursor = [], None
    while True:
        page = read(cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found

def card(post):
    return [str(post.id), post.owner.username, post.caption, post.like_count, post.comment_count, post.liked,
            [str(photo.id) for photo in post.card_photos]]

pages = {}
for person in people:
    pages[person.username] = {
        "feed": [card(post) for post in walk(lambda cursor: feed_page(person, cursor))],
        "profile": [card(post) for post in walk(lambda cursor: profile_page(person, cursor, people[0], how(person)))],
        "followers": [user.username for user in walk(lambda cursor: selectors.followers_page(person, cursor))],
        "counts": [selectors.follow_counts(person.id), post_count(person.id)],
    }
print(json.dumps(pages))
"""


def pages_over(servers: int, folder: Path) -> dict[str, dict[str, list[object]]]:
    def files(group: str) -> str:
        return ",".join(f"sqlite:///{folder}/{group}{number}.sqlite3" for number in range(servers))

    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{folder}/auth.sqlite3",
        "FRIENDS_DATABASE_URLS": files("friends"),
        "CONTENT_DATABASE_URLS": files("content"),
        "DATA_DIR": str(folder),
        # no broker and no feeds' Redis: what is asked is asked of the shards
        "FEEDS_URL": "redis://127.0.0.1:1/0",
        "BROKER_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=Path.cwd(), capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("servers", [2, 3, 5])
def test_the_same_population_gives_the_same_pages(servers: int, tmp_path: Path, one_server: dict) -> None:  # type: ignore[type-arg]
    pages = pages_over(servers, tmp_path)
    assert pages == one_server
    assert sum(len(page["feed"]) for page in pages.values()) > 80


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[object]]]:
    return pages_over(1, tmp_path_factory.mktemp("one"))
