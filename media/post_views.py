"""The page of a post with its comments, and the pages of threads."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from media import services
from media.comments import comments_page, replies_page, thread_of
from media.forms import CommentForm
from media.generations import author_generation, owner_of, post_generation
from media.models import Comment, Post
from media.pages import comment_anchor, post_or_404, post_url, replies_url
from media.selectors import comment_for, neighbours
from media.templatetags.posts import fallback
from photoapp.http_cache import Subject, cached_view, personal

REPLY_IDS = "reply_%s"  # of the fields of a reply's form, which may stand in a page beside a comment's


def _of_post(request: HttpRequest, post_id: int) -> Subject | None:
    owner_id = owner_of(post_id)
    return Subject(str(post_id), [author_generation(owner_id), post_generation(post_id)]) if owner_id else None


@require_safe
@cached_view(
    "post",
    _of_post,
    params=["cursor"],
    renewed_by="its comments; its owner's face; a post of theirs that comes, changes or goes",
)
def post_page(request: HttpRequest, post_id: int) -> HttpResponse:
    return _page(request, post_or_404(request, post_id), CommentForm())


def _page(request: HttpRequest, post: Post, form: CommentForm, status: int = 200) -> HttpResponse:
    newer, older = neighbours(post, request.user) if post.state == Post.State.LIVE else (None, None)
    comments = comments_page(post, request.GET.get("cursor"), request.user)
    _mark_deletable(request, *comments.items, *(reply for one in comments.items for reply in one.first_replies))
    context = {
        "post": post,
        "comments": comments,
        "form": form,
        "is_owner": request.user.id == post.owner_id,
        "reply_form": CommentForm(auto_id=REPLY_IDS),
        "newer": post_url(newer) if newer else "",
        "older": post_url(older) if older else "",
        **_about(post),
    }
    return render(request, "media/post.html", context, status=status)


def _about(post: Post) -> dict[str, Any]:
    """What the page says of itself to those to whom its address is sent."""
    photo = post.card_photos[0]
    path = fallback(photo)
    width = min(photo.width, int(path.rpartition("/")[2].partition(".")[0]))
    alt = photo.alt or _("Photo by %(name)s") % {"name": post.owner.name}
    height = round(photo.height * width / photo.width)
    picture = {"path": path, "width": width, "height": height, "alt": alt}
    return {"picture": picture, "words": Truncator(post.caption).chars(200) or alt}


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, post_id: int) -> HttpResponse:
    """POST adds a comment, `text`."""
    if request.method != "POST":
        return redirect(f"{post_url(post_id)}#comments")
    if request.user.is_anonymous:
        return redirect_to_login(post_url(post_id))
    post = post_or_404(request, post_id, live=True)
    comment, form = _add(request, post)
    if _in_place(request):
        return _part(request, {"post": post, "form": form, "new": comment})
    if comment is None:
        return _page(request, post, form, 400)
    return redirect(f"{post.get_absolute_url()}#comments")


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def replies(request: HttpRequest, comment_id: int) -> HttpResponse:
    """The thread that a comment is in: GET lists it, POST adds a reply, `text`."""
    comment = comment_for(comment_id, request.user)
    thread = thread_of(comment, request.user) if comment else None
    if comment is None or thread is None:
        raise Http404
    if request.method != "POST":
        return _thread_page(
            request, comment, thread, CommentForm(auto_id=REPLY_IDS, initial={"text": _address(comment, request)})
        )
    if request.user.is_anonymous:
        return redirect_to_login(request.path)
    if comment.post.state != Post.State.LIVE:
        raise Http404
    reply, form = _add(request, comment.post, comment)
    if _in_place(request):
        return _part(request, {"post": comment.post, "form": form, "new": reply, "thread": thread})
    if reply is None:
        return _thread_page(request, comment, thread, form, 400)
    return redirect(f"{replies_url(thread)}#{comment_anchor(reply)}")


def _add(request: HttpRequest, post: Post, parent: Comment | None = None) -> tuple[Comment | None, CommentForm]:
    """The new comment and an empty form; or None and the form that says what is wrong."""
    form = CommentForm(request.POST, auto_id=REPLY_IDS if parent else "id_%s")
    text = request.POST.get("text", "")
    try:
        comment = services.add_comment(post=post, author=request.user, text=text, parent=parent)  # type: ignore[arg-type]
    except Post.DoesNotExist as error:  # erased this moment
        raise Http404 from error
    except ValidationError as error:
        form.is_valid()
        form.add_error(None, error)
        return None, form
    post.comment_count += 1
    comment.author, comment.reply_count = request.user, 0
    _mark_deletable(request, comment)
    return comment, CommentForm()


def _part(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """What changes in the page where a comment was sent: its form; when all is well, the list and the count."""
    return render(request, "media/partials/commented.html", context)


def _thread_page(
    request: HttpRequest, comment: Comment, thread: Comment, form: CommentForm, status: int = 200
) -> HttpResponse:
    page = replies_page(thread, request.GET.get("cursor"), request.user)
    thread.first_replies, thread.later_cursor = page.items, page.next_cursor
    _mark_deletable(request, thread, *page.items)
    context = {"post": comment.post, "answered": comment, "comment": thread, "form": form}
    return render(request, "media/replies.html", context, status=status)


@personal
@require_POST
@login_required
def delete_comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    comment = comment_for(comment_id, request.user)
    if comment is None:
        raise Http404
    services.delete_comment(comment=comment, by=request.user)  # type: ignore[arg-type]
    if _in_place(request):
        return render(request, "media/partials/comment_count.html", {"post": post_or_404(request, comment.post_id)})
    return redirect(f"{comment.post.get_absolute_url()}#comments")


def _in_place(request: HttpRequest) -> bool:
    """Whether the page's script asks, and puts the answer into the page."""
    return "HX-Request" in request.headers


def _address(comment: Comment, request: HttpRequest) -> str:
    """How an answer to a reply begins: with the name of whom it answers."""
    return f"@{comment.author.username} " if comment.parent_id and comment.author_id != request.user.id else ""


def _mark_deletable(request: HttpRequest, *comments: Comment) -> None:
    """Says of each whether the viewer may delete it."""
    for comment in comments:
        owners = (comment.author_id, comment.post.owner_id)
        comment.deletable = request.user.id in owners or getattr(request.user, "is_staff", False)
