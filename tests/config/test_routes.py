"""Which app set serves which path: as the code, the processes and nginx have it."""

import threading
import urllib.error
import urllib.request
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, path
from django.utils.regex_helper import normalize

from config import routes as module
from config.app_sets import APP_SETS, urls_of
from config.routes import DEFAULT_SET, Route, app_set_of, routes
from config.urls import shared_patterns
from tests.parts.proxies import RunningProxy, start_nginx

# For each parameter of a pattern a value that it takes, by its name.
VALUES = {"post_id": "2", "comment_id": "2", "photo_id": "2", "secret": "a-1", "width": "320", "format": "webp"}
VALUES |= {"username": "alice", "name": "2-a", "key": "MQ:1a", "pk": "1", "uidb36": "1", "app_label": "users"}


def samples(patterns: list[object], before: str = "") -> Generator[str, None, None]:
    """A path of each pattern."""
    for pattern in patterns:
        assert isinstance(pattern, URLPattern | URLResolver)
        [(form, names), *_] = normalize(pattern.pattern.regex.pattern.replace(r"\Z", ""))
        here = before + form % {name: VALUES.get(name, "1") for name in names}
        if isinstance(pattern, URLResolver):
            yield from samples(pattern.url_patterns, here)
        else:
            yield f"/{here}"


def samples_by_set() -> list[tuple[str, str]]:
    found = [(app_set, sample) for app_set in APP_SETS for sample in samples(urls_of(app_set))]
    return [*found, *((DEFAULT_SET, sample) for sample in samples(shared_patterns))]


def servers_of(route_list: list[Route], sample: str) -> set[str]:
    return {route.app_set for route in route_list if route.matches(sample)}


def test_every_address_is_served_by_exactly_one_set() -> None:
    found = samples_by_set()
    assert len(found) > 150
    route_list = routes()
    assert [
        (sample, servers_of(route_list, sample))
        for app_set, sample in found
        if servers_of(route_list, sample) != {app_set}
    ] == []


def test_the_set_that_a_path_goes_to_resolves_it() -> None:
    from django.urls import Resolver404, get_resolver

    for app_set, sample in samples_by_set():
        resolver = URLResolver(get_resolver().pattern, [*shared_patterns, *urls_of(app_set)])
        try:
            resolver.resolve(sample)
        except Resolver404:
            pytest.fail(f"{app_set} does not know {sample}")


def test_an_address_of_two_sets_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = {"feed": [path("twice/", urls_of)], "search": [path("<str:word>/", urls_of)]}
    monkeypatch.setattr(module, "urls_of", lambda app_set: twice.get(app_set, []))
    assert servers_of(routes(), "/twice/") == {"feed", "search"}


def test_without_its_last_slash_a_path_goes_where_it_is_known() -> None:
    assert (app_set_of("/feed"), app_set_of("/u/alice"), app_set_of("/upload")) == ("feed", "friends", "upload")


def test_what_nobody_knows_goes_to_the_default_set() -> None:
    assert app_set_of("/nothing/here/") == DEFAULT_SET


def test_what_shared_caches_keep_is_what_the_views_say() -> None:
    kept = {route.path: route.kept for route in routes() if route.kept}
    pages, files = ({name for name, kind in kept.items() if kind == wanted} for wanted in ("pages", "files"))
    assert {"/", "/search/", "/get_user_details"} <= pages
    assert {"/robots.txt", "/manifest.webmanifest"} <= files
    assert any(name.startswith("^/photos/") for name in files) and any(name.startswith("^/u/") for name in pages)
    assert not {"/feed/", "/login/", "/settings/", "/api/v1/feed/"} & kept.keys()


class NamesItself(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.server.name} {self.path}".encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def sets_that_name_themselves(tmp_path: Path) -> Generator[RunningProxy, None, None]:
    servers = []
    for name in APP_SETS:
        server = ThreadingHTTPServer(("127.0.0.1", 0), NamesItself)
        server.name = name  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    upstreams = {name: [f"127.0.0.1:{one.server_port}"] for name, one in zip(APP_SETS, servers, strict=True)}
    nginx, proxy = start_nginx(tmp_path, upstreams)
    yield proxy
    nginx.stop()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.real("nginx")
def test_nginx_sends_every_address_to_the_set_that_serves_it(sets_that_name_themselves: RunningProxy) -> None:
    wrong = []
    for app_set, sample in samples_by_set():
        for data in (None, b""):  # reads and writes go by groups of their own
            with urllib.request.urlopen(sets_that_name_themselves.url + sample, data=data, timeout=5) as answer:
                served_by, _, asked = answer.read().decode().partition(" ")
            if (served_by, asked) != (app_set, sample):
                wrong.append((sample, served_by, asked))
    assert wrong == []
