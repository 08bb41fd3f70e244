"""Error pages that say what happened and what to do next."""

from django.http import HttpRequest, HttpResponse

from photoapp.middleware import refusal


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 400, str(exception) or "This request could not be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 403, str(exception) or "You may not do this.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 404, "There is nothing here. It may have been deleted, or it may be private.")


def server_error(request: HttpRequest) -> HttpResponse:
    return refusal(request, 500, "Something went wrong on our side. Please try again in a moment.")
