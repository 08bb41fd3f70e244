"""The fixtures themselves: real processes see a test's data, and no test sees another's."""

import json
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from photoapp.models import OUTBOXES
from photoapp.shards import servers
from tests import people
from tests.parts.isolation import redis_client
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from users.models import Follower, User


def outbox_rows() -> int:
    return sum(outbox.objects.using(alias).count() for group, outbox in OUTBOXES.items() for alias in servers(group))


@pytest.mark.parametrize("run", ["first", "second"])
def test_no_test_sees_what_another_committed(db: None, run: str) -> None:
    assert not User.objects.exists()
    assert set(redis_client("FEEDS_URL").keys()) <= {b"withdrawn"}, "which a process of the site asks for all the time"
    assert not outbox_rows()
    people.follow(people.make_user("bob"), people.make_user("alice"))
    redis_client("FEEDS_URL").set("feed:bob", run)


def test_the_site_reaches_every_part(live_site: LiveSite) -> None:
    with urlopen(f"{live_site}/readyz") as response:
        assert json.load(response)["ready"] is True


def test_a_site_that_was_killed_is_back_for_the_next_test(live_site: LiveSite) -> None:
    live_site.process.kill()
    assert not live_site.process.alive
    live_site.process.ensure()
    with urlopen(f"{live_site}/healthz") as response:
        assert response.status == 200


def test_the_worker_finishes_what_a_commit_causes_elsewhere(live_worker: WorkerProcess) -> None:
    alice, bob = people.make_user("alice", shard=10), people.make_user("bob", shard=1000)
    people.follow(bob, alice)
    eventually(lambda: not outbox_rows())
    assert Follower.objects.for_owner(alice.id).count() == 1
    live_worker.settle()
    assert live_worker.idle()


def test_the_browser_shows_the_site(page: Page) -> None:
    page.goto("/login/")
    assert page.title()
