"""What is computed ahead of time for the discover page, and how far an index is built. What is searched is in tables
of the engines (search/engines)."""

from typing import ClassVar

from django.db import models

from users.models import FriendsModel


class Trend(models.Model):
    """A post, tag or place that many liked or used lately (group auth); the list of each kind is written whole."""

    class Kind(models.TextChoices):
        POST = "post", "post"
        TAG = "tag", "tag"
        PLACE = "place", "place"

    kind = models.CharField(max_length=5, choices=Kind.choices)
    place = models.PositiveSmallIntegerField()  # in the list, from 0
    key = models.CharField(max_length=100)  # of a tag or place; the id of a post
    label = models.CharField(max_length=100, blank=True)
    owner_id = models.BigIntegerField(null=True, blank=True)  # of a post

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "place"], name="trend_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.label or self.key}"


class Rebuild(models.Model):
    """How far a server's index was built anew (group auth), so that a run that was stopped goes on there."""

    alias = models.CharField(max_length=40, primary_key=True)
    after = models.BigIntegerField(default=0)  # the last id that is done
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.alias


class Suggestion(FriendsModel):
    """Somebody whom many follow whom a member follows; on the member's shard."""

    shard_fields: ClassVar[tuple[str, ...]] = ("user_id",)
    owner_field: ClassVar[str] = "user_id"

    pk = models.CompositePrimaryKey("user_id", "suggested_id")
    user_id = models.BigIntegerField()
    suggested_id = models.BigIntegerField()
    friends = models.PositiveSmallIntegerField()  # how many of those whom the member follows follow them
    friend_id = models.BigIntegerField()  # one of these
