"""Requests at /metrics: by view, of all processes, and never more series than there are views."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.test import Client
from prometheus_client import REGISTRY

from feeds import withdrawn
from tests.feeds.test_front import ask
from tests.parts.process import free_port
from tests.parts.sites import LiveSite, WebProcess
from tests.people import live_post, live_posts
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
RESPONSES = "django_http_responses_total_by_status_view_method_total"
TIMED = "django_http_requests_latency_seconds_by_view_method_count"


def responses(view: str, method: str = "GET", status: str = "200") -> float:
    return REGISTRY.get_sample_value(RESPONSES, {"view": view, "method": method, "status": status}) or 0


def timed(view: str) -> float:
    return REGISTRY.get_sample_value(TIMED, {"view": view, "method": "GET"}) or 0


def series() -> int:
    return sum(len(metric.samples) for metric in REGISTRY.collect() if metric.name.startswith("django_http"))


def test_a_request_is_counted_and_timed_by_its_view(alice: User) -> None:
    before, took = responses("post"), timed("post")
    for post in live_posts(alice, ["a", "b"]):
        assert Client().get(post.get_absolute_url()).status_code == 200
    assert (responses("post"), timed("post")) == (before + 2, took + 2)
    assert RESPONSES in Client().get("/metrics").content.decode()


def test_what_the_front_door_answers_is_counted_once(client_of: ClientOf, alice: User, bob: User) -> None:
    live_posts(alice, ["a", "b"])
    withdrawn.mirror.ask()
    client = client_of(bob)
    ask(client)
    before, took = responses("feed"), timed("feed")
    withdrawn.mirror.ask()
    assert len(ask(client).slugs) == 2
    assert (responses("feed"), timed("feed")) == (before + 1, took + 1)


def test_nobody_can_make_up_series(alice: User) -> None:
    post, other = live_post(alice), live_post(alice)
    addresses = ["/{}", "/u/{}/", "/p/{}/", "/tags/{}/", "/search/?q={}", "/static/{}.css"]

    def visit(word: str, slug: str) -> None:
        for address in addresses:
            Client().generic(word, address.format(slug))

    visit("BREW", post.get_absolute_url().split("/")[2])
    before = series()
    visit("STIR", other.get_absolute_url().split("/")[2])
    visit("POUR", "nothing")
    visit("POUR2", "x" * 300)
    assert series() <= before + 20, "other statuses of the same views"
    assert not [one for metric in REGISTRY.collect() for one in metric.samples if one.labels.get("method") == "STIR"]


@pytest.fixture
def two_processes(live_site: LiveSite, tmp_path: Path) -> Iterator[list[str]]:
    folder = tmp_path / "counts"
    folder.mkdir()
    other = WebProcess(free_port())
    for process in (live_site.process, other):
        process.restart(PROMETHEUS_MULTIPROC_DIR=str(folder))
    yield [live_site.process.url, other.url]
    other.stop()


def test_with_a_directory_to_count_in_each_process_answers_for_all(two_processes: list[str]) -> None:
    for url in two_processes:
        for _ in range(3):
            assert requests.get(f"{url}/robots.txt", timeout=30).status_code == 200
    for url in two_processes:
        text = requests.get(f"{url}/metrics", timeout=30).text
        counted = re.search(rf'^{RESPONSES}{{[^}}]*status="200"[^}}]*view="robots"[^}}]*}} (\S+)', text, re.M)
        assert counted and float(counted[1]) == 6, text[:2000]
