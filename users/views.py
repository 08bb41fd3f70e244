"""Pages and acts between members: follow, block, followers, following, requests."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from photoapp.pagination import Page
from users import selectors, services
from users.models import User
from users.selectors import Relation


def member_or_404(request: HttpRequest, username: str) -> tuple[User, Relation]:
    """A member and how the viewer stands to them. Who blocked the viewer does not exist for the viewer."""
    found = selectors.visible_member(request.user, username)
    if found is None:
        raise Http404
    return found


def back_to(request: HttpRequest, default: str) -> HttpResponse:
    """To the page that the form names, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return redirect(wanted if wanted.startswith("/") and ours else default)


def act(request: HttpRequest, acts: dict[str, Callable[[], Any]]) -> Any:
    """Runs the one that the field `action` names; a refusal becomes a message."""
    chosen = acts.get(request.POST.get("action", ""))
    if chosen is None:
        raise BadRequest("This form is not complete. Go back and try again.")
    try:
        return chosen()
    except services.Refused as error:
        messages.error(request, str(error))
    return None


@require_POST
def follow(request: HttpRequest, username: str) -> HttpResponse:
    if request.user.is_anonymous:
        return redirect_to_login(f"/u/{username}/")  # not to here: after the log-in comes a GET
    member, _ = member_or_404(request, username)
    me: Any = request.user
    acts = {
        "follow": lambda: services.follow(follower=me, followee=member),
        "unfollow": lambda: services.unfollow(follower=me, followee=member),
    }
    if act(request, acts) == "requested":
        messages.info(request, f"You asked to follow {member.username}. You will see their photos once they accept.")
    return back_to(request, member.get_absolute_url())


@require_POST
def block(request: HttpRequest, username: str) -> HttpResponse:
    if request.user.is_anonymous:
        return redirect_to_login(f"/u/{username}/")
    member = selectors.active_user(username)
    me: Any = request.user
    relation = selectors.relation(me, member.id) if member else selectors.STRANGER
    if member is None or (relation.blocked_by and not relation.blocks):
        raise Http404

    def block_them() -> None:
        services.block(blocker=me, blocked=member)
        messages.success(request, f"You blocked {member.username}.")

    def unblock_them() -> None:
        services.unblock(blocker=me, blocked=member)
        messages.success(request, f"You unblocked {member.username}.")

    act(request, {"block": block_them, "unblock": unblock_them})
    return back_to(request, member.get_absolute_url())


@require_safe
def followers(request: HttpRequest, username: str) -> HttpResponse:
    return people_list(request, username, "Followers", selectors.followers_page)


@require_safe
def following(request: HttpRequest, username: str) -> HttpResponse:
    return people_list(request, username, "Following", selectors.following_page)


def people_list(request: HttpRequest, username: str, title: str, page_of: Callable[..., Page[User]]) -> HttpResponse:
    member, relation = member_or_404(request, username)
    if not selectors.may_see(request.user, member, relation):
        raise PermissionDenied("Only accepted followers of this member may see this list.")
    page = page_of(member, request.GET.get("cursor"))
    context = {
        "member": member,
        "title": title,
        "page": selectors.with_relations(page, request.user),
        "may_remove": title == "Followers" and relation.is_self,
    }
    return render(request, "users/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def requests(request: HttpRequest) -> HttpResponse:
    """Who asks to follow a private account; also how a follower is removed."""
    me: Any = request.user
    if request.method == "POST":
        person = selectors.active_user(request.POST.get("user", ""))
        if person is None:
            raise Http404
        acts = {
            "accept": lambda: services.accept_request(owner=me, follower_id=person.id),
            "decline": lambda: services.remove_follower(owner=me, follower=person),
        }
        act(request, {**acts, "remove": acts["decline"]})
        return back_to(request, "/settings/requests/")
    page = selectors.requests_page(me, request.GET.get("cursor"))
    return render(request, "users/requests.html", {"page": page})


@require_safe
@login_required
def blocks(request: HttpRequest) -> HttpResponse:
    page = selectors.blocks_page(request.user, request.GET.get("cursor"))  # type: ignore[arg-type]
    return render(request, "users/blocks.html", {"page": page})
