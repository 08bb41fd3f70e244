"""What a page shows of a notification, in words for people."""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feeds.models import Notification
from media.models import Comment, Post
from photoapp import ids
from users.models import User

Kind = Notification.Kind

WORDS: dict[str, Promise] = {
    Kind.LIKE: _("liked your photo"),
    Kind.COMMENT: _("commented on your photo"),
    Kind.REPLY: _("replied to your comment"),
    Kind.MENTION: _("mentioned you"),
    Kind.FOLLOW: _("follows you"),
    Kind.FOLLOW_REQUEST: _("asks to follow you"),
    Kind.TAG: _("tagged you in a photo"),
    Kind.TAG_REQUEST: _("asks to tag you in a photo"),
}
ICONS: dict[str, str] = {
    Kind.LIKE: "heart",
    Kind.COMMENT: "comment",
    Kind.REPLY: "comment",
    Kind.MENTION: "comment",
    Kind.FOLLOW: "person",
    Kind.FOLLOW_REQUEST: "person",
    Kind.TAG: "tag",
    Kind.TAG_REQUEST: "tag",
}


@dataclass
class Notice:
    """`others` did the same to the same post."""

    row: Notification
    actor: User
    post: Post | None
    comment: Comment | None
    seen: bool
    others: list[User] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def what(self) -> Promise:
        return WORDS[self.kind]

    @property
    def icon(self) -> str:
        return ICONS[self.kind]

    @property
    def thumbnail(self) -> str | None:
        return self.post.card_photos[0].url(320, "jpg") if self.post else None

    @property
    def url(self) -> str:
        """Where one sees it, or answers it."""
        if self.kind == Kind.FOLLOW_REQUEST:
            return "/settings/requests/"
        if self.post is None:
            return self.actor.get_absolute_url()
        post = self.post.get_absolute_url()
        if self.kind == Kind.TAG_REQUEST:
            return f"{post}tag/"
        if self.comment is None:
            return post
        slug = ids.encode(self.comment.id)
        page = f"/comments/{slug}/replies/" if self.comment.parent_id else post
        return f"{page}#c-{slug}"
