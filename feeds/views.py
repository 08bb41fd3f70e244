from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from isal import igzip
from redis.exceptions import RedisError

from feeds.first_page import first_page, is_wanted_anew
from feeds.page_store import PAGE_SECONDS, Page
from feeds.selectors import feed_page, newer_count, suggestions
from photoapp import ids
from photoapp.http_cache import PERSONAL, Policy, Subject, cached_view, personal, states

FIRST_PAGE = Policy(
    PERSONAL.header,
    "the member, language",
    "page:{u}",
    "a post that reaches the feed; own acts; a post on it that goes or is edited; the face of an author on it",
    PAGE_SECONDS,
)


def _landing(request: HttpRequest) -> Subject:
    return Subject("")


@require_safe
@cached_view("landing", _landing, members=FIRST_PAGE)
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return _feed(request)
    return render(request, "landing.html")


@states(FIRST_PAGE)
@require_safe
@login_required
def feed(request: HttpRequest) -> HttpResponse:
    return _feed(request)


def _feed(request: HttpRequest) -> HttpResponse:
    if not request.GET and not len(get_messages(request)):
        anew = is_wanted_anew(request.headers.get("Cache-Control", ""))
        try:
            stored = first_page(request.user, get_language(), anew=anew)  # type: ignore[arg-type]
        except RedisError:
            stored = None
        if stored is not None:
            return _page_response(request, stored)
    cursor = request.GET.get("cursor")
    page = feed_page(request.user, cursor)  # type: ignore[arg-type]
    context: dict[str, Any] = {"page": page, "cursor": cursor}
    if not page.items and not cursor:
        context["people"] = suggestions(request.user)  # type: ignore[arg-type]
    return render(request, "feeds/feed.html", context)


def _page_response(request: HttpRequest, page: Page) -> HttpResponse:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(igzip.decompress(page.body))
    response = HttpResponse(page.body, headers={"Content-Encoding": "gzip"})
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@personal
@require_safe
@login_required
def new_posts(request: HttpRequest) -> HttpResponse:
    """{"new": n}: how many posts the feed has above the one that `after` names. Pages ask once a minute."""
    after = request.GET.get("after")
    try:
        newest = ids.decode(after) if after else 0
    except ids.InvalidId as error:
        raise BadRequest(_("This is not the id of a post.")) from error
    return JsonResponse({"new": newer_count(request.user, newest)})  # type: ignore[arg-type]
