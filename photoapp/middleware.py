from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import LimitedStream
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from django_prometheus.middleware import PrometheusAfterMiddleware

from photoapp.refusals import refusal

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
    """Every response says Cache-Control; one that says nothing by itself belongs to one person. (What a proxy sends in
    the place of a response gets the header there.)"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and not response.has_header("X-Accel-Redirect"):
            once = {"no_store": True} if request.method in UNSAFE else {}
            patch_cache_control(response, private=True, no_cache=True, **once)
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
                return refusal(request, 411, _("Send the length of the upload (Content-Length)."))
            if length.isdigit() and int(length) > self.limit:
                return refusal(request, 413, _("This upload is too large: at most 10 photos of 40 MB each."))
        try:
            return self.get_response(request)
        except RequestDataTooBig:
            return refusal(request, 413, _("This request is too large."))


def body_is_whole(request: HttpRequest) -> bool:
    """Whether as many bytes arrived as Content-Length said. Call after the form or body was parsed."""
    stream = request._stream  # type: ignore[attr-defined]
    if not isinstance(stream, LimitedStream):  # `request.body` was read, and checked by Django
        return True
    return stream._pos >= int(request.META.get("CONTENT_LENGTH") or 0)  # type: ignore[attr-defined]


class CompressMiddleware(GZipMiddleware):
    """Text goes compressed where nothing in front of this process does it; photos never, they are already.

    (A proxy that compresses by itself asks without Accept-Encoding.)
    """

    types = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return super().process_response(request, response) if media_type(response) in self.types else response


class LanguageMiddleware:
    """The reader's language: of the cookie, else what the browser prefers.

    A member's own choice renews the cookie on the pages that load the member anyway. Only pages and the API's answers
    vary by language: photo files stay the same for everybody, and cost no look at the member.
    """

    varying = {"text/html", "application/json"}

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = get_language_from_request(request)
        with override(language):
            response = self.get_response(request)
        if media_type(response) in self.varying:
            if not 300 <= response.status_code < 400:
                patch_vary_headers(response, ["Accept-Language", "Cookie"])
            chosen = chosen_language(request)
            if chosen and chosen != request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME):
                remember_language(response, chosen)
        return response


def chosen_language(request: HttpRequest) -> str:
    """What the member chose in the settings; "" when they chose nothing, or nobody asked for the member so far."""
    user: Any = vars(request).get("user")  # after a log-in the member, else an object that fetches them when asked
    if type(user) is SimpleLazyObject:
        user = getattr(request, "_cached_user", None)
    return getattr(user, "language", "")


def remember_language(response: HttpResponse, language: str) -> None:
    if "public" in response.get("Cache-Control", ""):
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
        httponly=True,
    )


class RequestMetricsMiddleware(PrometheusAfterMiddleware):
    """Counts and times requests by view. The method is among the known ones wherever it is a label: anybody can invent
    others, and each would be a time series of its own."""

    def label_metric(self, metric: Any, request: HttpRequest, response: Any = None, **labels: str) -> Any:
        if "method" in labels:
            labels["method"] = self._method(request)
        return super().label_metric(metric, request, response, **labels)


class WordlessRefusalMiddleware:
    """What Django's decorators refuse without a word (405) gets a page, too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        page = refusal(request, 405, _("This address does not take what was sent to it."))
        page.headers["Allow"] = response.headers["Allow"]
        return page


def media_type(response: HttpResponse) -> str:
    return response.get("Content-Type", "").partition(";")[0]
