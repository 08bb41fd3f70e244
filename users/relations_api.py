"""Relations in the API: follows, requests, mutes, blocks."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from photoapp.api import CURSOR, WRITE_ERRORS, ApiView, answers, page_of, page_response
from photoapp.pagination import Page
from users import selectors, services
from users.models import User
from users.requests import MemberRequest
from users.selectors import Relation
from users.serializers import PersonSerializer, RelationSerializer

PEOPLE = answers({200: page_of(PersonSerializer)}, 400, 401, 403, 404)
RELATION = answers({200: RelationSerializer}, *WRITE_ERRORS, 404)


def member_or_404(request: Request, username: str) -> tuple[User, Relation]:
    """A member and how the viewer stands to them. Who blocked the viewer does not exist for the viewer."""
    found = selectors.visible_member(request.user, username)
    if found is None:
        raise Http404("There is no member of this name.")
    return found


def require_may_see(request: Request, member: User, relation: Relation) -> None:
    if not selectors.may_see(request.user, member, relation):
        if relation.blocks:
            raise PermissionDenied("You have blocked this member.")
        raise PermissionDenied("This account is private: only accepted followers may see this.")


class FollowView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="follow", request=None, responses=RELATION)
    def put(self, request: MemberRequest, username: str) -> Response:
        """Follows, or asks a private account. Twice is the same as once."""
        member, _ = member_or_404(request, username)
        services.follow(follower=request.user, followee=member)
        return relation_now(request, member)

    @extend_schema(operation_id="unfollow", responses=RELATION)
    def delete(self, request: MemberRequest, username: str) -> Response:
        """Ends a follow, or withdraws a request."""
        member, _ = member_or_404(request, username)
        services.unfollow(follower=request.user, followee=member)
        return relation_now(request, member)


class MuteView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="mute", request=None, responses=RELATION)
    def put(self, request: MemberRequest, username: str) -> Response:
        """Keeps a followed member's posts out of the caller's feed; they are not told. Twice is the same as once."""
        member, _ = member_or_404(request, username)
        services.mute(follower=request.user, followee=member)
        return relation_now(request, member)

    @extend_schema(operation_id="unmute", responses=RELATION)
    def delete(self, request: MemberRequest, username: str) -> Response:
        member, _ = member_or_404(request, username)
        services.mute(follower=request.user, followee=member, muted=False)
        return relation_now(request, member)


class BlockView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="block", request=None, responses=RELATION)
    def put(self, request: MemberRequest, username: str) -> Response:
        """Blocks; follows both ways end. Twice is the same as once."""
        member = self.member(request, username)
        services.block(blocker=request.user, blocked=member)
        return relation_now(request, member)

    @extend_schema(operation_id="unblock", responses=RELATION)
    def delete(self, request: MemberRequest, username: str) -> Response:
        member = self.member(request, username)
        services.unblock(blocker=request.user, blocked=member)
        return relation_now(request, member)

    def member(self, request: Request, username: str) -> User:
        """Of two who blocked each other, each can still lift their own block."""
        member = selectors.active_user(username)
        relation = selectors.relation(request.user, member.id) if member else selectors.STRANGER
        if member is None or (relation.blocked_by and not relation.blocks):
            raise Http404("There is no member of this name.")
        return member


def relation_now(request: Request, member: User) -> Response:
    return Response(RelationSerializer(selectors.relation(request.user, member.id)).data)


class Followers(ApiView):
    @extend_schema(operation_id="followers", parameters=[CURSOR], responses=PEOPLE)
    def get(self, request: Request, username: str) -> Response:
        return people_of(request, username, selectors.followers_page)


class FollowingView(ApiView):
    @extend_schema(operation_id="following", parameters=[CURSOR], responses=PEOPLE)
    def get(self, request: Request, username: str) -> Response:
        return people_of(request, username, selectors.following_page)


def people_of(request: Request, username: str, list_of: Callable[..., Page[User]]) -> Response:
    member, relation = member_or_404(request, username)
    require_may_see(request, member, relation)
    page = selectors.with_relations(list_of(member, request.GET.get("cursor")), request.user)
    return page_response(request, page, PersonSerializer)


class FollowRequests(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="follow_requests", parameters=[CURSOR], responses=PEOPLE)
    def get(self, request: MemberRequest) -> Response:
        """Who asks to follow the caller's private account."""
        return page_response(
            request, selectors.requests_page(request.user, request.GET.get("cursor")), PersonSerializer
        )


class FollowRequest(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="accept_request", request=None, responses=answers({204: None}, *WRITE_ERRORS, 404))
    def put(self, request: MemberRequest, username: str) -> Response:
        member, _ = member_or_404(request, username)
        services.accept_request(owner=request.user, follower_id=member.id)
        return Response(status=204)

    @extend_schema(operation_id="decline_request", responses=answers({204: None}, *WRITE_ERRORS, 404))
    def delete(self, request: MemberRequest, username: str) -> Response:
        """Declines a request, or removes a follower."""
        member, _ = member_or_404(request, username)
        services.remove_follower(owner=request.user, follower=member)
        return Response(status=204)


class Blocks(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="blocks", parameters=[CURSOR], responses=PEOPLE)
    def get(self, request: Request) -> Response:
        """Whom the caller has blocked."""
        viewer: Any = request.user
        return page_response(request, selectors.blocks_page(viewer, request.GET.get("cursor")), PersonSerializer)
