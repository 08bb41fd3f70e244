"""What members post (group content, on the shard of the post's owner).

A post, its photos, likes, comments and counts all carry the owner's bits, so a page about a post asks one server.
"""

from typing import Any, ClassVar

from django.db import connections, models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from photoapp import ids
from photoapp.counters import SlottedCount
from photoapp.sharding import ShardedModel

CAPTION_LENGTH = 2200
LOCATION_LENGTH = 100
COMMENT_LENGTH = 1000
ALT_LENGTH = 500
WIDTHS = (320, 640, 1080, 2048)
FORMATS = ("webp", "jpg")


def new_secret() -> str:
    """The part of a photo's path that cannot be guessed from its id."""
    return get_random_string(16)


class ContentModel(ShardedModel):
    shard_group: ClassVar[str] = "content"

    class Meta:
        abstract = True


class Author(ContentModel):
    """A copy of a member's public face beside the posts, so that a card needs no other database.

    The truth is users.User; media.receivers.sync_author renews the copy.
    """

    owner_field = "id"

    id = models.BigIntegerField(primary_key=True)
    username = models.CharField(max_length=30)
    display_name = models.CharField(max_length=60, blank=True)
    avatar = models.CharField(max_length=60, blank=True)
    is_private = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    post_count = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.username

    @property
    def name(self) -> str:
        return self.display_name or self.username

    def get_absolute_url(self) -> str:
        return f"/u/{self.username}/"


class Post(ContentModel):
    """One to ten photos. Its id is drawn when it is submitted."""

    class State(models.TextChoices):
        RESERVED = "reserved", _("being uploaded")  # originals are on their way; unknown to anybody else
        UPLOADED = "uploaded", _("uploaded")  # acknowledged: originals stored, row committed
        PROCESSING = "processing", _("processing")
        LIVE = "live", _("live")
        ARCHIVED = "archived", _("archived")  # the owner put it away: nobody else sees it
        FAILED = "failed", _("failed")
        DELETED = "deleted", _("deleted")  # out of sight at once; can be brought back for UNDO, then is erased

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("Everyone")
        FOLLOWERS = "followers", _("Followers")

    class Tag(models.TextChoices):
        """How a tagged member stands to the tag. Others see those that are shown."""

        SHOWN = "shown", "shown"
        ASKED = "asked", "waiting for approval"
        REMOVED = "removed", "removed by the member"

    shard_fields = ("id", "owner_id")

    # What a card has besides (media/selectors.py).
    card_photos: list["Photo"]
    like_count: int
    comment_count: int
    liked: bool
    saved: bool
    relation: Any  # of visible_post: how the viewer stands to the owner

    id = models.BigIntegerField(primary_key=True)
    owner = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts", db_index=False)
    caption = models.CharField(max_length=CAPTION_LENGTH, blank=True)
    location = models.CharField(max_length=LOCATION_LENGTH, blank=True)
    people = models.JSONField(default=list, blank=True)  # [{"id": "…", "username": "…", "state": Tag}], as tagged
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.EVERYONE)
    comments_off = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RESERVED)
    failure = models.CharField(max_length=300, blank=True)  # why it failed, for the owner to read
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    state_before = models.CharField(max_length=10, blank=True)  # deletion: what taking it back restores

    class Meta:
        indexes = [
            models.Index(fields=["owner", "state", "id"], name="post_by_owner"),
            # For the sweepers.
            models.Index(fields=["id"], name="post_unsettled", condition=~models.Q(state__in=("live", "archived"))),
        ]

    def __str__(self) -> str:
        return self.caption[:60] or ids.encode(self.id)

    @property
    def created_at(self):  # type: ignore[no-untyped-def]
        return ids.time_of(self.id)

    def get_absolute_url(self) -> str:
        return f"/p/{ids.encode(self.id)}/"

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it, logged in or not. `owner` is loaded."""
        return (
            self.state == self.State.LIVE
            and self.audience == self.Audience.EVERYONE
            and self.owner.is_active
            and not self.owner.is_private
        )

    @property
    def shown_people(self) -> list[dict[str, str]]:
        """The tagged members whom others see."""
        return self._tagged(self.Tag.SHOWN)

    @property
    def asked_people(self) -> list[dict[str, str]]:
        """Those who have not said yet whether the tag may be shown."""
        return self._tagged(self.Tag.ASKED)

    @property
    def removed_people(self) -> list[dict[str, str]]:
        return self._tagged(self.Tag.REMOVED)

    def _tagged(self, state: str) -> list[dict[str, str]]:
        return [person for person in self.people if person.get("state", self.Tag.SHOWN) == state]

    def tag_of(self, user_id: int | None) -> str | None:
        """How a member stands to their tag (Tag); None without one."""
        found = (person.get("state", self.Tag.SHOWN) for person in self.people if person["id"] == str(user_id))
        return next(found, None)


class Original(ContentModel):
    """The file that a member sent, in the object store."""

    id = models.BigIntegerField(primary_key=True)
    secret = models.CharField(max_length=16, default=new_secret)
    content_type = models.CharField(max_length=30)
    size = models.PositiveIntegerField()  # bytes
    width = models.PositiveIntegerField()  # upright, pixels
    height = models.PositiveIntegerField()
    taken_at = models.DateTimeField(null=True, blank=True)
    removed = models.JSONField(default=list, blank=True)  # what the file said and renditions do not: ["place", …]

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{ids.encode(self.id)}-{self.secret}"

    @property
    def folder(self) -> str:
        return f"photos/{ids.encode(self.id)}-{self.secret}"

    @property
    def original_key(self) -> str:
        return f"{self.folder}/original"


class StagedPhoto(Original):
    """A photo that was uploaded before its post was shared; becomes a Photo of the same id, so its file stays."""

    shard_fields = ("id", "owner_id")

    owner_id = models.BigIntegerField()
    key = models.CharField(max_length=64)  # the client's name for it: sent again, it finds this row
    sha256 = models.CharField(max_length=64)
    place = models.CharField(max_length=LOCATION_LENGTH, blank=True)  # suggested from the position in the file
    stored = models.BooleanField(default=False)  # whether the original is in the store

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "key"], name="staged_photo_once")]


class Photo(Original):
    shard_fields = ("id", "post_id")
    owner_field = "post__owner_id"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="photos")
    position = models.PositiveSmallIntegerField()
    placeholder = models.CharField(max_length=400, blank=True)  # base64 of a tiny WebP
    alt = models.CharField(max_length=ALT_LENGTH, blank=True)
    rendered = models.BooleanField(default=False)
    sizes = models.JSONField(default=list, blank=True)  # of the renditions: [[width, height, format, bytes], …]

    class Meta:
        ordering = ["position"]

    def rendition_key(self, width: int, format: str) -> str:
        return f"{self.folder}/{width}.{format}"

    def file_keys(self) -> list[str]:
        """Every name this photo may have in the object store."""
        return [
            self.original_key,
            *(self.rendition_key(width, format) for width in WIDTHS for format in FORMATS),
        ]

    def url(self, width: int, format: str = "webp") -> str:
        """The stable path of a rendition; authorised on every request."""
        return f"/{self.rendition_key(width, format)}"

    @property
    def urls(self) -> dict[int, dict[str, str]]:
        """{width: {"webp": path, "jpg": path}}"""
        return {width: {format: self.url(width, format) for format in FORMATS} for width in WIDTHS}

    def srcset(self, format: str) -> str:
        return ", ".join(f"{self.url(width, format)} {min(width, self.width)}w" for width in WIDTHS)

    @property
    def srcset_webp(self) -> str:
        return self.srcset("webp")

    @property
    def srcset_jpg(self) -> str:
        return self.srcset("jpg")

    @property
    def src(self) -> str:
        return self.url(1080, "jpg")

    @property
    def thumbnail(self) -> str:
        return self.url(640, "jpg")


class Like(ContentModel):
    shard_fields = ("post_id",)
    owner_field = "post__owner_id"

    pk = models.CompositePrimaryKey("post_id", "user_id")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="likes", db_index=False)
    user_id = models.BigIntegerField()

    @classmethod
    def add(cls, post_id: int, user_id: int, *, using: str) -> bool:
        """Whether there was none. Django inserts either without saying so, or with a savepoint around it."""
        with connections[using].cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {cls._meta.db_table} (post_id, user_id) VALUES (%s, %s) "  # noqa: S608
                "ON CONFLICT DO NOTHING RETURNING user_id",
                [post_id, user_id],
            )
            return cursor.fetchone() is not None


class Saved(ContentModel):
    """A post that a member keeps for later; beside the post, so that its card knows. Trace lists a member's."""

    shard_fields = ("post_id",)
    owner_field = "post__owner_id"

    pk = models.CompositePrimaryKey("post_id", "user_id")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="saves", db_index=False)
    user_id = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "saved posts"


