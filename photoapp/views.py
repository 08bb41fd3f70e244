"""Error pages, and what a site has at fixed addresses: robots.txt, the manifest, the icon."""

import sys

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from photoapp.http_cache import Policy, sends
from photoapp.overload import REFUSED, come_again
from photoapp.refusals import refusal
from photoapp.remember import Overloaded

ROBOTS = """User-agent: *
Disallow: /api/
Disallow: /settings/
Disallow: /feed/
Disallow: /upload/
Disallow: /notifications/
Disallow: /saved/
Disallow: /archived/
Disallow: /admin/
Disallow: /accounts/
Disallow: /login/
Disallow: /get_user_details
Disallow: /*/report/
"""
for_everybody = sends(Policy("public, max-age=86400"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Other exceptions that end here speak to operators, not to visitors.
    said = str(exception) if isinstance(exception, BadRequest) else ""
    return refusal(request, 400, said or _("This request could not be understood."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 403, str(exception) or _("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`reason` is for logs, where Django writes it."""
    advice = _("Go back, reload the page and send it again. Your browser must allow cookies for this site.")
    return refusal(request, 403, _("This form was not sent from a page of this site, or the page was too old."), advice)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 404, _("There is nothing here."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is handled. Databases come back, and crowds go; all else is a mistake of ours."""
    error = sys.exception()
    if isinstance(error, OperationalError | InterfaceError | Overloaded):
        is_crowd = isinstance(error, Overloaded)
        response = refusal(request, 503, _("The site cannot answer just now."))
        response.headers["Retry-After"] = come_again(3 if is_crowd else 10)
        response.headers[REFUSED] = "crowd" if is_crowd else "database"
        return response
    return refusal(request, 500, _("Something went wrong on our side."))


@require_safe
@for_everybody
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@require_safe
@for_everybody
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep the site as an app."""
    icons = [
        {"src": static(f"icons/{name}-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, purpose in (("icon", "any"), ("maskable", "maskable"))
        for size in (192, 512)
    ]
    content = {
        "id": "/",
        "name": "photoapp",
        "short_name": "photoapp",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf9f6",
        "theme_color": "#faf9f6",
        "icons": icons,
    }
    return JsonResponse(content, content_type="application/manifest+json")


@require_safe
@for_everybody
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who ask without reading the page."""
    return redirect(static("icons/favicon.ico"))
