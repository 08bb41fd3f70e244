"""The outbox tables, one in every database group (photoapp/outbox.py says how they are used)."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from photoapp.ids import new_id_beside
from photoapp.sharding import ShardedModel


class OutboxRow(models.Model):
    """Something a commit in this database must still cause elsewhere. Deleted once its effect is recorded."""

    id = models.BigIntegerField(primary_key=True)  # carries the owner's bits
    handler = models.CharField(max_length=80)
    payload = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    parked = models.BooleanField(default=False)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]
        indexes = [models.Index(fields=["parked", "due_at"], name="%(class)s_due")]

    def __str__(self) -> str:
        return f"{self.handler} {self.payload}"


class AuthOutbox(OutboxRow):
    class Meta(OutboxRow.Meta):
        verbose_name_plural = "outbox: auth"


class FriendsOutbox(OutboxRow, ShardedModel):
    shard_group: ClassVar[str] = "friends"

    class Meta(OutboxRow.Meta):
        verbose_name_plural = "outbox: friends"


class ContentOutbox(OutboxRow, ShardedModel):
    shard_group: ClassVar[str] = "content"

    class Meta(OutboxRow.Meta):
        verbose_name_plural = "outbox: content"


def outbox_row(group: str, owner_id: int, handler: str, payload: dict[str, object]) -> OutboxRow:
    model = OUTBOXES[group]
    return model(id=new_id_beside(owner_id), handler=handler, payload=payload)


OUTBOXES: dict[str, type[AuthOutbox] | type[FriendsOutbox] | type[ContentOutbox]] = {
    "auth": AuthOutbox,
    "friends": FriendsOutbox,
    "content": ContentOutbox,
}
