"""Which app set serves which path, and what of it shared caches may keep: read off the URL patterns and the views'
policies, so that a load balancer needs no second list. `manage.py nginx` writes it down for nginx."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern

from config.app_sets import APP_SETS, urls_of
from config.cache_policies import policy_of

DEFAULT_SET = "accounts"  # for addresses that are nobody's, and for those that every process answers


@dataclass(frozen=True)
class Route:
    """`path` is an address without parameters, or a regular expression for all of a pattern's, without named groups.

    `kept`: "" (nobody's but the reader's), "pages" (a visitor's copy is every visitor's), or "files" (whoever asks
    gets the same bytes, logged in or not, if they are public)."""

    path: str
    is_pattern: bool
    app_set: str
    kept: str = ""

    def matches(self, path: str) -> bool:
        return bool(re.search(self.path, path)) if self.is_pattern else path == self.path


def routes() -> list[Route]:
    """Exact addresses first, then patterns in the order of the sets. No address is matched by those of two sets."""
    from config.urls import shared_patterns  # needs a configured Django

    found = [route for app_set in APP_SETS for route in _routes(urls_of(app_set), app_set)]
    found += _routes(shared_patterns, DEFAULT_SET)
    return sorted(dict.fromkeys(found), key=lambda route: route.is_pattern)


def _routes(patterns: Iterable[Any], app_set: str) -> Iterator[Route]:
    for pattern in patterns:
        regex = re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern.regex.pattern).removeprefix("^").replace(r"\Z", "$")
        if not isinstance(pattern, URLPattern):
            if regex:  # all that is below an included prefix is one set's
                yield Route(f"^/{regex.rstrip('/')}(?:/|$)", True, app_set)
            else:
                yield from _routes(pattern.url_patterns, app_set)
        elif set(regex.removesuffix("$").replace("\\", "")) & set("()[]*+?|{}^$"):
            # Without its last slash, too: the set that knows the address redirects to it.
            yield Route("^/" + re.sub(r"/\$$", "/?$", regex), True, app_set, _kept(pattern))
        else:
            path = "/" + re.sub(r"\\(.)", r"\1", regex.removesuffix("$"))
            yield Route(path, False, app_set, _kept(pattern))
            if path.endswith("/") and path != "/":
                yield Route(path.removesuffix("/"), False, app_set)


def _kept(pattern: URLPattern) -> str:
    """By the policy that the view states: public to all who ask, or only to visitors."""
    policy = policy_of(pattern.callback)
    if policy is None or "public" not in policy.header:
        return ""
    return "pages" if policy.of == "visitors" else "files"


def app_set_of(path: str) -> str:
    """As the load balancer finds it."""
    return next((route.app_set for route in routes() if route.matches(path)), DEFAULT_SET)
