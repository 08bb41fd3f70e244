"""A member's page: who they are, what they posted."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from media.selectors import post_count, profile_page, unfinished_posts
from users.selectors import follow_counts, may_see, request_count, visible_member


@require_safe
def profile(request: HttpRequest, username: str) -> HttpResponse:
    found = visible_member(request.user, username)
    if found is None:
        raise Http404
    member, relation = found
    cursor = request.GET.get("cursor")
    visible = may_see(request.user, member, relation)
    context: dict[str, Any] = {
        "member": member,
        "relation": relation,
        "visible": visible,
        "posts": post_count(member.id),
        "follows": follow_counts(member.id),
        "page": profile_page(member, cursor, request.user, relation) if visible else None,
        "first_page": not cursor,
    }
    if relation.is_self and not cursor:
        context["unfinished"] = unfinished_posts(member)
        context["waiting"] = request_count(member.id) if member.is_private else 0
    return render(request, "media/profile.html", context)


@require_safe
def user_details(request: HttpRequest) -> HttpResponse:
    """/get_user_details?username=…: the same page by the name that the design this follows gave it."""
    return profile(request, request.GET.get("username", ""))
