"""Who: members (group auth) and how they relate (group friends, on the shard of the first-named member)."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from photoapp import ids
from photoapp.counters import SlottedCount
from photoapp.sharding import ShardedModel

username_validator = RegexValidator(
    r"^[a-z0-9_.]{3,30}$", _("Use 3 to 30 lower-case letters, digits, dots and underscores.")
)


class User(AbstractUser):
    """A member. The id is drawn on a random logical shard, which becomes the home of all the member owns."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    id = models.BigIntegerField(primary_key=True, default=ids.new_user_id, editable=False)
    username = models.CharField(
        max_length=30,
        unique=True,
        validators=[username_validator],
        error_messages={"unique": _("This user name is taken.")},
    )
    display_name = models.CharField(max_length=60, blank=True)
    year_of_birth = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1900), MaxValueValidator(2100)]
    )
    email = models.EmailField(unique=True, error_messages={"unique": _("This e-mail address is in use.")})
    bio = models.CharField(max_length=500, blank=True)
    avatar = models.CharField(max_length=60, blank=True, editable=False)  # key in the object store
    is_private = models.BooleanField(_("private account"), default=False)
    approve_tags = models.BooleanField(_("ask me before I am tagged in a photo"), default=False)
    remind_alt = models.BooleanField(_("remind me to describe my photos"), default=True)
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.AUTO)
    language = models.CharField(max_length=10, blank=True)  # "": the browser's
    delete_after = models.DateTimeField(null=True, blank=True, editable=False)  # until then it can be taken back

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    class Meta:
        ordering = ["username"]

    @property
    def name(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.username

    def get_absolute_url(self) -> str:
        return f"/u/{self.username}/"


class Report(models.Model):
    """A member's word to the moderators about a post, a comment or a member (group auth)."""

    class Kind(models.TextChoices):
        POST = "post", "post"
        COMMENT = "comment", "comment"
        MEMBER = "member", "member"

    class Reason(models.TextChoices):
        SPAM = "spam", _("It is spam")
        NUDITY = "nudity", _("Nudity or sexual content")
        HATE = "hate", _("Hate or harassment")
        VIOLENCE = "violence", _("Violence or danger")
        RIGHTS = "rights", _("It shows me, or belongs to me, without my consent")
        OTHER = "other", _("Something else")

    kind = models.CharField(max_length=7, choices=Kind.choices)
    target_id = models.BigIntegerField()
    reported = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reports_of")  # whose it is
    reporter = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="reports_by")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    text = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target_id", "reporter"], condition=models.Q(closed_at=None), name="report_once"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="report_open", condition=models.Q(closed_at=None))]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.get_kind_display()})"


class FriendsModel(ShardedModel):
    shard_group: ClassVar[str] = "friends"

    class Meta:
        abstract = True


class Following(FriendsModel):
    """The truth of a follow, on the follower's shard; `Follower` is its mirror on the followee's."""

    shard_fields = ("follower_id",)
    owner_field = "follower_id"

    pk = models.CompositePrimaryKey("follower_id", "followee_id")
    follower_id = models.BigIntegerField()
    followee_id = models.BigIntegerField()
    accepted = models.BooleanField()  # False: a request to a private account
    muted = models.BooleanField(default=False)  # not in the follower's feed; the followee is not told
    position = models.BigIntegerField()  # an id of the moment: lists go by it

    class Meta:
        indexes = [models.Index(fields=["follower_id", "position"], name="following_by_time")]


class Follower(FriendsModel):
    shard_fields = ("followee_id",)
    owner_field = "followee_id"

    pk = models.CompositePrimaryKey("followee_id", "follower_id")
    followee_id = models.BigIntegerField()
    follower_id = models.BigIntegerField()
    accepted = models.BooleanField()
    muted = models.BooleanField(default=False, db_default=False)  # so that nothing is pushed in vain
    position = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["followee_id", "accepted", "position"], name="follower_by_time")]


class Block(FriendsModel):
    """The truth of a block, on the blocker's shard; `BlockedBy` is its mirror."""

    shard_fields = ("blocker_id",)
    owner_field = "blocker_id"

    pk = models.CompositePrimaryKey("blocker_id", "blocked_id")
    blocker_id = models.BigIntegerField()
    blocked_id = models.BigIntegerField()
    position = models.BigIntegerField()


class BlockedBy(FriendsModel):
    shard_fields = ("blocked_id",)
    owner_field = "blocked_id"

    pk = models.CompositePrimaryKey("blocked_id", "blocker_id")
    blocked_id = models.BigIntegerField()
    blocker_id = models.BigIntegerField()


class FollowCount(FriendsModel, SlottedCount):
    """Accepted follows, both ways, of one member."""

    shard_fields = ("user_id",)
    owner_field = "user_id"
    counted_field = "user_id"

    pk = models.CompositePrimaryKey("user_id", "slot")
    user_id = models.BigIntegerField()
    slot = models.PositiveSmallIntegerField()
    followers = models.IntegerField(default=0)
    following = models.IntegerField(default=0)
