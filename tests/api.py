"""Callers of the API."""

from typing import Any

from rest_framework.test import APIClient

from users.models import User
from users.services import issue_token


class Api(APIClient):
    """Paths are under /api/v1/; bodies are JSON unless `format` says otherwise."""

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().generic(method, full(path), *args, **kwargs)

    def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().get(full(path), *args, **kwargs)


def full(path: str) -> str:
    return path if path.startswith(("/", "http")) else f"/api/v1/{path}"


def api_of(user: User | None = None) -> Api:
    """A client with a token of the member's, or of nobody."""
    client = Api()
    client.default_format = "json"
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Token {issue_token(user=user)}")
    return client
