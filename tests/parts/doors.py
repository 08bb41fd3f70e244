"""A member's browser before the proxy, and a process behind it that says nothing but its name."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Event
from typing import Any

import requests
from django.conf import settings
from django.test import Client

from photoapp.redis_clients import FEEDS, acting
from tests.parts.proxies import RunningProxy

PROCESS = b"a process of the site"
ADDED = ("content-length", "server", "date", "connection")


class Process(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    goes_on = Event()

    def do_GET(self) -> None:
        self.goes_on.wait(20)
        self.send_response(200)
        self.send_header("Content-Length", str(len(PROCESS)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(PROCESS)

    do_HEAD = do_POST = do_GET

    def log_message(self, *args: Any) -> None: ...


class Processes(ThreadingHTTPServer):
    request_queue_size = 128  # a crowd of them


class Visit:
    """A member's browser before the proxy."""

    def __init__(self, proxy: RunningProxy, cookies: dict[str, str]) -> None:
        self.proxy, self.cookies = proxy, cookies

    def answer(self, path: str = "/feed/", method: str = "GET", **headers: str) -> requests.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Accept-Encoding": "gzip", "Host": "localhost", **headers}
        return requests.request(method, self.proxy.url + path, headers=headers, timeout=20)

    def is_shown(self, path: str = "/feed/", method: str = "GET", **headers: str) -> bool:
        """Whether nginx answers with a stored page."""
        answer = self.answer(path, method, **headers)
        assert answer.status_code == 200, answer.text
        return b"<html" in answer.content


def session_of(client: Client) -> dict[str, str]:
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


def pairs_of(headers: Any) -> dict[str, Any]:
    """But for what each server adds; the names in Vary have no order."""
    found = {name.lower(): value for name, value in headers.items()}
    found["vary"] = frozenset(found["vary"].split(", "))
    return {name: value for name, value in found.items() if name not in ADDED}


def asked_again() -> None:
    """Returns when nginx has asked, from beginning to end, for what it has to know: one question ends before the next.
    (Others may ask the same server.)"""
    question = (acting(FEEDS).connection_pool.connection_kwargs.get("db", 0), "hgetall front")
    with acting(FEEDS).monitor() as heard:
        some = islice(heard.listen(), 50_000)
        asked = list(islice((one for one in some if (one["db"], one["command"].lower()) == question), 2))
    assert len(asked) == 2