class Comment(ContentModel):
    """On the shard of the post; the id carries the post owner's bits. Replies go one level deep."""

    shard_fields = ("id", "post_id")
    owner_field = "post__owner_id"

    # What a comment of a page has besides (media/comments.py).
    author: Any  # User
    reply_count: int
    replies_total: int
    first_replies: list["Comment"]
    later_count: int  # of the replies after the first
    later_cursor: str | None
    deletable: bool  # by the viewer

    id = models.BigIntegerField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    author_id = models.BigIntegerField()
    text = models.CharField(max_length=COMMENT_LENGTH)

    class Meta:
        indexes = [models.Index(fields=["post", "id"], name="comment_by_post")]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def created_at(self):  # type: ignore[no-untyped-def]
        return ids.time_of(self.id)


class PostCount(ContentModel, SlottedCount):
    shard_fields = ("post_id",)
    owner_field = "post__owner_id"
    counted_field = "post_id"

    pk = models.CompositePrimaryKey("post_id", "slot")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="counts", db_index=False)
    slot = models.PositiveSmallIntegerField()
    likes = models.IntegerField(default=0)
    comments = models.IntegerField(default=0)


class Trace(ContentModel):
    """What a member left on somebody else's shard (a like, a comment, being tagged, a saved post), kept on the
    member's own, so that it can be listed, and an account be exported and erased."""

    class Kind(models.TextChoices):
        LIKE = "like", "like"
        COMMENT = "comment", "comment"
        TAG = "tag", "tagged person"  # also one who removed the tag: the name is still with the post
        ASKED = "asked", "asked to be tagged"
        SAVE = "save", "saved post"

    shard_fields = ("user_id",)
    owner_field = "user_id"

    pk = models.CompositePrimaryKey("user_id", "kind", "target_id")
    user_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    target_id = models.BigIntegerField()  # the post's id; the comment's for a comment
    position = models.BigIntegerField(default=0)  # an id of the moment, for lists in the order of acts

    class Meta:
        indexes = [models.Index(fields=["user_id", "kind", "position"], name="trace_by_time")]


class UploadKey(ContentModel):
    """The Idempotency-Key of an upload: a retried one finds the post of the first."""

    shard_fields = ("owner_id",)

    pk = models.CompositePrimaryKey("owner_id", "key")
    owner_id = models.BigIntegerField()
    key = models.CharField(max_length=64)  # SHA-256 of what the client sent
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the upload itself
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="upload_keys")
