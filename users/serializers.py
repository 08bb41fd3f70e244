"""The JSON of members."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from photoapp.api import StrictSerializer


class PersonSerializer(serializers.Serializer):
    """A member as others see them in a list: of a users.User, or of a copy with the same names (media.Author)."""

    id = serializers.CharField(help_text="A 63-bit number as a string.")
    username = serializers.CharField()
    display_name = serializers.CharField()
    avatar = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="The member's page.")

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_avatar(self, person: Any) -> str | None:
        return self.absolute(f"/{person.avatar}") if person.avatar else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, person: Any) -> str:
        return self.absolute(person.get_absolute_url())

    def absolute(self, path: str) -> str:
        return self.context["request"].build_absolute_uri(path)


class MeSerializer(PersonSerializer):
    """A member's own account."""

    email = serializers.EmailField()
    bio = serializers.CharField()
    year_of_birth = serializers.IntegerField(allow_null=True)
    is_private = serializers.BooleanField()


class SignupSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=30)
    email = serializers.EmailField()
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=1000)
    display_name = serializers.CharField(required=False, allow_blank=True, max_length=60)
    year_of_birth = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=9999)


class TokenRequestSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=254, help_text="The user name, or the e-mail address.")
    password = serializers.CharField(trim_whitespace=False, max_length=1000)
    code = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=50,
        help_text="For members with a second factor: from the authenticator app, or a recovery code.",
    )


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(help_text="Shown this once. Send it as `Authorization: Token …`.")


class MeChangesSerializer(StrictSerializer):
    username = serializers.CharField(required=False, max_length=30)
    display_name = serializers.CharField(required=False, allow_blank=True, max_length=60)
    bio = serializers.CharField(required=False, allow_blank=True, max_length=500)
    year_of_birth = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=9999)
    is_private = serializers.BooleanField(required=False)


class PasswordSerializer(serializers.Serializer):
    password = serializers.CharField(trim_whitespace=False, max_length=1000)


class RelationSerializer(serializers.Serializer):
    """How the caller stands to a member."""

    follows = serializers.BooleanField()
    requested = serializers.BooleanField(help_text="The caller asked to follow, and was not answered yet.")
    muted = serializers.BooleanField(help_text="The member's posts are not in the caller's feed.")
    blocks = serializers.BooleanField()
