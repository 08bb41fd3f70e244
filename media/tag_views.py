"""What members say of tags of themselves: yes or no, one by one, and whether they want to be asked."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from media import services
from media.models import Post
from media.pages import back_to_card
from media.selectors import own_tag, visible_post, waiting_tags_page
from photoapp.http_cache import personal
from users.services import update_profile


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: HttpRequest, post_id: int) -> HttpResponse:
    """One's own tag; `action` is approve or remove."""
    me: Any = request.user
    post = own_tag(post_id, me)
    if post is None:
        raise Http404
    if request.method != "POST":
        card = visible_post(post_id, me)
        waits = post.tag_of(me.id) == Post.Tag.ASKED
        return render(request, "media/tag.html", {"post": card, "tagged": post, "waits": waits})
    acts = {
        "approve": (services.approve_tag, _("You are tagged in this post now.")),
        "remove": (services.remove_tag, _("You are no longer tagged in this post.")),
    }
    chosen = acts.get(request.POST.get("action", ""))
    if chosen is None:
        raise BadRequest(_("This form is not complete. Go back and try again."))
    act, said = chosen
    act(post=post, user=me)
    if not request.accepts("text/html"):
        return JsonResponse({"tagged": act is services.approve_tag})
    messages.success(request, said)
    return back_to_card(request, post)


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tag_settings(request: HttpRequest) -> HttpResponse:
    """Tags that wait for the member, and whether tags wait at all."""
    me: Any = request.user
    if request.method == "POST":
        update_profile(user=me, approve_tags="approve_tags" in request.POST)
        asked = _("You will be asked before you are tagged.")
        messages.success(request, asked if me.approve_tags else _("Tags of you are shown without asking."))
        return redirect(request.path)
    page = waiting_tags_page(me, request.GET.get("cursor"))
    return render(request, "media/tag_settings.html", {"page": page})
