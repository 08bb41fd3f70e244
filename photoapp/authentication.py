"""Who calls the API: a token's owner, or a logged-in member's browser on a page of this site."""

from typing import Any

import knox.auth
from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.models import AuthToken
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from photoapp.middleware import is_same_origin
from photoapp.replicas import identify


class TokenAuthentication(knox.auth.TokenAuthentication):
    def authenticate_credentials(self, token: bytes) -> tuple[Any, AuthToken]:
        if not token.isalnum():  # knox would decode it, and ask the database for it
            raise AuthenticationFailed("Invalid token.")
        user, row = super().authenticate_credentials(token)
        identify(user.pk, token)
        return user, row


class FetchMetadataSessionAuthentication(SessionAuthentication):
    def enforce_csrf(self, request: Any) -> None:
        if not is_same_origin(request):
            super().enforce_csrf(request)

    def authenticate_header(self, request: Request) -> str:
        return "Token"  # so that a missing login is 401, not 403


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "photoapp.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, with a token from POST /api/v1/auth/token/",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "photoapp.authentication.FetchMetadataSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
