"""The bytes of photos, authorised on every request."""

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from rest_framework.exceptions import AuthenticationFailed

from media.models import FORMATS, WIDTHS, Photo
from media.selectors import visible_photo
from photoapp.authentication import TokenAuthentication
from photoapp.http_cache import PERSONAL, Policy, states
from photoapp.overload import come_again
from users.selectors import Viewer

log = structlog.get_logger(__name__)

CONTENT_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
# What is public is so to everybody: shared caches may keep it, and ask again after a minute, since it may go private.
PUBLIC = "public, max-age=86400, s-maxage=60"
PRIVATE = PERSONAL.header
FILE = Policy(PUBLIC, of="of public accounts", other=Policy(PRIVATE, "who may see it", of="of private accounts"))


@states(FILE)
@require_safe
def photo_file(request: HttpRequest, photo_id: int, secret: str, width: int, format: str) -> HttpResponseBase:
    if width not in WIDTHS or format not in FORMATS:
        return _absent()
    # First as a visitor: a public photo is served without a look at the session, so that caches can share it.
    photo, kept = visible_photo(photo_id, AnonymousUser()), PUBLIC
    if photo is None and not (viewer := _viewer(request)).is_anonymous:
        photo, kept = visible_photo(photo_id, viewer), PRIVATE
    if photo is None or not constant_time_compare(photo.secret, secret):
        return _absent()
    headers = {
        "Cache-Control": kept,
        "ETag": f'"{photo.secret}-{width}-{format}"',  # a name's bytes never change
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline",
    }
    unchanged = get_conditional_response(request, etag=headers["ETag"], response=HttpResponse(headers=headers))
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    return _bytes(photo, width, format, headers)


def _bytes(photo: Photo, width: int, format: str, headers: dict[str, str]) -> HttpResponseBase:
    key = photo.rendition_key(width, format)
    try:
        if settings.PROXY_SENDS_PHOTOS:
            # nginx would send our Cache-Control with its refusals, too; under this name, with the photo alone.
            headers["X-File-Cache-Control"] = headers.pop("Cache-Control")
            headers["X-Accel-Redirect"] = default_storage.redirect_for_proxy(key)  # type: ignore[attr-defined]
            return HttpResponse(content_type=CONTENT_TYPES[format], headers=headers)
        file = default_storage.open(key)
        return FileResponse(file, content_type=CONTENT_TYPES[format], headers=headers)
    except FileNotFoundError:  # not rendered yet, or erased this moment
        return _absent()
    except Exception as error:  # boto3 and the file system have no error in common
        log.warning("photo.store_away", photo=photo.id, error=repr(error))
        return _refusal(503, "The photo store cannot be reached just now.", {"Retry-After": come_again()})


def _viewer(request: HttpRequest) -> Viewer:
    """Who is logged in, by session or, for clients of the API, by token."""
    if "Authorization" not in request.headers:
        return request.user
    try:
        found = TokenAuthentication().authenticate(request)
    except AuthenticationFailed:
        return AnonymousUser()
    return found[0] if found else AnonymousUser()


def _absent() -> HttpResponse:
    return _refusal(404, "There is no such photo.")


def _refusal(status: int, message: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """No page around it: it stands where an image was asked for, and must not look at the session."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8", headers=headers)
