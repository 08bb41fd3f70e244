"""A post that goes out of sight is seen through no process a second after that was acknowledged: deleted, archived, of
an account that goes private, blocks, or leaves; pushed to followers or pulled by them. Three web processes serve it
from all that they keep, and no worker runs: the promise needs none.

Whoever looks writes down when they last asked and saw the post. What was asked later than a second must not show it,
however long the answer takes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
import requests
from django.test import Client
from pytest_django.fixtures import Settings

from feeds.keys import page_key
from feeds.models import PulledAuthor
from media.models import Post
from photoapp import outbox
from photoapp.remember import HOT_READS
from tests.feeds.reading import publish
from tests.parts.isolation import redis_client
from tests.parts.process import free_port
from tests.parts.sites import WebProcess, eventually
from tests.people import PASSWORD, follow, live_posts, make_user
from users.models import User
from users.services import issue_token

pytestmark = [pytest.mark.django_db, pytest.mark.faults, pytest.mark.real("redis")]

PROCESSES = 3
PROMISE = 1.0  # seconds from the acknowledgement


@pytest.fixture(scope="module")
def processes() -> Iterator[list[WebProcess]]:
    started = [WebProcess(free_port()) for _ in range(PROCESSES)]
    yield started
    for process in started:
        process.stop()


@dataclass
class Look:
    """Somebody who looks at an address through one process."""

    who: str
    url: str
    sign: str  # in the answer when the post, or its author, is seen
    session: requests.Session
    times: int = 1  # in a row: what is asked for often, a process keeps
    seen_at: float = 0.0  # when it was last asked for and seen (monotonic)
    last: bool = False

    def at(self) -> bool:
        for _ in range(self.times):
            asked_at = time.monotonic()
            answer = self.session.get(self.url, timeout=30, allow_redirects=False)
            self.last = answer.status_code == 200 and self.sign in answer.text
            if self.last:
                self.seen_at = asked_at
        return self.last

    def __str__(self) -> str:
        return f"{self.who} at {self.url}"


def logged_in(user: User) -> requests.Session:
    client, session = Client(), requests.Session()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    session.headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return session


def with_token(user: User) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Token {issue_token(user=user)}"
    return session


def looks_of(who: str, user: User | None, process: WebProcess, post: Post) -> list[Look]:
    """At all that may show alice's post, or alice. Sessions of their own: each process is asked by one thread."""
    slug, name = post.get_absolute_url().split("/")[2], '/u/alice/"'
    pages = [(f"/p/{slug}/", slug), ("/u/alice/", slug), ("/get_user_details?username=alice", slug)]
    pages += [("/search/?q=alice", name)]
    calls = [(f"posts/{post.id}/", str(post.id)), ("users/alice/posts/", str(post.id))]
    calls += [("search/?q=alice", '"username":"alice"')]
    if who == "follower":
        pages = [("/", slug), ("/feed/", slug), *pages]
        calls = [("feed/", str(post.id)), *calls]
    browser = logged_in(user) if user else requests.Session()
    program = with_token(user) if user else requests.Session()
    often = 1 if user else HOT_READS + 1
    return [
        *(Look(who, f"{process.url}{path}", sign, browser, often) for path, sign in pages),
        *(Look(who, f"{process.url}/api/v1/{path}", sign, program) for path, sign in calls),
    ]


@dataclass
class Site:
    """Its processes, with a follower of alice's at each: a page that another process has renewed would hide what this
    one still keeps."""

    processes: list[WebProcess]
    post: Post
    followers: list[User]
    alice: requests.Session
    looks: list[list[Look]] = field(default_factory=list)  # of each process

    def call(self, method: str, path: str, **json: object) -> None:
        """As alice, through the first process."""
        answer = self.alice.request(method, f"{self.processes[0].url}/api/v1/{path}", json=json or None, timeout=30)
        assert answer.ok, answer.text


