"""Profiles, what members keep, and tags in the API: twins of the pages, over the same selectors and services."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from media import selectors, services
from media.models import Post
from media.profiles import profile_page
from media.serializers import PostSerializer, ProfileSerializer
from photoapp.api import CURSOR, WRITE_ERRORS, ApiView, answers, page_of, page_response
from users.relations_api import member_or_404, require_may_see
from users.requests import MemberRequest
from users.selectors import follow_counts

POSTS = answers({200: page_of(PostSerializer)}, 400, 401, 403, 404)


class Profile(ApiView):
    @extend_schema(operation_id="profile", responses=answers({200: ProfileSerializer}, 401, 403, 404))
    def get(self, request: Request, username: str) -> Response:
        member, relation = member_or_404(request, username)
        counts = follow_counts(member.id)
        face: Any = member
        for name in ("follows", "requested", "muted", "blocks"):
            setattr(face, name, getattr(relation, name))
        face.post_count = selectors.post_count(member.id)
        face.follower_count, face.following_count = counts["followers"], counts["following"]
        return Response(ProfileSerializer(face, context={"request": request}).data)


class ProfilePosts(ApiView):
    @extend_schema(operation_id="profile_posts", parameters=[CURSOR], responses=POSTS)
    def get(self, request: Request, username: str) -> Response:
        member, relation = member_or_404(request, username)
        require_may_see(request, member, relation)
        page = profile_page(member, request.GET.get("cursor"), request.user, relation)
        return page_response(request, page, PostSerializer)


class ProfileTagged(ApiView):
    @extend_schema(operation_id="profile_tagged", parameters=[CURSOR], responses=POSTS)
    def get(self, request: Request, username: str) -> Response:
        """Posts in which the member is tagged. A page may hold few or none and still go on."""
        member, relation = member_or_404(request, username)
        require_may_see(request, member, relation)
        return page_response(
            request, selectors.tagged_page(member, request.GET.get("cursor"), request.user), PostSerializer
        )


class SavedPosts(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="saved", parameters=[CURSOR], responses=POSTS)
    def get(self, request: MemberRequest) -> Response:
        """What the caller saved, the last saved first. A page may hold few or none and still go on."""
        return page_response(request, selectors.saved_page(request.user, request.GET.get("cursor")), PostSerializer)


class TagView(ApiView):
    """The caller's own tag."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="approve_tag", request=None, responses=answers({204: None}, *WRITE_ERRORS, 404))
    def put(self, request: MemberRequest, post_id: int) -> Response:
        """Lets a tag be shown that waited for it. Twice is the same as once."""
        services.approve_tag(post=self.tagged(request, post_id), user=request.user)
        return Response(status=204)

    @extend_schema(operation_id="remove_tag", responses=answers({204: None}, *WRITE_ERRORS, 404))
    def delete(self, request: MemberRequest, post_id: int) -> Response:
        """Removes the tag; the post's owner cannot put it back."""
        services.remove_tag(post=self.tagged(request, post_id), user=request.user)
        return Response(status=204)

    def tagged(self, request: MemberRequest, post_id: int) -> Post:
        post = selectors.own_tag(post_id, request.user)
        if post is None:
            raise Http404("You are not tagged in such a post.")
        return post
