"""Pages and acts between members: follow, mute, block; followers, following, requests, mutes, blocks."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from photoapp.http_cache import personal
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
    return HttpResponseRedirect(wanted if wanted.startswith("/") and ours else default)


def back_from(request: HttpRequest, default: str) -> HttpResponse:
    """To the page on which the form stood, if it is one of ours."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return back_to(request, came_from if ours and came_from.startswith("http") else default)


def act(request: HttpRequest, acts: dict[str, Callable[[], Any]]) -> Any:
    """Runs the one that the field `action` names; a refusal becomes a message."""
    chosen = acts.get(request.POST.get("action", ""))
    if chosen is None:
        raise BadRequest(_("This form is not complete. Go back and try again."))
    try:
        return chosen()
    except services.Refused as error:
        if not request.accepts("text/html"):
            raise
        messages.error(request, str(error))
    return None


def relation_json(viewer: User, member: User) -> JsonResponse:
    """For scripts: how the viewer stands to the member now."""
    now = selectors.relation(viewer, member.id)
    return JsonResponse({"follows": now.follows, "requested": now.requested, "muted": now.muted})


@personal
@require_POST
def follow(request: HttpRequest, username: str) -> HttpResponse:
    """`action` is follow or unfollow. In lists htmx asks, and gets the button as it is now."""
    if request.user.is_anonymous:
        return redirect_to_login(f"/u/{username}/")  # not to here: after the log-in comes a GET
    member, _relation = member_or_404(request, username)
    me: Any = request.user
    acts = {
        "follow": lambda: services.follow(follower=me, followee=member),
        "unfollow": lambda: services.unfollow(follower=me, followee=member),
    }
    done = act(request, acts)
    if not request.accepts("text/html"):
        return relation_json(me, member)
    if request.POST.get("part") and request.headers.get("HX-Request"):
        context = {"person": member, "relation": selectors.relation(me, member.id), "back": request.POST.get("next")}
        return render(request, "users/partials/follow.html", context)
    if done == "requested":
        asked = _("You asked to follow %(name)s. You will see their photos once they accept.")
        messages.info(request, asked % {"name": member.username})
    return back_to(request, member.get_absolute_url())


@personal
@require_POST
def mute(request: HttpRequest, username: str) -> HttpResponse:
    """`action` is mute or unmute."""
    if request.user.is_anonymous:
        return redirect_to_login(f"/u/{username}/")
    member, _relation = member_or_404(request, username)
    me: Any = request.user

    def mute_them() -> None:
        services.mute(follower=me, followee=member)
        said = _("You muted %(name)s. You will not see their posts in your feed; they are not told.")
        messages.success(request, said % {"name": member.username})

    def unmute_them() -> None:
        services.mute(follower=me, followee=member, muted=False)
        messages.success(request, _("You will see what %(name)s posts again.") % {"name": member.username})

    act(request, {"mute": mute_them, "unmute": unmute_them})
    if not request.accepts("text/html"):
        return relation_json(me, member)
    return back_from(request, member.get_absolute_url())


@personal
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
        messages.success(request, _("You blocked %(name)s.") % {"name": member.username})

    def unblock_them() -> None:
        services.unblock(blocker=me, blocked=member)
        messages.success(request, _("You unblocked %(name)s.") % {"name": member.username})

    act(request, {"block": block_them, "unblock": unblock_them})
    return back_to(request, member.get_absolute_url())


@personal
@require_safe
def followers(request: HttpRequest, username: str) -> HttpResponse:
    return people_list(request, username, "followers", selectors.followers_page)


@personal
@require_safe
def following(request: HttpRequest, username: str) -> HttpResponse:
    return people_list(request, username, "following", selectors.following_page)


def people_list(request: HttpRequest, username: str, kind: str, page_of: Callable[..., Page[User]]) -> HttpResponse:
    member, relation = member_or_404(request, username)
    if not selectors.may_see(request.user, member, relation):
        raise PermissionDenied(_("Only accepted followers of this member may see this list."))
    page = page_of(member, request.GET.get("cursor"))
    context = {
        "member": member,
        "kind": kind,
        "page": selectors.with_relations(page, request.user),
        "may_remove": kind == "followers" and relation.is_self,
    }
    return render(request, "users/people.html", context)


@personal
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


@personal
@require_safe
@login_required
def blocks(request: HttpRequest) -> HttpResponse:
    page = selectors.blocks_page(request.user, request.GET.get("cursor"))  # type: ignore[arg-type]
    return render(request, "users/blocks.html", {"page": page})


@personal
@require_safe
@login_required
def muted(request: HttpRequest) -> HttpResponse:
    page = selectors.muted_page(request.user, request.GET.get("cursor"))  # type: ignore[arg-type]
    return render(request, "users/muted.html", {"page": page})
