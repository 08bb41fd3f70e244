import time
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as request_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from users import deletion, mails
from users.devices import device_name
from users.models import User
from users.services import emit_user_changed

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A member's row and the news of it (its public face goes to the content shard) are one commit."""
        user.display_name = form.cleaned_data.get("display_name", "")
        user.year_of_birth = form.cleaned_data.get("year_of_birth")
        with transaction.atomic(using="default"):
            super().save_user(request, user, form, commit)
            if commit:
                emit_user_changed(user.id)
        return user

    def clean_username(self, username: str, shallow: bool = False) -> str:
        return super().clean_username(username.lower(), shallow)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        user.username = user.username.lower()

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Who deleted their account, and logs in while there is time, may take it back."""
        if not deletion.is_restorable(user):
            return super().respond_user_inactive(request, user)
        request.session[deletion.RESTORE_KEY] = {"user": user.id, "at": int(time.time())}
        return redirect("/settings/restore/")

    def login(self, request: HttpRequest, user: Any) -> None:
        """The last step of every log-in. Who came to take their account back has it from here on, not before."""
        note = request.session.get(deletion.RESTORE_KEY) or {}
        super().login(request, user)
        if note.get("keep") and note["user"] == user.id:
            del request.session[deletion.RESTORE_KEY]
            if not deletion.restore_account(user=user):
                logout(request)
                raise ImmediateHttpResponse(redirect("/login/"))
            messages.success(request, _("Welcome back! Your account is as you left it."))

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away undoes nothing; whoever waits for the mail is told."""
        request = request_context.request
        user = context.get("user") or getattr(request, "user", None)
        if "user_agent" in context:
            context = {**context, "device": device_name(context["user_agent"])}
        try:
            mails.send(template_prefix, email, context, user if isinstance(user, User) else None)
        except OSError as error:  # SMTP's errors among them
            log.warning("mail.failed", mail=template_prefix, error=repr(error))
            if request is not None and hasattr(request, "_messages"):
                text = _("We could not send a message to %(email)s just now. Please try again in a few minutes.")
                messages.error(request, text % {"email": email})


class MFAAdapter(DefaultMFAAdapter):
    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """A passkey is called after the browser that made it, until its owner calls it otherwise."""
        return device_name(request_context.request.META.get("HTTP_USER_AGENT", ""))
