"""Posts, likes and comments in the API: twins of the pages, over the same selectors and services."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from media import comments, selectors, services
from media.models import Comment, Post
from media.serializers import (
    CommentSerializer,
    CommentTextSerializer,
    LikeSerializer,
    PostChangesSerializer,
    PostSerializer,
    SavedSerializer,
    UploadSerializer,
)
from media.uploads import InvalidUpload
from photoapp.api import CURSOR, WRITE_ERRORS, ApiView, answers, checked, page_of, page_response
from photoapp.middleware import body_is_whole
from photoapp.overload import come_again
from users.requests import MemberRequest

COME_AGAIN_SECONDS = 30
NO_POST = "There is no such post, or it is not for you."
NO_COMMENT = "There is no such comment, or it is not for you."


class Refused(APIException):
    """An InvalidUpload in the API's form."""

    def __init__(self, error: InvalidUpload) -> None:
        self.detail: Any = {name or "detail": messages for name, messages in error.errors.items()}
        self.status_code = error.status


class Away(APIException):
    status_code = 503

    @property
    def wait(self) -> int:
        return int(come_again(COME_AGAIN_SECONDS))


def post_or_404(request: Request, post_id: int, *, live: bool = False) -> Post:
    post = selectors.visible_post(post_id, request.user)
    if post is None or (live and post.state != Post.State.LIVE):
        raise Http404(NO_POST)
    return post


@contextmanager
def there() -> Iterator[None]:
    """A post that is erased at this moment is a 404."""
    try:
        yield
    except Post.DoesNotExist as error:
        raise Http404(NO_POST) from error


def post_to_act_on_or_404(request: Request, post_id: int) -> Post:
    post = selectors.post_to_act_on(post_id, request.user)
    if post is None:
        raise Http404(NO_POST)
    return post


def post_json(request: Request, post: Post) -> Any:
    return PostSerializer(post, context={"request": request}).data


class Posts(ApiView):
    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]
    throttle_scope = "upload"

    @extend_schema(
        operation_id="upload",
        request={"multipart/form-data": UploadSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Any text of the client's own: the same upload sent again with it makes no second post.",
            )
        ],
        responses=answers({201: PostSerializer}, *WRITE_ERRORS, 409, 503),
    )
    def post(self, request: MemberRequest) -> Response:
        """Uploads 1 to 10 photos as a post. Acknowledged with its state; it appears once that is `live`."""
        fields = checked(UploadSerializer, request)
        if not body_is_whole(request._request):
            raise ValidationError({"photos": ["The upload was cut off on its way. Please send it again."]})
        try:
            post = services.publish_post(
                owner=request.user,
                photos=fields["photos"],
                caption=fields["caption"],
                location=fields["location"],
                people=fields["people"],
                alts=fields["alt"],
                audience=fields["audience"],
                idempotency_key=request.headers.get("Idempotency-Key", ""),
            )
        except InvalidUpload as error:
            raise Refused(error) from error
        except services.StorageAway as error:
            raise Away(str(error)) from error
        card = selectors.visible_post(post.id, request.user)
        if card is None:
            raise Refused(InvalidUpload({"detail": ["The post of this Idempotency-Key was deleted."]}, status=409))
        return Response(post_json(request, card), status=201)


class PostView(ApiView):
    @extend_schema(operation_id="post", responses=answers({200: PostSerializer}, 401, 403, 404))
    def get(self, request: Request, post_id: int) -> Response:
        """Owners see theirs in every state, others once it is live."""
        return Response(post_json(request, post_or_404(request, post_id)))

    @extend_schema(
        operation_id="edit_post",
        request=PostChangesSerializer,
        responses=answers({200: PostSerializer}, *WRITE_ERRORS, 404),
    )
    def patch(self, request: MemberRequest, post_id: int) -> Response:
        post = post_or_404(request, post_id)
        changes = checked(PostChangesSerializer, request)
        if "alt" in changes:
            changes["alts"] = changes.pop("alt")
        if "order" in changes:
            changes["order"] = [int(id) for id in changes["order"]]
        try:
            services.edit_post(post=post, editor=request.user, **changes)
        except InvalidUpload as error:
            raise Refused(error) from error
        return Response(post_json(request, post_or_404(request, post_id)))

    @extend_schema(operation_id="delete_post", responses=answers({204: None}, 401, 403, 404, 429))
    def delete(self, request: MemberRequest, post_id: int) -> Response:
        """Out of sight at once. For 30 seconds its owner can take that back (restore), then it is erased."""
        services.delete_post(post=post_or_404(request, post_id), by=request.user)
        return Response(status=204)


class RestoreView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="restore_post", request=None, responses=answers({200: PostSerializer}, *WRITE_ERRORS, 404)
    )
    def post(self, request: MemberRequest, post_id: int) -> Response:
        """Takes back the caller's deletion of a post; 403 when it is too late."""
        try:
            services.restore_post(post_id=post_id, by=request.user)
        except Post.DoesNotExist as error:
            raise Http404(NO_POST) from error
        return Response(post_json(request, post_or_404(request, post_id)))


