"""What the views of posts share: finding a post for the viewer, and the way back after an act."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from media.models import Comment, Post
from media.selectors import post_to_act_on, visible_post
from media.templatetags.posts import anchor
from photoapp import ids


def post_or_404(request: HttpRequest, post_id: int, *, live: bool = False) -> Post:
    """A card that the viewer may see; with `live`, only one on which people may act."""
    post = visible_post(post_id, request.user)
    if post is None or (live and post.state != Post.State.LIVE):
        raise Http404
    return post


def post_to_act_on_or_404(request: HttpRequest, post_id: int) -> Post:
    post = post_to_act_on(post_id, request.user)
    if post is None:
        raise Http404
    return post


def post_url(post_id: int) -> str:
    return f"/p/{ids.encode(post_id)}/"


def back_to_card(request: HttpRequest, post: Post) -> HttpResponse:
    """To where the card was that was acted on: a page of this site, or the post's own."""
    target = request.POST.get("next") or request.headers.get("Referer", "")
    hosts = {request.get_host()}
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure())
    if not ours or not target.startswith(("/", "http")):
        target = post.get_absolute_url()
    return HttpResponseRedirect(f"{target.partition('#')[0]}#{anchor(post)}")


def replies_url(thread: Comment) -> str:
    return f"/comments/{ids.encode(thread.id)}/replies/"


def comment_anchor(comment: Comment) -> str:
    """The id of a comment in a page (media/partials/comment.html)."""
    return f"c-{ids.encode(comment.id)}"
