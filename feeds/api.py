from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from feeds.notifications import mark_seen, notifications_page
from feeds.selectors import feed_page
from feeds.serializers import NotificationSerializer, SeenSerializer
from media.serializers import PostSerializer
from photoapp.api import CURSOR, WRITE_ERRORS, ApiView, answers, checked, page_of, page_response
from photoapp.ids import MAX_ID
from users.requests import MemberRequest


class Feed(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="feed",
        parameters=[CURSOR],
        responses=answers({200: page_of(PostSerializer)}, 400, 401, 403),
    )
    def get(self, request: MemberRequest) -> Response:
        """What the members whom the caller follows posted, newest first: 5 posts, then 10 a page."""
        return page_response(request, feed_page(request.user, request.GET.get("cursor")), PostSerializer)


class Notifications(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="notifications",
        parameters=[CURSOR],
        responses=answers({200: page_of(NotificationSerializer)}, 400, 401, 403),
    )
    def get(self, request: MemberRequest) -> Response:
        """Likes, comments, follows and tags, newest first. Reading does not mark them as seen."""
        page = notifications_page(request.user, request.GET.get("cursor"))
        return page_response(request, page, NotificationSerializer)


class NotificationsSeen(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="see_notifications", request=SeenSerializer, responses=answers({204: None}, *WRITE_ERRORS)
    )
    def put(self, request: MemberRequest) -> Response:
        """Marks a notification and all older ones as seen."""
        mark_seen(user=request.user, up_to=min(int(checked(SeenSerializer, request)["id"]), MAX_ID))
        return Response(status=204)
