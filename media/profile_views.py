"""A member's page: who they are, what they posted, where they are tagged; for themselves, what they saved and put
away."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from media.generations import author_generation
from media.models import Post
from media.profiles import profile_page
from media.selectors import archived_page, post_count, saved_page, tagged_page, unfinished_posts
from photoapp.http_cache import Subject, cached_view, personal
from photoapp.pagination import Page
from users.models import User
from users.selectors import Relation, active_user, follow_counts, known_id, may_see, request_count, visible_member


def _member_or_404(request: HttpRequest, username: str) -> tuple[User, Relation]:
    found = visible_member(request.user, username)
    if found is None:
        raise Http404
    return found


def _of_member(request: HttpRequest, username: str) -> Subject | None:
    member_id = known_id(username)
    if member_id is None:
        return None

    def holds() -> bool:
        member = active_user(username)
        return member is not None and member.id == member_id

    return Subject(f"{member_id}:{username.lower()}", [author_generation(member_id)], holds)


RENEWED_BY = "the member's face; a post of theirs that comes, changes or goes"


@require_safe
@cached_view("profile", _of_member, params=["cursor"], renewed_by=RENEWED_BY)
def profile(request: HttpRequest, username: str) -> HttpResponse:
    member, relation = _member_or_404(request, username)
    page = None
    if may_see(request.user, member, relation):
        page = profile_page(member, request.GET.get("cursor"), request.user, relation)
    context: dict[str, Any] = {}
    if relation.is_self and not request.GET.get("cursor"):
        context["unfinished"] = unfinished_posts(member)
    return _page(request, member, relation, "posts", page, **context)


def _of_member_named(request: HttpRequest) -> Subject | None:
    return _of_member(request, request.GET.get("username", ""))


@require_safe
@cached_view("profile", _of_member_named, params=["cursor"], named_by=["username"], renewed_by=RENEWED_BY)
def user_details(request: HttpRequest) -> HttpResponse:
    """/get_user_details?username=…: the same page by the name that the design this follows gave it."""
    return profile(request, request.GET.get("username", ""))


@personal
@require_safe
def tagged(request: HttpRequest, username: str) -> HttpResponse:
    member, relation = _member_or_404(request, username)
    page = None
    if may_see(request.user, member, relation):
        page = tagged_page(member, request.GET.get("cursor"), request.user)
    return _page(request, member, relation, "tagged", page)


@personal
@require_safe
@login_required
def saved(request: HttpRequest) -> HttpResponse:
    me: Any = request.user
    return _page(request, me, Relation(is_self=True), "saved", saved_page(me, request.GET.get("cursor")))


@personal
@require_safe
@login_required
def archived(request: HttpRequest) -> HttpResponse:
    me: Any = request.user
    return _page(request, me, Relation(is_self=True), "archived", archived_page(me, request.GET.get("cursor")))


def _page(
    request: HttpRequest, member: User, relation: Relation, tab: str, page: Page[Post] | None, **more: Any
) -> HttpResponse:
    """A tab under the member's header; `page` is None where the viewer may not see what the member posts."""
    first = not request.GET.get("cursor")
    context: dict[str, Any] = {
        "member": member,
        "relation": relation,
        "tab": tab,
        "visible": page is not None,
        "page": page,
        "posts": post_count(member.id),
        "follows": follow_counts(member.id),
        "waiting": request_count(member.id) if relation.is_self and member.is_private and first else 0,
        "first_page": first,
        "picture": f"/{member.avatar}" if member.avatar else "",
    }
    if tab == "posts" and page is not None and page.next_cursor:  # whichever of its addresses led here
        context["next_url"] = f"{member.get_absolute_url()}?{urlencode({'cursor': page.next_cursor})}"
    return render(request, "media/profile.html", context | more)
