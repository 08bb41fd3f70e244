from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from feeds.selectors import feed_page
from media.serializers import PostSerializer
from photoapp.api import CURSOR, ApiView, answers, page_of, page_response


class Feed(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="feed",
        parameters=[CURSOR],
        responses=answers({200: page_of(PostSerializer)}, 400, 401, 403),
    )
    def get(self, request: Request) -> Response:
        """What the members whom the caller follows posted, newest first: 5 posts, then 10 a page."""
        return page_response(request, feed_page(request.user, request.GET.get("cursor")), PostSerializer)
