"""What every API view shares: errors and pages."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import BadRequest
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from photoapp.pagination import Page

T = TypeVar("T")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django's own errors in the API's form: by field, or as detail."""
    if isinstance(error, DjangoValidationError):
        detail = error.message_dict if hasattr(error, "error_dict") else error.messages
        error = exceptions.ValidationError(detail)
    elif isinstance(error, BadRequest):
        error = exceptions.ParseError(str(error))
    return drf_exception_handler(error, context)


def page_response(request: Request, page: Page[T], one: Callable[[T], Any]) -> Response:
    """{"results": […], "next": url or null}"""
    following = None
    if page.next_cursor:
        query = request.GET.copy()
        query["cursor"] = page.next_cursor
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return Response({"results": [one(item) for item in page.items], "next": following})
