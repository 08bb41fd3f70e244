from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from media.forms import UploadForm
from media.services import StorageAway, publish_post
from media.uploads import InvalidUpload
from photoapp.middleware import body_is_whole

RETRY_AFTER_SECONDS = 30


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, UploadForm())
    form = UploadForm(request.POST)
    photos = request.FILES.getlist("photos")
    try:
        if not body_is_whole(request):
            raise InvalidUpload({"photos": ["The upload was cut off on its way. Please send it again."]})
        post = publish_post(owner=request.user, photos=photos, **form.words())  # type: ignore[arg-type]
    except InvalidUpload as error:
        return _page(request, form.renewed(error), error.status)
    except StorageAway as error:
        response = _page(request, form.renewed(InvalidUpload({"": [str(error)]})), 503)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return redirect(post)


def _page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    return render(request, "media/upload.html", {"form": form}, status=status)
