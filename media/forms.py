"""The forms of posts. They carry words to and fro; what is valid is said in uploads.py and services.py, for the pages
and for the API alike."""

import re
import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict

from media.models import ALT_LENGTH, CAPTION_LENGTH, COMMENT_LENGTH, LOCATION_LENGTH, Post
from media.uploads import InvalidUpload

ACCEPTED = "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,image/gif,.heic,.heif"


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.Field):
    """Required, so that the page says so; that there are some is checked with the upload."""

    def validate(self, value: Any) -> None:
        pass


class WordsField(forms.CharField):
    """Words whose length the browser holds to; what is wrong with them is said by the service."""

    def __init__(self, label: str, length: int, *, rows: int = 0, required: bool = False, **attrs: str) -> None:
        limits: dict[str, Any] = {"maxlength": length, **attrs}
        widget = forms.Textarea({"rows": rows, **limits}) if rows else forms.TextInput(limits)
        super().__init__(label=label, required=required, strip=False, widget=widget)

    def validate(self, value: Any) -> None:
        pass


class PostForm(forms.Form):
    """What can be said of a post."""

    data: QueryDict

    caption = WordsField("Caption", CAPTION_LENGTH, rows=4)
    location = WordsField("Place", LOCATION_LENGTH, autocomplete="off")
    people = forms.CharField(
        label="People in it",
        required=False,
        help_text="Their user names, with commas or spaces between them.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    @classmethod
    def of(cls, post: Post) -> "PostForm":
        names = ", ".join(person["username"] for person in post.people if person.get("state") != Post.Tag.REMOVED)
        return cls(initial={"caption": post.caption, "location": post.location, "people": names})

    def words(self) -> dict[str, Any]:
        """Arguments for publish_post and edit_post, as they were typed."""
        self.is_valid()
        people = [name for name in re.split(r"[,;\s]+", self.data.get("people", "")) if name]
        return {
            "caption": self.data.get("caption", ""),
            "location": self.data.get("location", ""),
            "people": people,
        }

    def refuse(self, errors: dict[str, list[str]]) -> None:
        """Shows errors at their fields, above all fields where there is none of that name."""
        self.is_valid()
        for name, messages in errors.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)


class UploadForm(PostForm):
    photos = PhotosField(
        label="Photos",
        help_text=f"1 to {settings.MAX_PHOTOS_PER_POST} photos of at most {settings.MAX_PHOTO_BYTES // 2**20} MB each: "
        "JPEG, PNG, WebP, AVIF, HEIC or GIF.",
        widget=PhotosInput(
            {
                "accept": ACCEPTED,
                "data-max-files": settings.MAX_PHOTOS_PER_POST,
                "data-max-bytes": settings.MAX_PHOTO_BYTES,
                "data-alt-length": ALT_LENGTH,
            }
        ),
    )
    alt = forms.CharField(
        label="Descriptions",
        required=False,
        strip=False,
        help_text="For people who cannot see the photos: one line for each, in their order.",
        widget=forms.Textarea({"rows": 2}),
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput, initial=secrets.token_hex)

    field_order = ["photos", "caption", "location", "people", "alt", "key"]

    def words(self) -> dict[str, Any]:
        return {**super().words(), "alts": self._alts(), "idempotency_key": self.data.get("key", "")}

    def _alts(self) -> list[str]:
        """A field for each photo, or one with a line for each (without JavaScript)."""
        given: list[str] = self.data.getlist("alt")
        return given[0].replace("\r\n", "\n").split("\n") if len(given) == 1 else given

    def renewed(self, error: InvalidUpload) -> "UploadForm":
        """A form that was refused, words kept. After a conflict it starts anew under a key of its own."""
        data = self.data.copy()
        data.setlist("alt", ["\n".join(self._alts())])
        errors = error.errors
        if error.status == 409:
            data["key"] = secrets.token_hex()
            errors = {
                "": ["This form was sent before with other photos or words. See whether that post is what you wanted."]
            }
        form = type(self)(data)
        form.refuse(errors)
        return form


class CommentForm(forms.Form):
    text = WordsField("Comment", COMMENT_LENGTH, rows=2, required=True, placeholder="Say something kind")
