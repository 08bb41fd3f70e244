from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from photoapp.api import CURSOR, ApiView, answers, page_of, page_response
from photoapp.pagination import Page
from users.selectors import STRANGER, people_by_prefix, relations
from users.serializers import PersonSerializer

TYPES = ("people", "posts", "tags", "places")


class SearchParameters(serializers.Serializer):
    q = serializers.CharField(max_length=100, default="", allow_blank=True)
    type = serializers.ChoiceField(TYPES, default="people")


class Search(ApiView):
    @extend_schema(
        operation_id="search",
        parameters=[
            OpenApiParameter("q", str, description="What to look for."),
            OpenApiParameter("type", str, enum=TYPES, default="people", description="Only people can be found so far."),
            CURSOR,
        ],
        responses=answers({200: page_of(PersonSerializer)}, 400, 401, 403),
    )
    def get(self, request: Request) -> Response:
        """Members by the beginning of their user name, or by their name."""
        asked = SearchParameters(data=request.GET)
        asked.is_valid(raise_exception=True)
        people = people_by_prefix(asked.validated_data["q"]) if asked.validated_data["type"] == "people" else []
        known = relations(request.user.id, [person.id for person in people]) if request.user.id and people else {}
        visible = [person for person in people if not known.get(person.id, STRANGER).blocked_by]
        return page_response(request, Page(visible), PersonSerializer)
