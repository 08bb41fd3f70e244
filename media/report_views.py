"""Posts and comments are reported on the page of users/report_views.py."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from media.pages import post_or_404
from media.selectors import comment_for
from photoapp.http_cache import personal
from users.models import Report, User
from users.report_views import report_page
from users.selectors import relation, users_by_ids


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_post(request: HttpRequest, post_id: int) -> HttpResponse:
    post = post_or_404(request, post_id)
    return report_page(
        request, kind=Report.Kind.POST, target_id=post.id, reported=_member(post.owner_id), post=post, back=post
    )


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    viewer: Any = request.user
    comment = comment_for(comment_id, viewer)
    if comment is None:
        raise Http404
    author = _member(comment.author_id)
    if relation(viewer, author.id).blocked_by:
        raise Http404
    shown = {"comment": comment, "back": comment.post}
    return report_page(request, kind=Report.Kind.COMMENT, target_id=comment.id, reported=author, **shown)


def _member(user_id: int) -> User:
    member = users_by_ids([user_id]).get(user_id)
    if member is None:
        raise Http404
    return member
