"""Sign-up, settings and the end of an account. All else about accounts is allauth's."""

from copy import copy
from typing import Any

from allauth.account.views import SignupView as AllauthSignupView
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from users import selectors, services
from users.forms import DeleteAccountForm, ProfileForm


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


signup = SignupView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    # A copy, so that a refused change shows in the form alone, not in the page's frame.
    user: Any = copy(request.user)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_profile(user=user, **{name: form.cleaned_data[name] for name in form.changed_data})
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Your profile is saved.")
            return redirect("settings")
    waiting = selectors.request_count(user.id)
    context = {"form": form, "waiting": waiting}
    return render(request, "users/settings.html", context, status=400 if form.errors else 200)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete_account(request: HttpRequest) -> HttpResponse:
    if refused := ratelimit.consume_or_429(request, action="reauthenticate", user=request.user):
        return refused
    form = DeleteAccountForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.delete_account(user=request.user)  # type: ignore[arg-type]
        logout(request)
        messages.success(request, "Your account is deleted. Your photos are being erased.")
        return redirect("/")
    return render(request, "users/delete_account.html", {"form": form}, status=400 if form.errors else 200)
