"""The JSON of what is found, besides members and posts."""

from typing import Any

from rest_framework import serializers

from photoapp.words import place_url, tag_url


class TermSerializer(serializers.Serializer):
    """A tag or a place."""

    name = serializers.CharField(source="label")
    key = serializers.CharField(help_text="As in the address of its page.")
    posts = serializers.IntegerField(help_text="Public posts with it.")
    url = serializers.SerializerMethodField(help_text="Its page.")

    def get_url(self, term: Any) -> str:
        path = tag_url(term.key) if self.context["type"] == "tags" else place_url(term.key)
        return self.context["request"].build_absolute_uri(path)
