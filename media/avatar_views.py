"""The page where a member chooses a picture, and the pictures themselves."""

import math
import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from media import avatars
from media.imaging import InvalidPhoto
from photoapp.http_cache import Policy, personal, states
from photoapp.middleware import body_is_whole

NAME = re.compile(r"[1-9A-HJ-NP-Za-km-z]{1,11}-[A-Za-z0-9]{16}")
# A name's bytes never change; the picture of a deleted member is gone from shared caches after an hour.
KEPT = "public, max-age=86400, s-maxage=3600"


@personal
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def avatar_settings(request: HttpRequest) -> HttpResponse:
    error, status = "", 200
    if request.method == "POST":
        error, status = _change(request)
        if not error:
            return redirect("/settings/avatar/")
    return render(request, "media/avatar.html", {"error": error}, status=status)


def _change(request: HttpRequest) -> tuple[str, int]:
    """What is wrong with the form, and its status."""
    if request.POST.get("action") == "remove":
        avatars.remove_avatar(user=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Your picture is removed."))
        return "", 200
    file = request.FILES.get("avatar")
    if not body_is_whole(request):
        return _("The picture did not arrive whole. Please try again."), 400
    if file is None:
        return _("Choose a picture first."), 400
    try:
        avatars.set_avatar(user=request.user, file=file, crop=_crop(request))  # type: ignore[arg-type]
    except InvalidPhoto as error:
        if error.code == "timeout":
            return _("This picture takes too long to prepare. Please try a smaller one."), error.status
        return error.message, error.status
    messages.success(request, _("Your new picture is saved."))
    return "", 200


def _crop(request: HttpRequest) -> avatars.Crop | None:
    """The part that was chosen; None without JavaScript, and for what is no number."""
    try:
        parts = [float(request.POST[name]) for name in ("x", "y", "size")]
    except (KeyError, ValueError):
        return None
    return avatars.Crop(*parts) if all(math.isfinite(part) for part in parts) else None


@states(Policy(KEPT))
@require_safe
def avatar_file(request: HttpRequest, name: str) -> HttpResponse:
    """Public, as names are; does not look at the session, so that caches can share it."""
    if not NAME.fullmatch(name):
        return _absent()
    etag = f'"{name}"'
    headers = {
        "Cache-Control": KEPT,
        "ETag": etag,
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    try:
        with default_storage.open(f"avatars/{name}.webp") as file:
            response = HttpResponse(file.read(), content_type="image/webp", headers=headers)
    except FileNotFoundError:
        return _absent()
    return get_conditional_response(request, etag=etag, response=response) or response


def _absent() -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse("There is no such picture.", status=404, content_type="text/plain", headers=headers)
