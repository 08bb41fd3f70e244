"""Followers that lag by up to 5 s, or are killed, while several processes write and read: nobody misses what they
wrote, and whoever wrote nothing is not sent to the leaders for it."""

import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest
import requests

from media.models import Author
from tests.parts.followers import Followers
from tests.parts.isolation import redis_client
from tests.parts.process import ROOT
from tests.parts.sites import LiveSite, WebProcess, eventually
from tests.people import crowd, live_post
from users import services
from users.models import FollowCount, User

pytestmark = [pytest.mark.django_db, pytest.mark.faults, pytest.mark.real("postgres", "redis")]

PROCESSES, PAIRS = 3, 10_000
MUTANT_PAIRS = 1_500
LONGEST_LAG = 5.0


@contextmanager
def lagging(followers: Followers) -> Generator[None, None, None]:
    """Each follower stands still for 0 to 5 s, goes on for a moment, and so on."""
    over = threading.Event()

    def hold_and_go_on(port: int) -> None:
        follower = followers.by_port[port]
        while not over.is_set():
            follower.hold()
            over.wait(random.uniform(0, LONGEST_LAG))
            follower.go_on()
            over.wait(random.uniform(0.05, 1))

    with ThreadPoolExecutor() as pool:
        held = [pool.submit(hold_and_go_on, port) for port in followers.by_port]
        try:
            yield
        finally:
            over.set()
            for one in held:
                one.result()


def run_processes(followers: Followers, members: list[User], pairs: int, *options: str) -> Counter[str]:
    name, shared = f"replicas-{uuid4().hex[:8]}", redis_client("BROKER_URL")
    half = len(members) // 2
    for kind, some in (("writers", members[:half]), ("idle", members[half:])):
        shared.rpush(f"{name}:{kind}", *[member.id for member in some])
    env = {**os.environ, **followers.environment()}
    command = [sys.executable, "-m", "tests.faults.replicas", name]
    rest = [str(PROCESSES), str(pairs // PROCESSES + 1), *options]
    processes = [
        subprocess.Popen([*command, str(number), *rest], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    counts: Counter[str] = Counter()
    try:
        eventually(lambda: int(shared.get(f"{name}:ready") or 0) == PROCESSES)
        with lagging(followers):
            for process in processes:
                counts += Counter(json.loads(process.communicate(timeout=400)[0]))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return counts


@pytest.fixture
def members(db: None) -> list[User]:
    found = crowd(1200)
    Author.objects.bulk_create([Author(id=one.id, username=one.username) for one in found])
    FollowCount.objects.bulk_create([FollowCount(user_id=one.id, slot=0, followers=0) for one in found])
    return found


def test_nobody_misses_what_they_wrote(followers: Followers, members: list[User]) -> None:
    counts = run_processes(followers, members, PAIRS)
    print(dict(counts))
    assert counts["pairs"] >= PAIRS
    assert counts["behind"] == 0
    assert 0.01 < counts["pairs_at_followers"] / counts["pairs"] < 0.9, "the followers did not lag, or were not used"
    assert counts["idle_at_followers"] >= 0.9 * counts["idle"]


def test_who_ignores_positions_is_found_out(followers: Followers, members: list[User]) -> None:
    counts = run_processes(followers, members, MUTANT_PAIRS, "mutant")
    print(dict(counts))
    assert counts["behind"] > 0.1 * counts["pairs"]


# --- The site itself


class TwoProcesses(WebProcess):
    """Requests go to either."""

    name = "web-replicas"

    def arguments(self) -> list[str]:
        found = super().arguments()
        found[found.index("--workers") + 1] = "2"
        return found


@pytest.fixture
def site(followers: Followers, db: None, web_process: WebProcess) -> Generator[LiveSite, None, None]:
    web_process.stop()  # it has the port
    process = TwoProcesses()
    process.restart(**followers.environment())
    site = LiveSite(process.url)
    site.process = process
    yield site
    process.stop()
    followers.go_on()


def test_a_like_is_there_whatever_process_answers(followers: Followers, site: LiveSite, alice: User, bob: User) -> None:
    post = live_post(alice, "liked and not")
    address = f"{site}/api/v1/posts/{post.id}/"
    headers = {"Authorization": f"Token {services.issue_token(user=bob)}", "Connection": "close"}
    with lagging(followers):
        for number in range(100):
            act = requests.put if number % 2 == 0 else requests.delete
            assert act(f"{address}like/", headers=headers, timeout=30).status_code in (200, 204)
            assert requests.get(address, headers=headers, timeout=30).json()["liked"] is (number % 2 == 0)


def test_readers_do_not_notice_a_killed_follower(followers: Followers, site: LiveSite, alice: User, bob: User) -> None:
    live_post(alice, "seen")
    headers = {"Authorization": f"Token {services.issue_token(user=bob)}"}

    def read(number: int) -> int:
        if number == 100:
            followers.of("content0").kill()
        if number == 200:
            followers.of("content0").start()
        return requests.get(f"{site}/api/v1/users/alice/posts/", headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(4) as pool:
        assert Counter(pool.map(read, range(400))) == {200: 400}
