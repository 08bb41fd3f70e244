"""The page on which owners change what they posted."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from media import services
from media.forms import EditForm
from media.models import Post
from media.pages import post_or_404
from media.uploads import InvalidUpload
from photoapp.http_cache import personal


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_post(request: HttpRequest, post_id: int) -> HttpResponse:
    post = post_or_404(request, post_id)
    if post.owner_id != request.user.id:
        raise PermissionDenied(_("Only the owner of a post can edit it."))
    if request.method != "POST":
        return _page(request, post, EditForm.of(post))
    form = EditForm.sent_for(post, request.POST)
    try:
        services.edit_post(post=post, editor=request.user, **form.words())
    except InvalidUpload as error:
        form.refuse(error.errors)
        return _page(request, post, form, error.status)
    return redirect(post)


def _page(request: HttpRequest, post: Post, form: EditForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"post": post, "form": form, "photos": form.rows()}
    return render(request, "media/edit_post.html", context, status=status)
