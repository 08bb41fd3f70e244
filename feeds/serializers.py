"""The JSON of notifications."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feeds.models import Notification
from users.serializers import PersonSerializer


class NotificationSerializer(serializers.Serializer):
    """Of a Notice (feeds/notifications.py)."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(Notification.Kind.choices)
    actor = PersonSerializer()
    post = serializers.SerializerMethodField(help_text="The id of the post that it is about, if any.")
    thumbnail = serializers.SerializerMethodField(help_text="Of that post's first photo.")
    comment = serializers.SerializerMethodField(help_text="The text of a comment.")
    seen = serializers.BooleanField()
    created_at = serializers.DateTimeField(source="row.created_at")

    @extend_schema_field({"type": "string", "nullable": True})
    def get_post(self, notice: Any) -> str | None:
        return str(notice.post.id) if notice.post else None

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_thumbnail(self, notice: Any) -> str | None:
        return self.context["request"].build_absolute_uri(notice.thumbnail) if notice.post else None

    @extend_schema_field({"type": "string", "nullable": True})
    def get_comment(self, notice: Any) -> str | None:
        return notice.comment.text if notice.comment else None


class SeenSerializer(serializers.Serializer):
    id = serializers.RegexField("^[1-9][0-9]{0,18}$", help_text="Of the newest notification that was seen.")
