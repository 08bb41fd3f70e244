"""The page of a post, and what is done on it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from media import services
from media.forms import CommentForm, PostForm
from media.models import ALT_LENGTH, Post
from media.selectors import comment_for, comments_page, visible_post
from media.templatetags.posts import anchor
from media.uploads import InvalidUpload
from photoapp import ids


def _post_or_404(request: HttpRequest, post_id: int, *, live: bool = False) -> Post:
    post = visible_post(post_id, request.user)
    if post is None or (live and post.state != Post.State.LIVE):
        raise Http404
    return post


def _post_url(post_id: int) -> str:
    return f"/p/{ids.encode(post_id)}/"


def _back_to_card(request: HttpRequest, post: Post) -> HttpResponse:
    """To where the card was that was acted on: a page of this site, or the post's own."""
    target = request.POST.get("next") or request.headers.get("Referer", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure()):
        target = post.get_absolute_url()
    return redirect(f"{target.partition('#')[0]}#{anchor(post)}")


@require_safe
def post_page(request: HttpRequest, post_id: int) -> HttpResponse:
    return _page(request, _post_or_404(request, post_id), CommentForm())


def _page(request: HttpRequest, post: Post, form: CommentForm, status: int = 200) -> HttpResponse:
    """The post with a page of its comments; each says whether the viewer may delete it."""
    comments = comments_page(post, request.GET.get("cursor"), request.user)
    viewer = request.user
    for comment in comments.items:
        comment.deletable = viewer.id in (comment.author_id, post.owner_id) or getattr(viewer, "is_staff", False)  # type: ignore[attr-defined]
    context = {"post": post, "comments": comments, "form": form, "is_owner": viewer.id == post.owner_id}
    return render(request, "media/post.html", context, status=status)


@require_POST
def like(request: HttpRequest, post_id: int) -> HttpResponse:
    """`action` is like or unlike. Answers JSON to the page's script: {"liked": …, "likes": n}."""
    if request.user.is_anonymous:
        return redirect_to_login(_post_url(post_id))
    act = {"like": services.like, "unlike": services.unlike}.get(request.POST.get("action", ""))
    if act is None:
        raise BadRequest("This form is not complete. Go back and try again.")
    post = _post_or_404(request, post_id, live=True)
    act(post=post, user=request.user)
    liked = act is services.like
    if request.accepts("text/html"):
        return _back_to_card(request, post)
    return JsonResponse({"liked": liked, "likes": post.like_count + liked - bool(post.liked)})


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, post_id: int) -> HttpResponse:
    if request.method != "POST":
        return redirect(f"{_post_url(post_id)}#comments")
    if request.user.is_anonymous:
        return redirect_to_login(_post_url(post_id))
    post = _post_or_404(request, post_id, live=True)
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
    post = _post_or_404(request, post_id)
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


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_post(request: HttpRequest, post_id: int) -> HttpResponse:
    post = _post_or_404(request, post_id)
    if post.owner_id != request.user.id and not request.user.is_staff:
        raise PermissionDenied("Only the owner of a post can delete it.")
    if request.method != "POST":
        return render(request, "media/delete_post.html", {"post": post})
    services.delete_post(post=post, by=request.user)
    messages.success(request, "The post is deleted.")
    return redirect(post.owner)
