"""The front door of the feed: before Django sees a request, a member's first page is answered from what is stored,
with one round trip to Redis, no query and no middleware. So is the question whether there are new posts, which every
open page asks once a minute, while the answer is no. Whatever is not so simple goes on to Django.

An answer from here carries the headers that the middleware would have given it: they come from that middleware.
"""

import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse, JsonResponse, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.test import RequestFactory
from django.utils.module_loading import import_string
from django.utils.translation import get_language_from_request
from django_prometheus.middleware import Metrics
from isal import igzip
from redis.exceptions import RedisError

from feeds.first_page import is_wanted_anew, stored_page
from feeds.page_store import has_nothing_new
from feeds.withdrawn import mirror
from photoapp import ids

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

SESSION = re.compile(r"([0-9a-f]{1,16})\.[0-9a-z]{20,}")
# Those of settings.MIDDLEWARE that give a page headers, and need no session.
SPEAKING = (
    "django.middleware.security.SecurityMiddleware",
    "photoapp.middleware.LanguageMiddleware",
    "photoapp.middleware.CacheControlMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


def front_door(application: Application) -> Application:
    """Wraps the site's WSGI application, where it serves the feed."""

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path, began = environ["PATH_INFO"], time.perf_counter()
        answer = _answer(path, environ) if path in ANSWERS and environ["REQUEST_METHOD"] == "GET" else None
        if answer is None:
            return application(environ, start_response)
        headers, body = answer
        responses, latency = _meters(VIEWS[path])
        responses.inc()
        latency.observe(time.perf_counter() - began)
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return serve


Answer = tuple[list[tuple[str, str]], bytes]


def _answer(path: str, environ: Environ) -> Answer | None:
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    session = SESSION.fullmatch(cookies.get(settings.SESSION_COOKIE_NAME, ""))
    if session is None or CookieStorage.cookie_name in cookies or not _is_our_host(environ.get("HTTP_HOST", "")):
        return None
    mirror.ensure()
    try:
        return ANSWERS[path](environ, cookies, session[0], int(session[1], 16))
    except RedisError:
        return None


def _page(environ: Environ, cookies: dict[str, str], session_key: str, user_id: int) -> Answer | None:
    if environ.get("QUERY_STRING"):
        return None
    language = _language(cookies.get(settings.LANGUAGE_COOKIE_NAME), environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    anew = is_wanted_anew(environ.get("HTTP_CACHE_CONTROL", ""))
    page = stored_page(user_id, language, session_key, anew=anew)
    if page is None:
        return None
    headers = headers_of(HttpResponse, _is_secure(environ))
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return [*headers, ("Content-Encoding", "gzip")], page.body
    return headers, igzip.decompress(page.body)


def _news(environ: Environ, cookies: dict[str, str], session_key: str, user_id: int) -> Answer | None:
    name, _, slug = environ.get("QUERY_STRING", "").partition("=")
    try:
        after = ids.decode(slug) if name == "after" else None
    except ids.InvalidId:
        return None
    if after is None or not has_nothing_new(user_id, after, session_key):
        return None
    return headers_of(JsonResponse, _is_secure(environ)), b'{"new": 0}'


ANSWERS = {"/": _page, "/feed/": _page, "/feed/new/": _news}
VIEWS = {"/": "home", "/feed/": "feed", "/feed/new/": "new-posts"}  # that Django would have asked


@lru_cache(maxsize=len(VIEWS))
def _meters(view: str) -> tuple[Any, Any]:
    """Of the middleware that counts all other requests (photoapp.middleware.RequestMetricsMiddleware)."""
    metrics, labels = Metrics.get_instance(), {"view": view, "method": "GET"}
    responses = metrics.responses_by_status_view_method.labels(status="200", **labels)
    return responses, metrics.requests_latency_by_view_method.labels(**labels)


@lru_cache(maxsize=64)
def _is_our_host(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


@lru_cache(maxsize=1024)
def _language(cookie: str | None, accepted: str) -> str:
    """As LanguageMiddleware finds it."""
    cookies = {settings.LANGUAGE_COOKIE_NAME: cookie} if cookie is not None else {}
    return get_language_from_request(SimpleNamespace(COOKIES=cookies, META={"HTTP_ACCEPT_LANGUAGE": accepted}))  # type: ignore[arg-type]


def _is_secure(environ: Environ) -> bool:
    scheme = environ["wsgi.url_scheme"]
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        if name in environ:
            return bool(environ[name].split(",")[0].strip() == secure)
    return bool(scheme == "https")


@lru_cache(maxsize=8)
def headers_of(kind: Callable[..., HttpResponse], secure: bool) -> list[tuple[str, str]]:
    """What SPEAKING middleware says of such a response; it is compressed, or need not be."""

    def answer(request: Any) -> HttpResponse:
        return kind({}) if kind is JsonResponse else kind("")

    for name in reversed(SPEAKING):
        answer = import_string(name)(answer)
    response = answer(RequestFactory().get("/feed/", secure=secure))
    if kind is not JsonResponse:
        response.headers["Vary"] = f"Accept-Encoding, {response.headers['Vary']}"
    return [(name, value) for name, value in response.headers.items() if name != "Content-Length"]
