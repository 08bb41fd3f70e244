"""The upload page. With JavaScript photos go one by one to `upload/photos/` while the person still writes, and the form
brings their ids; without, one form brings everything."""

from typing import TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from media.forms import UploadForm
from media.making import removed_in_words
from media.models import ALT_LENGTH, CAPTION_LENGTH, Post, StagedPhoto
from media.selectors import shared_post, staged_photos_of
from media.services import StorageAway, discard_staged, publish_post, publish_staged, stage_photo
from media.uploads import InvalidUpload
from photoapp.http_cache import personal
from photoapp.middleware import body_is_whole
from photoapp.overload import come_again
from users.services import update_profile

COME_AGAIN_SECONDS = 30
MOST_KEYS = 50  # in one question

AnyResponse = TypeVar("AnyResponse", bound=HttpResponse)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    if not request.accepts("text/html"):
        return _refusal_of_others(request) or _share(request)
    return _form(request)


@login_required
def _form(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, UploadForm())
    form = UploadForm(request.POST)
    try:
        post = _publish(request, form)
    except InvalidUpload as error:
        return _page(request, form.renewed(error), error.status)
    except StorageAway as error:
        return _come_again(_page(request, form.renewed(InvalidUpload({"": [str(error)]})), 503))
    return redirect(post)


def _page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "most": settings.MAX_PHOTOS_PER_POST,
        "megabytes": settings.MAX_PHOTO_BYTES // 2**20,
        "alt_length": ALT_LENGTH,
        "caption_length": CAPTION_LENGTH,
    }
    return render(request, "media/upload.html", context, status=status)


def _publish(request: HttpRequest, form: UploadForm) -> Post:
    photos = request.FILES.getlist("photos")
    if not body_is_whole(request):
        raise InvalidUpload({"photos": [_("The upload was cut off on its way. Please send it again.")]})
    if form.staged:
        return publish_staged(owner=request.user, staged=form.staged, **form.words())  # type: ignore[arg-type]
    return publish_post(owner=request.user, photos=photos, **form.words())  # type: ignore[arg-type]


def _come_again(response: AnyResponse) -> AnyResponse:
    response["Retry-After"] = come_again(COME_AGAIN_SECONDS)
    return response


# --- For the page's script -------------------------------------------------------------------------------------------


def _share(request: HttpRequest) -> JsonResponse:
    """Answers {"post": path}, or {"errors": {field: [sentences]}}; `remind=off` says that the person wants no more
    reminders of descriptions."""
    form = UploadForm(request.POST)
    if request.POST.get("remind") == "off":
        update_profile(user=request.user, remind_alt=False)  # type: ignore[arg-type]
    try:
        post = _publish(request, form)
    except InvalidUpload as error:
        return JsonResponse({"errors": error.errors}, status=error.status)
    except StorageAway as error:  # photos came with the words
        return _come_again(JsonResponse({"errors": {"": [str(error)]}}, status=503))
    return JsonResponse({"post": post.get_absolute_url()}, status=201)


@personal
@require_http_methods(["GET", "POST"])
def staged_photos(request: HttpRequest) -> HttpResponse:
    """GET `keys` (with commas) and `post` (the form's key): what is stored already, and whether the post was shared.
    POST `photo` and `key`: stores one photo. POST `key` and `action=remove`: removes it."""
    if refusal := _refusal_of_others(request):
        return refusal
    owner = request.user
    if request.method != "POST":
        keys = request.GET.get("keys", "").split(",")[:MOST_KEYS]
        found = [_staged_json(row) for row in staged_photos_of(owner, keys)]  # type: ignore[arg-type]
        post = shared_post(owner, request.GET.get("post", ""))  # type: ignore[arg-type]
        return JsonResponse({"photos": found, "post": post.get_absolute_url() if post else None})
    key, photo = request.POST.get("key", ""), request.FILES.get("photo")
    if request.POST.get("action") == "remove":
        discard_staged(owner=owner, keys=[key])  # type: ignore[arg-type]
        return HttpResponse(status=204)
    if not body_is_whole(request):
        text = _("The photo was cut off on its way. Please send it again.")
        return JsonResponse({"detail": text, "again": True}, status=400)
    try:
        row = stage_photo(owner=owner, photo=photo, key=key)  # type: ignore[arg-type]
    except InvalidUpload as error:
        return JsonResponse(
            {"detail": " ".join(text for texts in error.errors.values() for text in texts)}, status=error.status
        )
    except StorageAway as error:
        return _come_again(JsonResponse({"detail": str(error)}, status=503))
    return JsonResponse(_staged_json(row), status=201)


def _staged_json(row: StagedPhoto) -> dict[str, object]:
    return {
        "id": str(row.id),
        "key": row.key,
        "width": row.width,
        "height": row.height,
        "place": row.place,
        "removed": removed_in_words(row),
    }


def _refusal_of_others(request: HttpRequest) -> JsonResponse | None:
    """A page that was left open must not act for somebody who logged in later in the same browser; it names the
    `member` it was made for."""
    if request.user.is_anonymous:
        text = _("You are not logged in any more. Log in in another window, then try again; nothing here is lost.")
        return JsonResponse({"detail": text}, status=401)
    given = request.POST if request.method == "POST" else request.GET
    if given.get("member", str(request.user.id)) != str(request.user.id):
        text = _("Somebody else is logged in in this browser now. Load the page again.")
        return JsonResponse({"detail": text}, status=403)
    return None
