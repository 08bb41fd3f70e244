from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import LimitedStream
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils.cache import patch_cache_control

GetResponse = Callable[[HttpRequest], HttpResponse]
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def is_same_origin(request: HttpRequest) -> bool:
    """Whether the browser itself says that this request comes from a page of this site.

    Sec-Fetch-Site cannot be set by scripts. (Fetch Metadata, W3C; OWASP lists it as a defence against CSRF.)
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin == f"{request.scheme}://{request.get_host()}"


class FetchMetadataCsrfMiddleware(CsrfViewMiddleware):
    """Accepts unsafe requests that the browser vouches for; all others need Django's token.

    So no page needs a token in its HTML, and a stored fragment can hold forms.
    """

    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> Any:
        if request.method in UNSAFE and is_same_origin(request):
            return None
        return super().process_view(request, callback, args, kwargs)


class CacheControlMiddleware:
    """Every response says Cache-Control; one that says nothing by itself belongs to one person."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=request.method in UNSAFE, no_cache=True)
        return response


class WholeBodyMiddleware:
    """Refuses a body without a length (411), too long (413), or that did not arrive whole (400).

    A client that goes away in mid-upload raises nothing in WSGI: the view would see one of two photos. Views that
    store what they got ask `body_is_whole` first.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.limit = settings.MAX_PHOTO_BYTES * settings.MAX_PHOTOS_PER_POST + 2_000_000

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in UNSAFE:
            length = request.META.get("CONTENT_LENGTH") or ""
            if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
                return refusal(request, 411, "Send the length of the upload (Content-Length).")
            if length.isdigit() and int(length) > self.limit:
                return refusal(request, 413, "This upload is too large: at most 10 photos of 40 MB each.")
        try:
            return self.get_response(request)
        except RequestDataTooBig:
            return refusal(request, 413, "This request is too large.")


def body_is_whole(request: HttpRequest) -> bool:
    """Whether as many bytes arrived as Content-Length said. Call after the form or body was parsed."""
    stream = request._stream  # type: ignore[attr-defined]
    if not isinstance(stream, LimitedStream):  # `request.body` was read, and checked by Django
        return True
    return stream._pos >= int(request.META.get("CONTENT_LENGTH") or 0)  # type: ignore[attr-defined]


def refusal(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": message}, status=status)
    return render(request, "error.html", {"status": status, "message": message}, status=status)
