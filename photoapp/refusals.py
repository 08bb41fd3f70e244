"""What is said instead of a page: what happened, and what to do next."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

NEXT = {
    400: _("Go back, reload the page and try again."),
    403: _("If you think you should be able to, ask the person it belongs to."),
    404: _("It may have been deleted, or it may be private. Check the address, or search for the person."),
    405: _("Go back and use the buttons of the page."),
    411: _("Try another browser or program."),
    413: _("Choose fewer or smaller files and try again."),
    429: _("Wait a few minutes, then try again."),
    500: _("Please try again in a moment. If it happens again, tell the people who run this site."),
    503: _("Nothing is lost. Please try again in a minute."),
}


def refusal(request: HttpRequest, status: int, message: str, advice: str = "") -> HttpResponse:
    """A page, or JSON for the API. From 500 on it asks no database, not even who is logged in."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": message}, status=status)
    context = {
        "status": status,
        "message": message,
        "advice": advice or NEXT.get(status, ""),
        "broken": status >= 500,
        "again": request.get_full_path() if status >= 500 and request.method == "GET" else "",
    }
    return render(request, "error.html", context, status=status)
