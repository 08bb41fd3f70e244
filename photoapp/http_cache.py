"""What may be kept of a view's answers, by whom and for how long; each view states its policy, docs/caching.md lists
them. (Those of others' views are in config/cache_policies.py.)

    @personal            for the one who asked: private, no-cache
    @never_stored        not even by the browser: no-store
    @cached_view(...)    to visitors the same for all: kept in Redis, and for half a minute by shared caches; to
                         members personal
    @sends(Policy(…))    all answers get its header
    @states(Policy(…))   the view writes its own header
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from isal import igzip

from photoapp.release import release
from photoapp.remember import RAW, remember

View = TypeVar("View", bound=Callable[..., Any])

SHARED_SECONDS = 30  # by proxies, which do not hear of changes
SHARED = f"public, max-age=0, s-maxage={SHARED_SECONDS}, stale-while-revalidate={SHARED_SECONDS}"


@dataclass(frozen=True)
class Policy:
    """A row of the table in docs/caching.md. `key`, `renewed_by`: in Redis; "" for what is not kept there.

    A view whose answers differ in this has a row for each kind: `of` says which, `other` is the next one."""

    header: str
    varies_by: str = ""
    key: str = ""
    renewed_by: str = ""
    seconds: int | None = None  # that it is fresh in Redis
    of: str = ""
    other: "Policy | None" = None


PERSONAL = Policy("private, no-cache", "the member")
NEVER_STORED = Policy("no-store")


def states(policy: Policy) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.cache_policy = policy  # type: ignore[attr-defined]
        return view

    return mark


personal = states(PERSONAL)


def sends(policy: Policy) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """States a policy, and writes its header on all that the view answers."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @states(policy)
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            response.headers["Cache-Control"] = policy.header
            return response  # type: ignore[no-any-return]

        return answer

    return wrap


never_stored = sends(NEVER_STORED)


@dataclass(frozen=True)
class Subject:
    """What an answer is about: its part of the key, and the generations that renew it (photoapp/remember.py).

    `holds` says, asking the database, whether the address still leads there: what was remembered of that may be old.
    """

    name: str
    generations: Sequence[str] = ()
    holds: Callable[[], bool] = lambda: True


class NotStored(Exception):
    """The answer is not a page for everybody."""


def cached_view(
    family: str,
    subject: Callable[..., Subject | None],
    *,
    params: Sequence[str] = (),
    named_by: Sequence[str] = (),
    seconds: int = SHARED_SECONDS,
    renewed_by: str = "",
    members: Policy = PERSONAL,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Visitors' pages from Redis: 200s, by subject, language and `params` of the address. With any parameter but these
    and `named_by`, which only say the subject, and where `subject(request, …)` finds none, the view answers by itself.
    `members` is the policy of what it answers to members. An answer that has a header of its own is not kept.

    Pages are kept compressed. An answer carries an ETag, and is 304 to who has it.
    """
    varies = ", ".join(["language", *params])
    to_members = replace(members, of="members")
    policy = Policy(SHARED, varies, f"{family}:…", renewed_by, seconds, of="visitors", other=to_members)

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @states(policy)
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            about = None
            if is_visitors(request) and set(request.GET) <= {*params, *named_by}:
                about = subject(request, *args, **kwargs)
            if about is None:
                return view(request, *args, **kwargs)  # type: ignore[no-any-return]
            own: list[HttpResponseBase] = []  # an exception may come from another thread, with that one's response

            def compute() -> bytes:
                response = view(request, *args, **kwargs)
                stored = response.status_code == 200 and not response.streaming and not response.cookies
                stored = stored and not response.has_header("Cache-Control")
                if not stored or not about.holds():
                    own.append(response)
                    raise NotStored
                return _dumped(response)

            key = _key(family, about, request, params)
            try:
                stored = remember(key, compute, ttl=seconds, generations=about.generations, codec=RAW)
            except NotStored:
                return own[0] if own else view(request, *args, **kwargs)  # type: ignore[no-any-return]
            return _response(request, stored)

        return answer

    return wrap


def is_visitors(request: HttpRequest) -> bool:
    """Whether a read is nobody's in particular: no session, no token, no message that waits."""
    return (
        request.method in ("GET", "HEAD")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and CookieStorage.cookie_name not in request.COOKIES
        and "Authorization" not in request.headers
    )


def _key(family: str, about: Subject, request: HttpRequest, params: Sequence[str]) -> str:
    given = [request.GET.getlist(name) for name in params]
    digest = hashlib.sha256(json.dumps(given).encode()).hexdigest()[:20] if any(given) else ""
    return f"{family}:{about.name}:{get_language()}:{release()}:{digest}"


def _dumped(response: HttpResponse) -> bytes:
    etag = f'W/"{hashlib.sha256(response.content).hexdigest()[:20]}"'
    head = json.dumps({"Content-Type": response["Content-Type"], "ETag": etag})
    return head.encode() + b"\n" + igzip.compress(response.content, mtime=0)


def _response(request: HttpRequest, stored: bytes) -> HttpResponseBase:
    head, _, body = stored.partition(b"\n")
    headers = json.loads(head) | {"Cache-Control": SHARED}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(body, headers=headers | {"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(igzip.decompress(body), headers=headers)
    patch_vary_headers(response, ["Accept-Encoding"])
    return get_conditional_response(request, etag=headers["ETag"], response=response) or response
