"""A process that is asked for more than it can do: what it refuses, at once, and what goes on meanwhile."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connections

from feeds.services import BUILDING_SECONDS
from photoapp.overload import (
    COME_AGAIN_SECONDS,
    LARGE_BODY,
    LATE_SECONDS,
    REQUEST_SECONDS,
    WORKING,
    Application,
    Queue,
    bound_queries,
    in_turn,
    on_time,
    remaining,
)
from tests.parts.sites import LiveSite, eventually


class Site:
    """An application whose requests last until `go_on`."""

    def __init__(self) -> None:
        self.asked = 0
        self.lock = threading.Lock()
        self.gate = threading.Event()
        self.left: list[float] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with self.lock:
            self.asked += 1
        self.left.append(remaining(100))
        if not environ.get("quick"):
            self.gate.wait(30)
        start_response("200 OK", [])
        return [b"answer"]


def ask(application: Application, path: str = "/", **environ: Any) -> tuple[int, dict[str, str], bytes]:
    said: list[Any] = []
    body = application({"PATH_INFO": path, **environ}, lambda status, headers: said.append((status, headers)))
    ((status, headers),) = said
    return int(status.split()[0]), dict(headers), b"".join(body)


@contextmanager
def asking(application: Application, times: int, **environ: Any) -> Iterator[list[int]]:
    """So many requests under way; their statuses, as they are answered."""
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(application, **environ)[0])) for _ in range(times)]
    for thread in threads:
        thread.start()
    yield answers
    for thread in threads:
        thread.join()


def started(seconds_ago: float) -> dict[str, str]:
    return {"HTTP_X_REQUEST_START": f"t={time.time() - seconds_ago:.3f}"}


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.gate.set()


# --- In time


def test_what_waited_too_long_is_refused_without_work(site: Site) -> None:
    status, headers, body = ask(on_time(site, began=0), **started(LATE_SECONDS + 1))
    assert (status, site.asked) == (503, 0)
    assert headers["Cache-Control"] == "no-store" and headers["X-Refused"] == "late"
    assert body == b"The site has very much to do just now. Please try again in a moment.\n"


def test_who_came_while_the_process_was_starting_did_not_wait_because_it_was_busy(site: Site) -> None:
    assert ask(on_time(site, began=time.time()), quick=True, **started(LATE_SECONDS + 1))[0] == 200


def test_in_a_queue_that_stands_less_is_too_late() -> None:
    """Of one that lasts, since more comes than is done, everybody would wait for as long as is let pass."""
    queue = Queue()
    assert not queue.is_late(1.9, now=100), "a moment that held everything up"
    assert not queue.is_late(1.6, now=102.9)
    assert queue.is_late(1.6, now=103.1), "nobody waited less for three seconds"
    assert not queue.is_late(0.9, now=103.2)
    assert not queue.is_late(0.05, now=104), "the queue is gone"
    assert not queue.is_late(1.9, now=120), "nobody came in between: nothing stood"


@pytest.mark.parametrize("start", ["", "t=", "yesterday", "t=nan", "t=in ten minutes"])
def test_without_a_proxy_that_says_when_it_came_nothing_is_late(site: Site, start: str) -> None:
    start = start.replace("in ten minutes", str(time.time() + 600))
    assert ask(on_time(site, began=0), quick=True, HTTP_X_REQUEST_START=start)[0] == 200


def test_the_rest_of_its_time_is_known_to_what_a_request_waits_for(site: Site) -> None:
    ask(on_time(site, began=0), quick=True, **started(1.5))
    assert site.left[0] < REQUEST_SECONDS - 1
    assert remaining(100) == 100, "outside of requests"


def test_those_refused_come_again_at_different_moments(site: Site) -> None:
    moments = {int(ask(on_time(site, began=0), **started(60))[1]["Retry-After"]) for _ in range(100)}
    assert len(moments) > COME_AGAIN_SECONDS / 2
    assert min(moments) >= 1 and max(moments) <= COME_AGAIN_SECONDS


def test_the_api_and_germans_are_told_in_their_way(site: Site) -> None:
    _, headers, body = ask(on_time(site, began=0), "/api/v1/feed/", HTTP_ACCEPT_LANGUAGE="de", **started(60))
    assert headers["Content-Type"] == "application/json"
    assert "sehr viel zu tun" in json.loads(body)["detail"]


def test_who_waits_for_a_feed_makes_nobody_late_who_stands_behind() -> None:
    """A process with one thread does nothing else meanwhile."""
    assert 2 * BUILDING_SECONDS < LATE_SECONDS


# --- In turn


def test_so_many_at_a_time_some_wait_others_are_refused(site: Site) -> None:
    application = in_turn(site, threads=16)
    with asking(application, WORKING) as working:
        eventually(lambda: site.asked == WORKING)
        with asking(application, 2) as waiting:
            with asking(application, 3) as others:
                eventually(lambda: others.count(503) >= 3)
            assert (working, waiting) == ([], [])
            site.gate.set()
    assert working + waiting == [200] * (WORKING + 2)


def test_who_waits_too_long_for_a_turn_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photoapp.overload.TURN_SECONDS", 0.01)
    application = in_turn(site, threads=16)
    with asking(application, WORKING):
        eventually(lambda: site.asked == WORKING)
        status, headers, _ = ask(application)
        assert (status, headers["X-Refused"]) == (503, "busy")
        assert ask(application, "/healthz", quick=True)[0] == 200, "a process that is busy is alive"
        site.gate.set()
    assert ask(application)[0] == 200


def test_a_place_is_free_again_after_a_failure() -> None:
    def fail(environ: Any, start_response: Any) -> Any:
        raise ValueError

    application = in_turn(fail, threads=1)
    for _ in range(3):
        with pytest.raises(ValueError):
            ask(application)


def test_uploads_leave_threads_to_others(site: Site) -> None:
    application = in_turn(site, threads=8)
    large = {"CONTENT_LENGTH": str(LARGE_BODY + 1)}
    with asking(application, 4, **large) as uploads:
        eventually(lambda: site.asked == 4)
        status, headers, _ = ask(application, **large)
        assert (status, headers["X-Refused"]) == (503, "uploads")
        assert ask(application, quick=True)[0] == 200
        assert uploads == []
        site.gate.set()
    assert uploads == [200] * 4


def test_a_process_for_uploads_alone_takes_as_many_as_it_has_threads(site: Site) -> None:
    application = in_turn(site, threads=8, only_uploads=True)
    with asking(application, 8, CONTENT_LENGTH=str(LARGE_BODY + 1)) as uploads:
        eventually(lambda: site.asked == 8)
        site.gate.set()
    assert uploads == [200] * 8


def test_an_upload_lasts_as_long_as_it_lasts(site: Site) -> None:
    application = on_time(in_turn(site, threads=8), began=0)
    ask(application, quick=True, CONTENT_LENGTH=str(LARGE_BODY + 1))
    ask(application, quick=True)
    assert site.left[0] == 100 > site.left[1]


# --- For real


@pytest.mark.real("postgres")
def test_no_query_of_a_web_process_lasts_longer_than_its_request(db: None) -> None:
    config = {"default": deepcopy(connections["default"].settings_dict)}
    bound_queries(config)
    connection = type(connections["default"])(config["default"], "default")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("10s",)
    finally:
        connection.close()


def test_slow_uploads_do_not_hold_up_pages(live_site: LiveSite) -> None:
    """More of them than the process has threads. (One that reads what is sent before it knows who sends it.)"""
    live_site.process.restart(GRANIAN_BLOCKING_THREADS="8")
    host, port = urlsplit(live_site).hostname, urlsplit(live_site).port
    head = f"POST /api/v1/users/ HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    head += "Content-Length: 1000000\r\n\r\n"
    slow = [socket.create_connection((host, port), timeout=30) for _ in range(12)]
    try:
        for one in slow:
            one.sendall(head.encode() + b'{"username": "')
        for _ in range(5):
            assert requests.get(f"{live_site}/robots.txt", timeout=10).status_code == 200
    finally:
        for one in slow:
            one.close()
