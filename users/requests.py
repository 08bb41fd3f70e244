"""Requests that are known to be a member's: what IsAuthenticated promises, said to the type checker."""

from rest_framework.request import Request

from users.models import User


class MemberRequest(Request):
    """For annotations of API views that ask for a log-in."""

    user: User  # type: ignore[assignment, override]
