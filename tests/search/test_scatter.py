"""Every server is asked, none is waited for too long."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from photoapp.shards import CONTENT, alias_for, servers
from search import scatter
from search.queries import parse_posts
from search.selectors import find_posts
from search.services import index_posts
from tests.people import live_post
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_posts(alice: User, bob: User) -> None:
    """One on each server."""
    posts = [live_post(alice, "Quokka of alice #quokka"), live_post(bob, "Quokka of bob #quokka")]
    assert len({alias_for(CONTENT, post.id) for post in posts}) == 2
    index_posts(post.id for post in posts)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes a server's answers wait until the test is over; nobody waits for as long in a test."""
    over = threading.Event()
    monkeypatch.setattr("django.conf.settings.SEARCH_SECONDS", 0.2)

    def hang(alias: str) -> None:
        answer = scatter.Lane._answer

        def late(lane: Any, question: Any) -> Any:
            if lane.alias == alias:
                over.wait(30)
            return answer(lane, question)

        monkeypatch.setattr(scatter.Lane, "_answer", late)

    yield hang
    over.set()


def broken(monkeypatch: pytest.MonkeyPatch, alias: str) -> list[str]:
    asked: list[str] = []
    answer = scatter.Lane._answer

    def refuse(lane: Any, question: Any) -> Any:
        asked.append(lane.alias)
        if lane.alias == alias:
            raise ConnectionError("closed")
        return answer(lane, question)

    monkeypatch.setattr(scatter.Lane, "_answer", refuse)
    return asked


def test_all_servers_are_asked_and_what_they_say_is_by_their_names() -> None:
    answers, missing = scatter.ask_all(servers("content"), lambda connection: connection.alias)
    assert (answers, missing) == ({"content0": "content0", "content1": "content1"}, [])


def test_a_server_that_hangs_is_missing_and_the_others_are_not(hanging: Callable[[str], None]) -> None:
    hanging("content1")
    assert scatter.ask_all(servers("content"), lambda connection: 1) == ({"content0": 1}, ["content1"])


def test_a_slow_question_is_ended_by_the_server_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.SEARCH_SECONDS", 0.3)
    if connections["content0"].vendor != "postgresql":
        pytest.skip("SQLite ends no question")

    def slow(connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")

    answers, missing = scatter.ask_all(["content0"], slow)
    assert (answers, missing) == ({}, ["content0"])
    scatter.forget()  # waits for the threads: within the time limit, not 30 s
    assert scatter.ask_all(["content0"], lambda connection: 1) == ({"content0": 1}, [])


def test_who_failed_three_times_is_not_asked_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = broken(monkeypatch, "content1")
    for _ in range(5):
        assert scatter.ask_all(servers("content"), lambda connection: 1) == ({"content0": 1}, ["content1"])
    assert asked.count("content1") == scatter.FAILURES
    scatter._lane("content1").away_until = 1.0  # long ago
    monkeypatch.undo()
    assert scatter.ask_all(servers("content"), lambda connection: 1)[1] == []
    assert scatter._lane("content1").failures == 0


def test_an_answer_without_a_server_says_so_and_is_not_kept(
    two_posts: None, monkeypatch: pytest.MonkeyPatch, charlie: User
) -> None:
    broken(monkeypatch, "content1")
    answer = Client().get("/search/", {"q": "quokka"})
    assert answer.status_code == 200
    assert "Not everything could be searched" in answer.content.decode()
    assert answer.content.decode().count('class="tile"') == 1
    assert answer["Cache-Control"] == "no-store"
    api = Client().get("/api/v1/search/", {"q": "quokka", "type": "posts"}).json()
    assert (len(api["results"]), api["incomplete"]) == (1, True)
    assert find_posts(parse_posts("quokka"), charlie).partial
    monkeypatch.undo()
    scatter.forget()
    whole = Client().get("/search/", {"q": "quokka"})
    assert whole.content.decode().count('class="tile"') == 2
    assert "public" in whole["Cache-Control"]


def test_a_tag_page_without_a_server_is_no_404(two_posts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for alias in servers("content"):
        broken(monkeypatch, alias)
    answer = Client().get("/tags/quokka/")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


def test_type_ahead_goes_on_with_the_servers_that_are_there(two_posts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "content1")
    found = Client().get("/api/v1/search/", {"q": "quo", "type": "tags"}).json()["results"]
    assert [(term["name"], term["posts"]) for term in found] == [("quokka", 1)]


@pytest.mark.real("postgres")
def test_each_question_is_planned_for_its_own_words(two_posts: None) -> None:
    """Other queries are planned once for all values; of words some are in one post, and others in every ninth."""

    def question(connection: Any) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW plan_cache_mode")
            return str(cursor.fetchone()[0])

    answers, missing = scatter.ask_all(servers(CONTENT), question)
    assert set(answers.values()) == {"force_custom_plan"} and not missing
