"""Reads and writes within requests, told from one another by what they show."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from media.models import Post
from photoapp.replicas import ReadYourWritesMiddleware, reading_alias
from photoapp.shards import CONTENT
from users.models import User


def answer(view: Callable[[], Any], member: User | None, method: str = "GET", token: str = "") -> Any:
    """What a view returns within a request of this member, in a process that knows nothing of the one before."""
    found: list[Any] = []

    def respond(request: HttpRequest) -> HttpResponse:
        request.user = member  # type: ignore[assignment]
        found.append(view())
        return HttpResponse()

    request = RequestFactory().generic(method, "/")
    if member is not None and not token:
        request.COOKIES["session"] = f"{member.id:x}.random"
    if token:
        request.META["HTTP_AUTHORIZATION"] = f"Token {token}"
    ReadYourWritesMiddleware(respond)(request)
    return found[0]


def server(member: User) -> str:
    """That reads of alice's posts go to."""
    return reading_alias(CONTENT, member.id)


def caption_of(post: Post) -> Callable[[], str]:
    return lambda: str(Post.objects.on_shard_of(post.id).get(id=post.id).caption)


def change(post: Post, caption: str) -> Callable[[], Any]:
    return lambda: Post.objects.on_shard_of(post.id).filter(id=post.id).update(caption=caption)
