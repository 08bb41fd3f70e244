from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feeds.selectors import feed_page
from users.selectors import suggested_people


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return _feed(request)
    return render(request, "landing.html")


@require_safe
@login_required
def feed(request: HttpRequest) -> HttpResponse:
    return _feed(request)


def _feed(request: HttpRequest) -> HttpResponse:
    cursor = request.GET.get("cursor")
    page = feed_page(request.user, cursor)  # type: ignore[arg-type]
    context: dict[str, Any] = {"page": page, "cursor": cursor}
    if not page.items and not cursor:
        context["people"] = suggested_people(request.user)  # type: ignore[arg-type]
    return render(request, "feeds/feed.html", context)
