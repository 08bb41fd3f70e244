"""The pages of the settings, each a form of some fields of the account."""

from copy import copy
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from photoapp.http_cache import personal
from photoapp.middleware import remember_language
from users import selectors, services
from users.forms import AccountForm, AppearanceForm, PrivacyForm, ProfileForm


def _change(request: HttpRequest, form_class: type[AccountForm]) -> tuple[AccountForm, bool]:
    """The form, and whether what it says was saved."""
    # A copy, so that a refused change shows in the form alone, not in the page's frame.
    user: Any = copy(request.user)
    form = form_class(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_profile(user=user, **{name: form.cleaned_data[name] for name in form.changed_data})
            return form, True
        except ValidationError as error:
            form.add_error(None, error)
    return form, False


@personal
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    form, saved = _change(request, ProfileForm)
    if saved:
        messages.success(request, _("Your profile is saved."))
        return redirect("/settings/")
    return render(request, "users/settings.html", {"form": form}, status=400 if form.errors else 200)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def privacy(request: HttpRequest) -> HttpResponse:
    form, saved = _change(request, PrivacyForm)
    if saved:
        private = form.cleaned_data["is_private"]
        messages.success(request, _("Your account is private now.") if private else _("Your account is public now."))
        return redirect("/settings/privacy/")
    return render(request, "users/privacy.html", {"form": form}, status=400 if form.errors else 200)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appearance(request: HttpRequest) -> HttpResponse:
    form, saved = _change(request, AppearanceForm)
    if not saved:
        in_use = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)  # chosen below a page, perhaps before signing up
        form.initial["language"] = form.initial["language"] or in_use
        return render(request, "users/appearance.html", {"form": form}, status=400 if form.errors else 200)
    chosen = form.cleaned_data["language"]
    request.user.language = chosen  # type: ignore[union-attr]
    with override(chosen or get_language()):
        messages.success(request, _("Your choice is saved."))
    response = redirect("/settings/appearance/")
    if chosen:
        remember_language(response, chosen)
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


@personal
@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "verified": EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists(),
        "has_app": Authenticator.Type.TOTP in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
    }
    return render(request, "users/security.html", context)


@personal
@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    return render(request, "users/settings_people.html", {"waiting": selectors.request_count(user.id)})