@pytest.fixture(params=["pushed", "pulled"])
def site(
    request: pytest.FixtureRequest, alice: User, charlie: User, settings: Settings, processes: list[WebProcess]
) -> Site:
    pulled = request.param == "pulled"
    settings.FANOUT_THRESHOLD = 0 if pulled else 1000
    for process in processes:
        process.ensure()
    followers = [make_user(f"follower{number}") for number in range(PROCESSES)]
    for follower in followers:
        follow(follower, alice)
    live_posts(alice, [f"Older {number}" for number in range(6)])
    outbox.drain()
    for follower, process in zip(followers, processes, strict=True):
        assert logged_in(follower).get(f"{process.url}/feed/", timeout=30).status_code == 200  # its feed is built
    site = Site(processes, publish(alice, "Harbour"), followers, with_token(alice))
    assert PulledAuthor.objects.filter(author_id=alice.id).exists() is pulled
    for follower, process in zip(followers, processes, strict=True):
        people = (("follower", follower), ("stranger", charlie), ("visitor", None))
        site.looks.append([look for who, user in people for look in looks_of(who, user, process, site.post)])
    return site


@dataclass(frozen=True)
class Act:
    do: Callable[[Site], None]
    who: tuple[str, ...]  # does not see the post any more
    author_too: bool = False  # nor the author among people


def block(site: Site) -> None:
    for follower in site.followers:
        site.call("PUT", f"users/{follower.username}/block/")


ALL = ("follower", "stranger", "visitor")
ACTS = {
    "deleted": Act(lambda site: site.call("DELETE", f"posts/{site.post.id}/"), ALL),
    "archived": Act(lambda site: site.call("PUT", f"posts/{site.post.id}/archive/"), ALL),
    "private": Act(lambda site: site.call("PATCH", "me/", is_private=True), ("stranger", "visitor")),
    "blocked": Act(block, ("follower",), author_too=True),
    "left": Act(lambda site: site.call("DELETE", "me/", password=PASSWORD), ALL, author_too=True),
}


@pytest.mark.parametrize("name", ACTS)
def test_what_goes_out_of_sight_is_seen_nowhere_a_second_later(site: Site, name: str) -> None:
    act = ACTS[name]
    acknowledged: list[float] = []
    warm = threading.Barrier(PROCESSES + 1)

    def watch(looks: list[Look]) -> None:
        """Until all were asked for later than a second after the acknowledgement."""
        for look in looks:
            eventually(look.at)  # a process may still keep what there was before this test
        warm.wait(60)
        while True:
            begun = time.monotonic()
            for look in looks:
                look.at()
            if acknowledged and begun > acknowledged[0] + PROMISE:
                return

    with ThreadPoolExecutor(PROCESSES) as pool:
        watches = [pool.submit(watch, looks) for looks in site.looks]
        warm.wait(60)
        for follower in site.followers:
            assert redis_client("FEEDS_URL").exists(page_key(follower.id)), "there is a page that can be too old"
        act.do(site)
        acknowledged.append(time.monotonic())
        for one in watches:
            one.result(120)

    def goes(look: Look) -> bool:
        return look.who in act.who and ("search" not in look.url or act.author_too)

    looks = [look for of_process in site.looks for look in of_process]
    late = {str(look): look.seen_at - acknowledged[0] for look in looks if goes(look)}
    assert {look: seconds for look, seconds in late.items() if seconds > PROMISE} == {}
    assert [str(look) for look in looks if not goes(look) and not look.last] == [], "these were not to go"


@pytest.mark.parametrize("name", ["deleted", "left"])
def test_a_process_that_stood_still_meanwhile_shows_nothing_old(site: Site, name: str) -> None:
    """It is asked before it goes on: what it knows is older than a second when it answers."""
    looks = [look for look in site.looks[-1] if look.who != "stranger"]
    for look in looks:
        eventually(look.at)
    site.processes[-1].pause()
    with ThreadPoolExecutor(len(looks)) as pool:
        ACTS[name].do(site)
        acknowledged = time.monotonic()
        eventually(lambda: time.monotonic() > acknowledged + PROMISE)
        for look in looks:
            look.session, look.times = copied(look.session), 1
        asked = [pool.submit(look.at) for look in looks]
        site.processes[-1].ensure()
        seen = [str(look) for look, answer in zip(looks, asked, strict=True) if answer.result(60)]
    assert [one for one in seen if "search" not in one or ACTS[name].author_too] == []


def copied(session: requests.Session) -> requests.Session:
    """For another thread."""
    copy = requests.Session()
    copy.headers.update(session.headers)
    return copy
