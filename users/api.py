"""Accounts in the API: sign-up, tokens, one's own account."""

from copy import copy
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from allauth.core import ratelimit
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib.auth import logout
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled, ValidationError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from photoapp.api import WRITE_ERRORS, ApiView, answers, checked
from photoapp.http_cache import never_stored
from users import deletion, services
from users.devices import device_name
from users.forms import AccountForm, DeleteAccountForm, SignupForm
from users.models import User
from users.requests import MemberRequest, client_of
from users.serializers import (
    MeChangesSerializer,
    MeSerializer,
    PasswordSerializer,
    SignupSerializer,
    TokenRequestSerializer,
    TokenSerializer,
)

log = structlog.get_logger(__name__)


class Users(ApiView):
    authentication_classes: list[type[BaseAuthentication]] = []  # nobody is known yet
    permission_classes = [AllowAny]
    throttle_scope = "signup"

    @extend_schema(
        operation_id="sign_up",
        request=SignupSerializer,
        responses=answers({201: MeSerializer}, 400, 411, 413, 415, 429),
    )
    def post(self, request: Request) -> Response:
        """Makes an account and sends the e-mail that confirms its address. Get a token next."""
        data = checked(SignupSerializer, request)
        names = {"username": data["username"].lower(), "password1": data["password"]}
        user = self.sign_up(request, {**data, **names})
        return Response(MeSerializer(user, context={"request": request}).data, status=201)

    def sign_up(self, request: Request, data: dict[str, Any]) -> User:
        """By the form of the page, so that both ask the same."""
        form = SignupForm(data)
        if form.is_valid():
            try:
                user = form.save(request._request)
                user_signed_up.send(sender=User, request=request._request, user=user)
                confirm_email(request._request, user)
                request._request.session.modified = False  # allauth left a note for a page that comes next
                return user
            except IntegrityError:  # somebody took the name or the address after the form was checked
                form = SignupForm(data)
                if form.is_valid():
                    raise
        raise ValidationError(form_errors(form))


def confirm_email(request: HttpRequest, user: User) -> None:
    """Sends the mail that confirms an address. The account stands without it: it can be asked for again."""
    try:
        EmailAddress.objects.get_for_user(user, user.email).send_confirmation(request, signup=True)
    except OSError as error:  # SMTP's errors among them
        log.warning("signup.mail_failed", user=user.id, error=repr(error))


@method_decorator(never_stored, name="dispatch")
class Token(ApiView):
    throttle_scope = "login"

    def get_authenticators(self) -> list[BaseAuthentication]:
        if self.request is not None and self.request.method == "POST":
            return []  # an old token, or a session, must not stand in the way of a new token
        return super().get_authenticators()

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"

    def get_permissions(self) -> list[Any]:
        return [AllowAny() if self.request.method == "POST" else IsAuthenticated()]

    @extend_schema(
        operation_id="create_token",
        auth=[],
        request=TokenRequestSerializer,
        responses=answers({200: TokenSerializer}, 400, 401, 403, 411, 413, 415, 429),
    )
    def post(self, request: Request) -> Response:
        """A token for a user name (or e-mail address) and password."""
        data = checked(TokenRequestSerializer, request)
        user = self.authenticate(request, data["username"], data["password"])
        if is_mfa_enabled(user):
            self.check_code(user, data.get("code", ""))
        return Response({"token": services.issue_token(user=user)})

    def authenticate(self, request: Request, username: str, password: str) -> User:
        try:
            user = get_adapter().authenticate(request._request, username=username, password=password)
        except DjangoValidationError as error:
            raise Throttled(detail=error.messages[0]) from error
        if user is None:
            raise AuthenticationFailed("The user name or the password is not right.")
        if not user.is_active:
            if deletion.is_restorable(user):
                raise PermissionDenied(_("This account is to be deleted. Log in on the site to keep it."))
            raise PermissionDenied(_("This account is not active."))
        return user

    def check_code(self, user: User, code: str) -> None:
        if not code:
            raise ValidationError({"code": ["Enter the code of your authenticator app, or a recovery code."]})
        form = AuthenticateForm({"code": code}, user=user)
        if not form.is_valid():
            raise ValidationError(form_errors(form))
        form.authenticator.record_usage()

    @extend_schema(operation_id="revoke_token", responses=answers({204: None}, 400, 401, 403, 429))
    def delete(self, request: Request) -> Response:
        """Revokes the token that this request was made with."""
        if request.auth is None:
            raise ValidationError({"detail": "This request carries no token to revoke."})
        request.auth.delete()
        return Response(status=204)


class Me(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="me", responses=answers({200: MeSerializer}, 401, 403))
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user, context={"request": request}).data)

    @extend_schema(
        operation_id="change_me",
        request=MeChangesSerializer,
        responses=answers({200: MeSerializer}, *WRITE_ERRORS),
    )
    def patch(self, request: MemberRequest) -> Response:
        changes = checked(MeChangesSerializer, request)
        user = copy(request.user)  # a refused change is in the form's copy alone
        form = AccountForm({**model_to_dict(user, AccountForm.Meta.fields), **changes}, instance=user)
        form.is_valid()
        if errors := {name: [str(text) for text in form.errors[name]] for name in changes if name in form.errors}:
            raise ValidationError(errors)
        if changes:
            services.update_profile(user=user, **{name: form.cleaned_data[name] for name in changes})
        return Response(MeSerializer(user, context={"request": request}).data)

    @extend_schema(
        operation_id="delete_me",
        description=(
            'Hides the account at once and erases it after 14 days. The body is `{"password": …}`. '
            "Until then the member can log in on the site and take it back."
        ),
        request=PasswordSerializer,
        responses=answers({204: None}, *WRITE_ERRORS),
    )
    def delete(self, request: MemberRequest) -> Response:
        data = checked(PasswordSerializer, request)
        if not ratelimit.consume(request._request, action="reauthenticate", user=request.user):
            raise Throttled
        form = DeleteAccountForm(request.user, data)
        if not form.is_valid():
            raise ValidationError(form_errors(form))
        agent, _address = client_of(request._request)
        deletion.delete_account(user=request.user, device=device_name(agent))
        if request.auth is None:
            logout(request._request)
        return Response(status=204)


def form_errors(form: forms.Form) -> dict[str, list[str]]:
    names = {"password1": "password", "__all__": "detail"}
    return {names.get(field, field): [str(text) for text in found] for field, found in form.errors.items()}