class ArchiveView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="archive_post", request=None, responses=answers({204: None}, *WRITE_ERRORS, 404))
    def put(self, request: MemberRequest, post_id: int) -> Response:
        """Puts a live post away: nobody but its owner sees it."""
        services.archive_post(post=post_or_404(request, post_id), by=request.user)
        return Response(status=204)

    @extend_schema(operation_id="unarchive_post", responses=answers({204: None}, 401, 403, 404, 429))
    def delete(self, request: MemberRequest, post_id: int) -> Response:
        services.unarchive_post(post=post_or_404(request, post_id), by=request.user)
        return Response(status=204)


class LikeView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="like", request=None, responses=answers({200: LikeSerializer}, *WRITE_ERRORS, 404))
    def put(self, request: MemberRequest, post_id: int) -> Response:
        """Twice is the same as once."""
        with there():
            services.like(post=post_to_act_on_or_404(request, post_id), user=request.user)
        return self.now(request, post_id)

    @extend_schema(operation_id="unlike", responses=answers({200: LikeSerializer}, *WRITE_ERRORS, 404))
    def delete(self, request: MemberRequest, post_id: int) -> Response:
        services.unlike(post=post_to_act_on_or_404(request, post_id), user=request.user)
        return self.now(request, post_id)

    def now(self, request: Request, post_id: int) -> Response:
        post: Any = post_or_404(request, post_id)
        return Response({"liked": post.liked, "likes": post.like_count})


class SaveView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="save", request=None, responses=answers({200: SavedSerializer}, *WRITE_ERRORS, 404))
    def put(self, request: MemberRequest, post_id: int) -> Response:
        """Keeps the post for later; nobody else sees that. Twice is the same as once."""
        with there():
            services.save(post=post_to_act_on_or_404(request, post_id), user=request.user)
        return Response({"saved": True})

    @extend_schema(operation_id="unsave", responses=answers({200: SavedSerializer}, *WRITE_ERRORS, 404))
    def delete(self, request: MemberRequest, post_id: int) -> Response:
        services.unsave(post_id=post_to_act_on_or_404(request, post_id).id, user_id=request.user.id)
        return Response({"saved": False})


class Comments(ApiView):
    @extend_schema(
        operation_id="comments",
        parameters=[CURSOR],
        responses=answers({200: page_of(CommentSerializer)}, 400, 401, 403, 404),
    )
    def get(self, request: Request, post_id: int) -> Response:
        """Those that are no replies, newest first."""
        page = comments.comments_page(post_or_404(request, post_id), request.GET.get("cursor"), request.user)
        return page_response(request, page, CommentSerializer)

    @extend_schema(
        operation_id="comment",
        request=CommentTextSerializer,
        responses=answers({201: CommentSerializer}, *WRITE_ERRORS, 404),
    )
    def post(self, request: MemberRequest, post_id: int) -> Response:
        post = post_or_404(request, post_id, live=True)
        return Response(add_comment(request, post), status=201)


class Replies(ApiView):
    @extend_schema(
        operation_id="replies",
        parameters=[CURSOR],
        responses=answers({200: page_of(CommentSerializer)}, 400, 401, 403, 404),
    )
    def get(self, request: Request, comment_id: int) -> Response:
        """The thread that a comment is in, oldest first."""
        thread = comments.thread_of(comment_or_404(request, comment_id), request.user)
        if thread is None:
            raise Http404(NO_COMMENT)
        return page_response(
            request, comments.replies_page(thread, request.GET.get("cursor"), request.user), CommentSerializer
        )

    @extend_schema(
        operation_id="reply",
        request=CommentTextSerializer,
        responses=answers({201: CommentSerializer}, *WRITE_ERRORS, 404),
    )
    def post(self, request: MemberRequest, comment_id: int) -> Response:
        """An answer to a reply joins the replies of the same comment."""
        comment = comment_or_404(request, comment_id)
        if comment.post.state != Post.State.LIVE or comments.thread_of(comment, request.user) is None:
            raise Http404(NO_COMMENT)
        return Response(add_comment(request, comment.post, comment), status=201)


def add_comment(request: MemberRequest, post: Post, parent: Comment | None = None) -> Any:
    """The new comment's JSON."""
    text = checked(CommentTextSerializer, request)["text"]
    with there():
        comment = services.add_comment(post=post, author=request.user, text=text, parent=parent)
    comment.author = request.user
    return CommentSerializer(comment, context={"request": request}).data


def comment_or_404(request: Request, comment_id: int) -> Comment:
    comment = selectors.comment_for(comment_id, request.user)
    if comment is None:
        raise Http404(NO_COMMENT)
    return comment


class CommentView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="delete_comment", responses=answers({204: None}, 401, 403, 404, 429))
    def delete(self, request: MemberRequest, comment_id: int) -> Response:
        """Its author and the owner of the post may. Its replies go with it."""
        services.delete_comment(comment=comment_or_404(request, comment_id), by=request.user)
        return Response(status=204)
