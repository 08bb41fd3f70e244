from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from feeds.notifications import grouped, mark_seen, notifications_page
from photoapp import ids
from photoapp.http_cache import personal


@personal
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """GET lists; POST marks as seen what the page showed, up to the field `seen`."""
    viewer: Any = request.user
    if request.method == "POST":
        try:
            mark_seen(user=viewer, up_to=ids.decode(request.POST.get("seen", "")))
        except ids.InvalidId as error:
            raise BadRequest("This form is not complete. Go back and try again.") from error
        return redirect("/notifications/")
    cursor = request.GET.get("cursor")
    page = notifications_page(viewer, cursor)
    newest = page.items[0] if page.items else None
    context = {
        "page": page,
        "notices": grouped(page.items),
        "cursor": cursor,
        "seen": ids.encode(newest.id) if newest and not newest.seen and not cursor else "",
    }
    return render(request, "feeds/notifications.html", context)
