from typing import ClassVar

from django.db import models

from media.models import ContentModel
from photoapp import ids


class PulledAuthor(models.Model):
    """An author with so many followers that posts are merged into feeds when they are read, not pushed."""

    author_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.author_id)


class Notification(ContentModel):
    """What somebody did that concerns a member, on the member's own shard. The id carries the recipient's bits."""

    class Kind(models.TextChoices):
        LIKE = "like", "like"
        COMMENT = "comment", "comment"
        FOLLOW = "follow", "follow"
        FOLLOW_REQUEST = "follow_request", "request to follow"
        TAG = "tag", "tagged"
        TAG_REQUEST = "tag_request", "asks to tag"
        REPLY = "reply", "reply"
        MENTION = "mention", "mention"

    shard_fields: ClassVar[tuple[str, ...]] = ("id", "recipient_id")
    owner_field: ClassVar[str] = "recipient_id"

    id = models.BigIntegerField(primary_key=True)
    recipient_id = models.BigIntegerField()
    actor_id = models.BigIntegerField()
    kind = models.CharField(max_length=14, choices=Kind.choices)
    target_id = models.BigIntegerField()  # a comment's id, a post's for likes and tags, 0 for follows
    post_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            # Handlers run at least once: a second run finds the first one's row.
            models.UniqueConstraint(fields=["recipient_id", "kind", "target_id", "actor_id"], name="notification_once")
        ]
        indexes = [models.Index(fields=["recipient_id", "id"], name="notification_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor_id}"

    @property
    def created_at(self):  # type: ignore[no-untyped-def]
        return ids.time_of(self.id)


class NotificationsSeen(ContentModel):
    """Up to which notification a member has seen theirs."""

    shard_fields: ClassVar[tuple[str, ...]] = ("user_id",)
    owner_field: ClassVar[str] = "user_id"

    user_id = models.BigIntegerField(primary_key=True)
    seen_id = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "notifications seen"

    def __str__(self) -> str:
        return str(self.user_id)
