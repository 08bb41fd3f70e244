"""Requests: where they come from; and those that are known to be a member's, said to the type checker."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.request import Request

from users.models import User


class MemberRequest(Request):
    """For annotations of API views that ask for a log-in."""

    user: User  # type: ignore[assignment, override]


def client_of(request: HttpRequest) -> tuple[str, str]:
    """The browser's name for itself, and its address; "" for what is not known."""
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:
        address = ""
    return request.META.get("HTTP_USER_AGENT", ""), address
