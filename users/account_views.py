"""Sign-up, where one is logged in, and the end of an account. All else about accounts is allauth's."""

import time
from typing import Any

from allauth.account.utils import perform_login
from allauth.account.views import LogoutView as AllauthLogoutView
from allauth.account.views import SignupView as AllauthSignupView
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from photoapp.http_cache import never_stored, personal
from users import deletion, selectors, services, sessions
from users.deletion import RESTORE_KEY
from users.devices import device_name
from users.forms import DeleteAccountForm
from users.models import User
from users.requests import client_of

RESTORE_SECONDS = 900  # from the log-in to the answer


class SignupView(AllauthSignupView):
    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            # Somebody took the name or the address after the form was checked: checking anew finds out which.
            form.full_clean()
            if form.is_valid():
                raise
            return self.form_invalid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 400
        return response


signup = never_stored(SignupView.as_view())


class LogoutView(AllauthLogoutView):
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the browser keeps for the member (a post that was not shared yet) goes, too."""
        return _forgotten(super().post(*args, **kwargs))


log_out = never_stored(LogoutView.as_view())


def _forgotten(response: HttpResponse) -> HttpResponse:
    response["Clear-Site-Data"] = '"storage"'
    return response


@personal
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """Where a member is logged in: browsers by their sessions, programs by their tokens of the API."""
    user: Any = request.user
    if request.method == "POST":
        return _end(request, user)
    context = {
        "devices": sessions.devices(user.id, request.session.session_key),
        "tokens": selectors.api_tokens(user),
    }
    return render(request, "users/devices.html", context)


def _end(request: HttpRequest, user: User) -> HttpResponse:
    if request.POST.get("action") == "everywhere":
        services.revoke_tokens(user=user)
        ended = sessions.end_all(user.id, keep=request.session.session_key)
        text = ngettext("%(number)s other device is logged out.", "%(number)s other devices are logged out.", ended)
        messages.success(request, text % {"number": ended} if ended else _("You are logged in nowhere else."))
    elif token := request.POST.get("token"):
        services.revoke_token(user=user, token_key=token)
        messages.success(request, _("The program cannot use your account any more."))
    elif sessions.end(user.id, request.POST.get("session", "")):
        messages.success(request, _("The device is logged out."))
    else:
        messages.info(request, _("That device was logged out already."))
    return redirect("/settings/sessions/")


@never_stored
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete_account(request: HttpRequest) -> HttpResponse:
    if refused := ratelimit.consume_or_429(request, action="reauthenticate", user=request.user):
        return refused
    form = DeleteAccountForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        agent, _address = client_of(request)
        until = deletion.delete_account(user=request.user, device=device_name(agent))  # type: ignore[arg-type]
        logout(request)
        text = _("Your account is out of sight. Log in until %(date)s to take it back; after that it is erased.")
        messages.success(request, text % {"date": date_format(until)})
        return _forgotten(redirect("/"))
    context = {"form": form, "days": deletion.GRACE.days}
    return render(request, "users/delete_account.html", context, status=400 if form.errors else 200)


@never_stored
@require_http_methods(["GET", "HEAD", "POST"])
def restore_account(request: HttpRequest) -> HttpResponse:
    """For who has just logged in to an account that they had deleted (users.adapter.respond_user_inactive)."""
    user = _leaving_member(request)
    if user is None:
        request.session.pop(RESTORE_KEY, None)
        return redirect("/login/")
    if request.method == "POST":
        if request.POST.get("action") != "keep":
            del request.session[RESTORE_KEY]
            return redirect("/")
        request.session[RESTORE_KEY] = {**request.session[RESTORE_KEY], "keep": True}
        user.is_active = True  # for this log-in alone, which may ask for a second factor: AccountAdapter.login
        return perform_login(request, user)
    return render(request, "users/restore_account.html", {"leaving": user})


def _leaving_member(request: HttpRequest) -> User | None:
    note = request.session.get(RESTORE_KEY)
    if not note or time.time() - note["at"] > RESTORE_SECONDS:
        return None
    user = User.objects.filter(id=note["user"]).first()
    return user if user and deletion.is_restorable(user) else None
