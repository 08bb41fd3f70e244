"""What is done to a post with one press: like and save, and, by its owner, archive, delete and take back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from media import services
from media.models import Post, PostCount
from media.pages import back_to_card, post_or_404, post_to_act_on_or_404, post_url
from photoapp.http_cache import personal

INCOMPLETE = "This form is not complete. Go back and try again."


def _one_of(request: HttpRequest, *actions: str) -> str:
    """The field `action`. Raises BadRequest."""
    action = request.POST.get("action", "")
    if action not in actions:
        raise BadRequest(_(INCOMPLETE))
    return action


@personal
@require_POST
def like(request: HttpRequest, post_id: int) -> HttpResponse:
    """`action` is like or unlike. Answers JSON to the page's script: {"liked": …, "likes": n}."""
    if request.user.is_anonymous:
        return redirect_to_login(post_url(post_id))
    liked = _one_of(request, "like", "unlike") == "like"
    post = post_to_act_on_or_404(request, post_id)
    act = services.like if liked else services.unlike
    try:
        act(post=post, user=request.user)
    except Post.DoesNotExist as error:  # erased this moment
        raise Http404 from error
    if request.accepts("text/html"):
        return back_to_card(request, post)
    return JsonResponse({"liked": liked, **PostCount.totals(post.id, "likes")})


@personal
@require_POST
def save(request: HttpRequest, post_id: int) -> HttpResponse:
    """`action` is save or unsave. Answers JSON to the page's script: {"saved": …}."""
    if request.user.is_anonymous:
        return redirect_to_login(post_url(post_id))
    saved = _one_of(request, "save", "unsave") == "save"
    post = post_to_act_on_or_404(request, post_id)
    try:
        if saved:
            services.save(post=post, user=request.user)
        else:
            services.unsave(post_id=post.id, user_id=request.user.id)
    except Post.DoesNotExist as error:
        raise Http404 from error
    if request.accepts("text/html"):
        return back_to_card(request, post)
    return JsonResponse({"saved": saved})


@personal
@require_POST
@login_required
def archive(request: HttpRequest, post_id: int) -> HttpResponse:
    """`action` is archive or unarchive."""
    action = _one_of(request, "archive", "unarchive")
    post = post_or_404(request, post_id)
    if action == "archive":
        services.archive_post(post=post, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The post is in your archive. Nobody else can see it."))
    else:
        services.unarchive_post(post=post, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The post is back on your profile, with its likes and comments."))
    return redirect(post)


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_post(request: HttpRequest, post_id: int) -> HttpResponse:
    post = post_or_404(request, post_id)
    is_owner = post.owner_id == request.user.id
    if not is_owner and not request.user.is_staff:
        raise PermissionDenied(_("Only the owner of a post can delete it."))
    if request.method != "POST":
        return render(request, "media/delete_post.html", {"post": post, "is_owner": is_owner})
    services.delete_post(post=post, by=request.user)  # type: ignore[arg-type]
    undo = f"undo:{post.get_absolute_url()}restore/" if is_owner else ""
    messages.success(request, _("The post is deleted."), extra_tags=undo)
    return redirect(post.owner)


@personal
@require_POST
@login_required
def restore_post(request: HttpRequest, post_id: int) -> HttpResponse:
    """Takes a deletion back."""
    try:
        post = services.restore_post(post_id=post_id, by=request.user)  # type: ignore[arg-type]
    except Post.DoesNotExist as error:
        raise Http404 from error
    except services.TooLate as error:
        messages.error(request, str(error))
        return redirect(request.user)  # type: ignore[arg-type]
    messages.success(request, _("The post is back."))
    return redirect(post)
