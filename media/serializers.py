"""The JSON of posts, photos, comments and profiles."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from media.models import Post
from photoapp.api import StrictSerializer
from users.serializers import PersonSerializer, RelationSerializer

JSON_FORMATS = {"webp": "webp", "jpeg": "jpg"}  # the name in JSON: the end of the path

RENDITIONS_SCHEMA = {
    "type": "object",
    "description": "URLs by width in pixels, then by format. They answer once the post is live.",
    "additionalProperties": {
        "type": "object",
        "properties": {format: {"type": "string", "format": "uri"} for format in JSON_FORMATS},
        "required": list(JSON_FORMATS),
    },
}


class PhotoSerializer(serializers.Serializer):
    id = serializers.CharField()
    width = serializers.IntegerField(help_text="Upright, in pixels.")
    height = serializers.IntegerField()
    placeholder = serializers.SerializerMethodField(help_text="A tiny WebP as a data: URL; empty while processing.")
    alt = serializers.CharField()
    renditions = serializers.SerializerMethodField()

    def get_placeholder(self, photo: Any) -> str:
        return f"data:image/webp;base64,{photo.placeholder}" if photo.placeholder else ""

    @extend_schema_field(RENDITIONS_SCHEMA)
    def get_renditions(self, photo: Any) -> dict[str, dict[str, str]]:
        absolute = self.context["request"].build_absolute_uri
        return {
            str(width): {name: absolute(paths[end]) for name, end in JSON_FORMATS.items()}
            for width, paths in photo.urls.items()
        }


SHOWN_STATES = [state for state in Post.State.values if state not in (Post.State.RESERVED, Post.State.DELETED)]


class PostSerializer(serializers.Serializer):
    """Of a card (media/selectors.py)."""

    id = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="The post's page.")
    author = PersonSerializer(source="owner")
    caption = serializers.CharField()
    location = serializers.CharField()
    people = serializers.SerializerMethodField(help_text="User names of tagged members.")
    likes = serializers.IntegerField(source="like_count")
    comments = serializers.IntegerField(source="comment_count")
    liked = serializers.BooleanField(help_text="By the caller.")
    saved = serializers.BooleanField(help_text="By the caller.")
    audience = serializers.ChoiceField(Post.Audience.choices)
    comments_off = serializers.BooleanField(help_text="Nobody can add comments.")
    state = serializers.ChoiceField(SHOWN_STATES)
    failure = serializers.CharField(help_text="Why it failed; empty else.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    photos = PhotoSerializer(source="card_photos", many=True)

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, post: Post) -> str:
        return self.context["request"].build_absolute_uri(post.get_absolute_url())

    def get_people(self, post: Post) -> list[str]:
        return [person["username"] for person in post.shown_people]


class NamesField(serializers.ListField):
    """User names: repeated, or separated by commas."""

    child = serializers.CharField(allow_blank=True)

    def to_internal_value(self, data: Any) -> list[str]:
        return [name for names in super().to_internal_value(data) for name in names.split(",")]


class UploadSerializer(serializers.Serializer):
    """Only the kinds of values: what they may be is said by media/uploads.py, to the page as well."""

    photos = serializers.ListField(child=serializers.FileField(allow_empty_file=True, max_length=None), default=list)
    caption = serializers.CharField(required=False, default="", allow_blank=True, help_text="At most 2,200 characters.")
    location = serializers.CharField(required=False, default="", allow_blank=True)
    people = NamesField(required=False, default=list, help_text="User names: repeated, or separated by commas.")
    alt = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, default=list, help_text="One per photo."
    )
    audience = serializers.CharField(required=False, default="everyone", help_text="`everyone` or `followers`.")


class PostChangesSerializer(StrictSerializer):
    caption = serializers.CharField(required=False, allow_blank=True)
    location = serializers.CharField(required=False, allow_blank=True)
    people = NamesField(required=False)
    alt = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    audience = serializers.ChoiceField(Post.Audience.choices, required=False)
    comments_off = serializers.BooleanField(required=False)
    order = serializers.ListField(
        child=serializers.RegexField("^[1-9][0-9]{0,18}$"), required=False, help_text="The ids of all its photos."
    )


class LikeSerializer(serializers.Serializer):
    liked = serializers.BooleanField()
    likes = serializers.IntegerField()


class SavedSerializer(serializers.Serializer):
    saved = serializers.BooleanField()


class CommentSerializer(serializers.Serializer):
    id = serializers.CharField()
    author = PersonSerializer()
    text = serializers.CharField()
    parent = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="The id of the comment that this is a reply to."
    )
    replies = serializers.IntegerField(source="reply_count", default=0, help_text="How many; 0 for a reply.")
    created_at = serializers.DateTimeField()

    @extend_schema_field({"type": "string", "nullable": True})
    def get_parent(self, comment: Any) -> str | None:
        return str(comment.parent_id) if comment.parent_id else None


class CommentTextSerializer(serializers.Serializer):
    text = serializers.CharField(allow_blank=True, help_text="At most 1,000 characters.")


class ProfileSerializer(PersonSerializer, RelationSerializer):
    """A member's public face, counts, and how the caller stands to them."""

    bio = serializers.CharField()
    is_private = serializers.BooleanField()
    posts = serializers.IntegerField(source="post_count")
    followers = serializers.IntegerField(source="follower_count")
    following = serializers.IntegerField(source="following_count")
