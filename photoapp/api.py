"""What every API view shares: its base class, errors, pages, ids in paths, and what the schema says of these."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.urls import register_converter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView
from rest_framework.views import exception_handler as drf_exception_handler

from photoapp.http_cache import PERSONAL
from photoapp.ids import MAX_ID
from photoapp.pagination import Page

T = TypeVar("T")
S = TypeVar("S", bound=serializers.Serializer)


class UnsafeRequestThrottle(ScopedRateThrottle):
    """Counts unsafe requests in the view's `throttle_scope`. With the cache away it lets everything pass."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().allow_request(request, view)


class ApiView(APIView):
    cache_policy = PERSONAL
    throttle_classes = [UnsafeRequestThrottle]
    throttle_scope = "write"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "This request is too large."


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django's own errors in the API's form: by field, or as detail."""
    if isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(by_field(error))
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge()
    elif isinstance(error, BadRequest | SuspiciousOperation):
        error = exceptions.ParseError(str(error) or None)
    response = drf_exception_handler(error, context)
    if response is not None:
        response.data = error_json(response.data)
    return response


def by_field(error: DjangoValidationError) -> dict[str, list[str]] | list[str]:
    return error.message_dict if hasattr(error, "error_dict") else error.messages


def error_json(data: Any) -> dict[str, Any]:
    """One form for all: `detail` is a sentence, a field has a list of them."""
    if isinstance(data, list):
        data = {"detail": data}
    fields = {("detail" if name == "non_field_errors" else name): sentences(found) for name, found in data.items()}
    return {name: " ".join(found) if name == "detail" else found for name, found in fields.items()}


def sentences(found: Any) -> list[str]:
    """Messages, out of what REST framework nests by position in a list."""
    if isinstance(found, dict):
        found = found.values()
    elif not isinstance(found, list):
        return [str(found)]
    return [text for part in found for text in sentences(part)]


def checked(serializer: type[S], request: Request) -> dict[str, Any]:
    """The body, as the serializer reads it. Raises ValidationError by field."""
    found = serializer(data=request.data)
    found.is_valid(raise_exception=True)
    return found.validated_data


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know: a change that cannot be made is not passed over in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({name: ["This cannot be changed here."] for name in sorted(unknown)})
        return super().to_internal_value(data)


# --- Pages -------------------------------------------------------------------------------------------------------


def page_response(request: Request, page: Page[T], one: type[serializers.Serializer] | Callable[[T], Any]) -> Response:
    """{"results": […], "next": url or null}; `one` is the serializer of an item, or a function."""
    following = None
    if page.next_cursor:
        query = request.GET.copy()
        query["cursor"] = page.next_cursor
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    if isinstance(one, type):
        results = one(page.items, many=True, context={"request": request}).data
    else:
        results = [one(item) for item in page.items]
    return Response({"results": results, "next": following})


@lru_cache
def page_of(item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The serializer of a page of items, for the schema."""
    name = item.__name__.removesuffix("Serializer")
    fields = {
        "results": item(many=True),
        "next": serializers.URLField(allow_null=True, help_text="The next page; null at the end."),
    }
    return type(f"{name}PageSerializer", (serializers.Serializer,), fields)


CURSOR = OpenApiParameter("cursor", str, description="From `next` of the page before; an edited one is refused.")


# --- Errors in the schema ----------------------------------------------------------------------------------------


class ErrorSerializer(serializers.Serializer):
    detail = serializers.CharField()


ERRORS: dict[int, Any] = {
    400: OpenApiResponse(OpenApiTypes.OBJECT, "Not valid: messages by field, or `detail`."),
    401: OpenApiResponse(ErrorSerializer, "Log in first, or the token is not valid."),
    403: OpenApiResponse(ErrorSerializer, "Not yours to see or do; `detail` says why."),
    404: OpenApiResponse(ErrorSerializer, "There is no such thing, or not for you."),
    409: OpenApiResponse(OpenApiTypes.OBJECT, "It contradicts an earlier request."),
    411: OpenApiResponse(ErrorSerializer, "The request does not say its length."),
    413: OpenApiResponse(OpenApiTypes.OBJECT, "Too large."),
    415: OpenApiResponse(OpenApiTypes.OBJECT, "Not of a type that is understood."),
    429: OpenApiResponse(ErrorSerializer, "Too many requests; see the header Retry-After."),
    503: OpenApiResponse(ErrorSerializer, "A part is away; see the header Retry-After."),
}
WRITE_ERRORS = (400, 401, 403, 411, 413, 415, 429)


def answers(good: dict[int, Any], *errors: int) -> dict[int, Any]:
    """For `extend_schema(responses=…)`: what comes back when all is well, and the errors that may."""
    return {**good, **{code: ERRORS[code] for code in sorted(set(errors))}}


# --- Ids and names in paths --------------------------------------------------------------------------------------


class DecimalIdConverter:
    """`<decimal:post_id>`: an id as it stands in JSON; what can be no id is a 404."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        id = int(value)
        if id > MAX_ID:
            raise ValueError(f"{value} is no 63-bit id")
        return id

    def to_url(self, value: int) -> str:
        return str(value)


class UsernameConverter:
    regex = "[A-Za-z0-9_.]{1,30}"

    def to_python(self, value: str) -> str:
        return value.lower()

    def to_url(self, value: str) -> str:
        return value


register_converter(DecimalIdConverter, "decimal")
register_converter(UsernameConverter, "username")
