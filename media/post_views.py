"""The page of a post, and what is done on it."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from media import services
from media.forms import CommentForm, PostForm
from media.models import ALT_LENGTH, Post
from media.pages import post_or_404, post_url
from media.selectors import comment_for, comments_page
from media.uploads import InvalidUpload


@require_safe
def post_page(request: HttpRequest, post_id: int) -> HttpResponse:
    return _page(request, post_or_404(request, post_id), CommentForm())


def _page(request: HttpRequest, post: Post, form: CommentForm, status: int = 200) -> HttpResponse:
    """The post with a page of its comments; each says whether the viewer may delete it."""
    comments = comments_page(post, request.GET.get("cursor"), request.user)
    viewer = request.user
    for comment in comments.items:
        comment.deletable = viewer.id in (comment.author_id, post.owner_id) or getattr(viewer, "is_staff", False)  # type: ignore[attr-defined]
    context = {"post": post, "comments": comments, "form": form, "is_owner": viewer.id == post.owner_id}
    return render(request, "media/post.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, post_id: int) -> HttpResponse:
    if request.method != "POST":
        return redirect(f"{post_url(post_id)}#comments")
    if request.user.is_anonymous:
        return redirect_to_login(post_url(post_id))
    post = post_or_404(request, post_id, live=True)
    form = CommentForm(request.POST)
    try:
        services.add_comment(post=post, author=request.user, text=request.POST.get("text", ""))
    except ValidationError as error:
        form.is_valid()
        form.add_error(None, error)
        return _page(request, post, form, 400)
    return redirect(f"{post.get_absolute_url()}#comments")


@require_POST
@login_required
def delete_comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    comment = comment_for(comment_id, request.user)
    if comment is None:
        raise Http404
    services.delete_comment(comment=comment, by=request.user)  # type: ignore[arg-type]
    return redirect(f"{comment.post.get_absolute_url()}#comments")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_post(request: HttpRequest, post_id: int) -> HttpResponse:
    post = post_or_404(request, post_id)
    if post.owner_id != request.user.id:
        raise PermissionDenied("Only the owner of a post can edit it.")
    if request.method != "POST":
        return _edit_page(request, post, PostForm.of(post), [photo.alt for photo in post.card_photos])
    form, alts = PostForm(request.POST), request.POST.getlist("alt")
    try:
        services.edit_post(post=post, editor=request.user, alts=alts, **form.words())
    except InvalidUpload as error:
        form.refuse(error.errors)
        return _edit_page(request, post, form, alts, error.status)
    return redirect(post)


def _edit_page(request: HttpRequest, post: Post, form: PostForm, alts: list[str], status: int = 200) -> HttpResponse:
    padded = [*alts, *[""] * len(post.card_photos)]
    photos = list(zip(post.card_photos, padded, strict=False))
    context = {"post": post, "form": form, "photos": photos, "alt_length": ALT_LENGTH}
    return render(request, "media/edit_post.html", context, status=status)
