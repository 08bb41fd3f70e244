"""Search, discover, and the pages of tags and places. To visitors all of them are the same for everybody, and kept."""

import math
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from photoapp.http_cache import NEVER_STORED, Subject, cached_view
from photoapp.pagination import Page
from photoapp.words import place_key, place_url, tag_key, tag_url
from search import queries, selectors, terms
from search.discover import discover
from search.people import find_people
from search.selectors import Found
from search.tasks import suggest_soon
from search.terms import Term
from search.throttle import SearchThrottle
from search.trends import DISCOVER
from users.selectors import PEOPLE, suggested_people, with_relations

TABS = ("posts", "people", "tags", "places")
FEW = 5  # people and terms above the posts, where everything is looked for
RENEWED_BY = "a post among what is found that goes, is edited, or is for fewer"


def _of_query(request: HttpRequest) -> Subject:
    text = queries.typed(request.GET.get("q", ""))
    return Subject(text, [PEOPLE, *queries.parse_posts(text).generations])


@require_safe
@cached_view(
    "search", _of_query, params=["type", "cursor"], named_by=["q"], renewed_by=f"a member who leaves; {RENEWED_BY}"
)
def search(request: HttpRequest) -> HttpResponse:
    """Everything that fits, or with `type` one kind of it; before anything is asked, people to follow."""
    if refused := _refused(request):
        return refused
    text = queries.typed(request.GET.get("q", ""))
    kind = request.GET.get("type", "")
    if kind not in TABS:
        kind = ""
    first_page = not request.GET.get("cursor")
    context: dict[str, Any] = {"query": text, "kind": kind, "first_page": first_page, "people": [], "page": Found([])}
    if not text:
        context["suggested"] = with_relations(Page(suggested_people(request.user)), request.user).items
    else:
        context |= _found(request, text, kind)
    return _answer(request, "search/search.html", context)


def _refused(request: HttpRequest) -> HttpResponse | None:
    throttle: Any = SearchThrottle()
    if throttle.allow_request(request, None):
        return None
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = str(math.ceil(throttle.wait() or 1))
    return response


def _found(request: HttpRequest, text: str, kind: str) -> dict[str, Any]:
    """People, tags, places and a page of posts, as far as they are asked for; no more than posts on later pages."""
    found: dict[str, Any] = {}
    cursor = request.GET.get("cursor")
    few = FEW if not kind else 20
    if kind in ("", "people") and not cursor:
        found["people"] = find_people(text, request.user, few)
    if kind in ("", "tags") and not cursor:
        found["tags"] = selectors.find_terms(terms.TAG, text, few)
    if kind in ("", "places") and not cursor:
        found["places"] = selectors.find_terms(terms.PLACE, text, few)
    if kind in ("", "posts"):
        found["page"] = selectors.find_posts(queries.parse_posts(text), request.user, cursor)
    return found


def _of_discover(request: HttpRequest) -> Subject:
    return Subject("", [DISCOVER])


@require_safe
@cached_view("discover", _of_discover, renewed_by="each computation; a post among them that goes or is for fewer")
def discover_page(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        suggest_soon(request.user.id)
    return render(request, "search/discover.html", {"found": discover(request.user)})


def _of_tag(request: HttpRequest, tag: str) -> Subject | None:
    key = tag_key(tag)
    return Subject(key, queries.of_tag(key).generations) if key else None


@require_safe
@cached_view("tag", _of_tag, params=["cursor"], renewed_by=RENEWED_BY)
def tag_page(request: HttpRequest, tag: str) -> HttpResponse:
    key = tag_key(tag)
    if tag != key:
        return redirect(tag_url(key) if key else "/search/")
    return _term_page(request, terms.TAG, key, queries.of_tag(key))


def _of_place(request: HttpRequest, place: str) -> Subject | None:
    key = place_key(place)
    return Subject(key, queries.of_place(key).generations) if key else None


@require_safe
@cached_view("place", _of_place, params=["cursor"], renewed_by=RENEWED_BY)
def place_page(request: HttpRequest, place: str) -> HttpResponse:
    key = place_key(place)
    if place != key:
        return redirect(place_url(key) if key else "/search/")
    return _term_page(request, terms.PLACE, key, queries.of_place(key))


def _term_page(request: HttpRequest, kind: str, key: str, query: queries.PostQuery) -> HttpResponse:
    """All posts with a tag or of a place, the newest first. 404 where the viewer would find none."""
    cursor = request.GET.get("cursor")
    page = selectors.find_posts(query, request.user, cursor)
    term = selectors.named_term(kind, key)
    if term is None and not page.items and not page.partial and not cursor:
        raise Http404
    context = {
        "term": term or Term(key, key, len(page.items)),
        "is_tag": kind == terms.TAG,
        "page": page,
        "first_page": not cursor,
    }
    return _answer(request, "search/term.html", context)


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    if context["page"].partial:
        response.headers["Cache-Control"] = NEVER_STORED.header  # what is missing may be there in a moment
    return response
