from typing import Any

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from media.serializers import PostSerializer
from photoapp.api import CURSOR, ApiView, answers, page_response
from photoapp.pagination import Page
from search import terms
from search.discover import discover
from search.people import find_people
from search.queries import LONGEST_QUERY, parse_posts
from search.selectors import find_posts, find_terms
from search.serializers import TermSerializer
from search.throttle import SearchThrottle
from users.serializers import PersonSerializer

TYPES = ("people", "posts", "tags", "places")
PEOPLE_OFFERED, TERMS_OFFERED = 5, 4
FOUND = PolymorphicProxySerializer(
    component_name="Found",
    serializers=[PersonSerializer, PostSerializer, TermSerializer],
    resource_type_field_name=None,
    many=True,
)


class FoundPageSerializer(serializers.Serializer):
    results = FOUND
    next = serializers.URLField(allow_null=True, help_text="The next page; null at the end.")
    incomplete = serializers.BooleanField(
        required=False, help_text="True when a server did not answer, whose posts are missing."
    )


class SearchParameters(serializers.Serializer):
    q = serializers.CharField(max_length=LONGEST_QUERY, default="", allow_blank=True)
    type = serializers.ChoiceField(TYPES, default="people")


class Search(ApiView):
    throttle_classes = [SearchThrottle]

    @extend_schema(
        operation_id="search",
        parameters=[
            OpenApiParameter(
                "q",
                str,
                description="Of posts: words, #tags, @people who are tagged, from:author. Of members: names, or their "
                "beginnings. Of tags and places: their beginnings.",
            ),
            OpenApiParameter("type", str, enum=TYPES, default="people"),
            CURSOR,
        ],
        responses=answers({200: FoundPageSerializer}, 400, 401, 429, 503),
    )
    def get(self, request: Request) -> Response:
        """Members, posts, tags or places. Posts go on by `next`, and a page may hold few."""
        asked = SearchParameters(data=request.GET)
        asked.is_valid(raise_exception=True)
        text, kind = asked.validated_data["q"], asked.validated_data["type"]
        if kind == "posts":
            return self._posts(request, text)
        if kind == "people":
            return page_response(request, Page(find_people(text, request.user)), PersonSerializer)
        found = find_terms(terms.TAG if kind == "tags" else terms.PLACE, text)
        return page_response(request, Page(found), lambda term: _term(term, request, kind))

    def _posts(self, request: Request, text: str) -> Response:
        found = find_posts(parse_posts(text), request.user, request.GET.get("cursor"))
        response = page_response(request, found, PostSerializer)
        if found.partial:
            response.data["incomplete"] = True
        return response


class OffersSerializer(serializers.Serializer):
    people = PersonSerializer(many=True)
    tags = TermSerializer(many=True)
    places = TermSerializer(many=True)


class OffersParameters(serializers.Serializer):
    q = serializers.CharField(max_length=LONGEST_QUERY, allow_blank=True)


class Offers(ApiView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "offers"

    @extend_schema(
        operation_id="offers", parameters=[OffersParameters], responses=answers({200: OffersSerializer}, 400, 401, 429)
    )
    def get(self, request: Request) -> Response:
        """A few members, tags and places that begin as typed: for a search box. "#" asks for tags, "@" for members."""
        asked = OffersParameters(data=request.GET)
        asked.is_valid(raise_exception=True)
        text = asked.validated_data["q"]
        sign = text[:1]
        people = [] if sign == "#" else find_people(text, request.user, PEOPLE_OFFERED)
        tags = [] if sign == "@" else find_terms(terms.TAG, text, TERMS_OFFERED)
        places = [] if sign in "#@" and sign else find_terms(terms.PLACE, text, TERMS_OFFERED)
        return Response(
            {
                "people": PersonSerializer(people, many=True, context={"request": request}).data,
                "tags": [_term(term, request, "tags") for term in tags],
                "places": [_term(term, request, "places") for term in places],
            }
        )


class DiscoverSerializer(serializers.Serializer):
    posts = PostSerializer(many=True)
    people = PersonSerializer(many=True)
    tags = TermSerializer(many=True)
    places = TermSerializer(many=True)


class Discover(ApiView):
    throttle_classes = [SearchThrottle]

    @extend_schema(operation_id="discover", responses=answers({200: DiscoverSerializer}, 401, 429, 503))
    def get(self, request: Request) -> Response:
        """What many like lately, of people whom the caller does not follow; tags and places; people to follow."""
        found = discover(request.user)
        return Response(
            {
                "posts": PostSerializer(found.posts, many=True, context={"request": request}).data,
                "people": PersonSerializer(found.people, many=True, context={"request": request}).data,
                "tags": [_term(term, request, "tags") for term in found.tags],
                "places": [_term(term, request, "places") for term in found.places],
            }
        )


def _term(term: Any, request: Request, kind: str) -> Any:
    return TermSerializer(term, context={"request": request, "type": kind}).data
