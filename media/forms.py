"""The forms of posts. They carry words to and fro; what is valid is said in uploads.py and services, for the pages and
for the API alike."""

import hashlib
import json
import re
import secrets
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from media.models import ALT_LENGTH, CAPTION_LENGTH, COMMENT_LENGTH, LOCATION_LENGTH, Photo, Post
from media.uploads import InvalidUpload
from photoapp import ids

ACCEPTED = "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,image/gif,.heic,.heif"

LONGEST_PLACE = 6  # digits; Python refuses to read numbers of thousands


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.Field):
    """Required, so that the page says so; that there are some is checked with the upload."""

    def validate(self, value: Any) -> None:
        pass


class WordsField(forms.CharField):
    """Words whose length the browser holds to; what is wrong with them is said by the service."""

    def __init__(self, label: Any, length: int, *, rows: int = 0, required: bool = False, **attrs: Any) -> None:
        limits: dict[str, Any] = {"maxlength": length, **attrs}
        widget = forms.Textarea({"rows": rows, **limits}) if rows else forms.TextInput(limits)
        super().__init__(label=label, required=required, strip=False, widget=widget)

    def validate(self, value: Any) -> None:
        pass


def offers(kind: str) -> dict[str, Any]:
    """Attributes of a field for which js/offers.js offers "people", "places" or "tags" while one types. `data-found` is
    what it says of how many it found."""
    return {
        "data-offer": kind,
        "data-offers": gettext_lazy("Suggestions"),
        "data-found": gettext_lazy("Found: {count}. Use the arrow keys to choose."),
        "data-none": gettext_lazy("Nothing found."),
    }


class PeopleInput(forms.TextInput):
    """User names with commas between them."""

    def __init__(self) -> None:
        plain = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__({**plain, **offers("people")})


class PostForm(forms.Form):
    """What can be said of a post."""

    data: QueryDict

    caption = WordsField(gettext_lazy("Caption"), CAPTION_LENGTH, rows=4, **offers("tags"))
    location = WordsField(gettext_lazy("Place"), LOCATION_LENGTH, autocomplete="off", **offers("places"))
    people = forms.CharField(
        label=gettext_lazy("People in it"),
        required=False,
        help_text=gettext_lazy("Their user names, with commas or spaces between them."),
        widget=PeopleInput,
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("Who can see it"),
        choices=[
            (Post.Audience.EVERYONE, gettext_lazy("Everyone")),
            (Post.Audience.FOLLOWERS, gettext_lazy("Followers only")),
        ],
        initial=Post.Audience.EVERYONE,
        widget=forms.RadioSelect,
    )

    def words(self) -> dict[str, Any]:
        """Arguments of the services, as they were typed."""
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
        self.errors.clear()
        for name, messages in errors.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)


def limits_in_words() -> str:
    values = {"count": settings.MAX_PHOTOS_PER_POST, "size": settings.MAX_PHOTO_BYTES // 2**20}
    text = _("1 to %(count)s photos of at most %(size)s MB each: JPEG, PNG, WebP, AVIF, HEIC or GIF.")
    return text % values


class UploadForm(PostForm):
    photos = PhotosField(
        label=gettext_lazy("Photos"),
        help_text=lazy(limits_in_words, str)(),
        widget=PhotosInput(
            {
                "accept": ACCEPTED,
                "data-max-files": settings.MAX_PHOTOS_PER_POST,
                "data-max-bytes": settings.MAX_PHOTO_BYTES,
            }
        ),
    )
    alt = forms.CharField(
        label=gettext_lazy("Descriptions"),
        required=False,
        strip=False,
        help_text=gettext_lazy("For people who cannot see the photos: one line for each, in their order."),
        widget=forms.Textarea({"rows": 2}),
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput, initial=secrets.token_hex)

    field_order = ["photos", "caption", "location", "people", "alt", "audience", "key"]

    def words(self) -> dict[str, Any]:
        return {
            **super().words(),
            "alts": self._alts(),
            "audience": self.data.get("audience", Post.Audience.EVERYONE),
            "idempotency_key": self.data.get("key", ""),
        }

    @property
    def staged(self) -> list[int]:
        """Ids of photos that were uploaded before, in their order; what is no id is none of them."""
        given = self.data.getlist("staged")
        numbers = [int(id) if id.isascii() and id.isdigit() and len(id) < 20 else 0 for id in given]
        return [number if number <= ids.MAX_ID else 0 for number in numbers]

    def _alts(self) -> list[str]:
        """A field for each photo, or one with a line for each (without JavaScript)."""
        given: list[str] = self.data.getlist("alt")
        if len(given) == 1 and not self.staged:
            return given[0].replace("\r\n", "\n").split("\n")
        return given

    def renewed(self, error: InvalidUpload) -> "UploadForm":
        """A form that was refused, words kept. After a conflict it starts anew under a key of its own."""
        data = self.data.copy()
        data.setlist("alt", ["\n".join(self._alts())])
        data.setdefault("audience", Post.Audience.EVERYONE)
        errors = error.errors
        if error.status == 409:
            data["key"] = secrets.token_hex()
            text = _("This form was sent before with other photos or words. See whether that post is what you wanted.")
            errors = {"": [text]}
        form = type(self)(data)
        form.refuse(errors)
        return form


class PhotoRow(NamedTuple):
    """A photo on the edit page, in the order that it stands in there."""

    photo: Photo
    alt: str
    position: str  # as typed; from 1
    error: str = ""


class EditForm(PostForm):
    comments_off = forms.BooleanField(label=gettext_lazy("Turn comments off"), required=False)
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    post: Post

    @classmethod
    def of(cls, post: Post) -> "EditForm":
        names = ", ".join(person["username"] for person in post.people if person.get("state") != Post.Tag.REMOVED)
        initial = {name: getattr(post, name) for name in ("caption", "location", "audience", "comments_off")}
        form = cls(initial={**initial, "people": names, "version": version_of(post)})
        form.post = post
        return form

    @classmethod
    def sent_for(cls, post: Post, data: QueryDict) -> "EditForm":
        form = cls(data)
        form.post = post
        return form

    def words(self) -> dict[str, Any]:
        """Raises InvalidUpload when the post was changed since the page was loaded, or photos have no proper order."""
        if self.data.get("version", version_of(self.post)) != version_of(self.post):
            data = self.data.copy()
            data["version"] = version_of(self.post)
            self.data = data
            text = _(
                "This post was changed meanwhile, in another window or app. What you typed is still here: "
                "save again to put it in place of the other change."
            )
            raise InvalidUpload({"": [text]}, status=409)
        alts = {row.photo.id: row.alt for row in self.rows()}
        return {
            **super().words(),
            "audience": self.data.get("audience"),
            "comments_off": "comments_off" in self.data,
            "alts": [alts[photo.id] for photo in self.post.card_photos],
            "order": self._order(),
        }

    def rows(self) -> list[PhotoRow]:
        """The photos with what is, or was typed, beside them."""
        photos = self.post.card_photos
        if not self.is_bound:
            return [PhotoRow(photo, photo.alt, str(number)) for number, photo in enumerate(photos, 1)]
        sent = self.data.getlist("photo") or [ids.encode(photo.id) for photo in photos]
        alts, positions = self.data.getlist("alt"), self.data.getlist("position")
        rows = []
        for number, photo in enumerate(photos):
            at = sent.index(ids.encode(photo.id)) if ids.encode(photo.id) in sent else number
            alt = alts[at] if at < len(alts) else photo.alt
            position = positions[at] if at < len(positions) else str(at + 1)
            error = ""
            if len(alt.strip()) > ALT_LENGTH:
                error = _("A description of a photo has at most %(limit)s characters.") % {"limit": ALT_LENGTH}
            elif _place(position) is None:
                error = _("Give this photo a number from 1 to %(count)s.") % {"count": len(photos)}
            rows.append((at, PhotoRow(photo, alt, position, error)))
        return [row for _, row in sorted(rows, key=lambda found: found[0])]

    def _order(self) -> list[int]:
        """By the numbers beside the photos. Where two have the same one, a photo that was moved up goes first, and one
        that was moved down goes last."""
        places = {photo.id: place for place, photo in enumerate(self.post.card_photos, 1)}
        ranked = []
        for at, row in enumerate(self.rows()):
            wanted, before = _place(row.position), places[row.photo.id]
            if wanted is None:
                raise InvalidUpload({"": [_("The photos need numbers for their order.")]})
            ranked.append((wanted, (wanted > before) - (wanted < before), at, row.photo.id))
        return [id for *_, id in sorted(ranked)]

    def refuse(self, errors: dict[str, list[str]]) -> None:
        """What is wrong with a description stands beside its photo."""
        if any(row.error for row in self.rows()):
            errors = {name: found for name, found in errors.items() if name != "alt"}
        super().refuse(errors)


def _place(text: str) -> int | None:
    """A number beside a photo; None for what is none, or longer than any that is meant."""
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= LONGEST_PLACE else None


def version_of(post: Post) -> str:
    """Another one after every change that the edit page can make."""
    people = [(person["id"], person.get("state")) for person in post.people]
    photos = [(photo.id, photo.alt) for photo in post.card_photos]
    said = [post.caption, post.location, people, post.audience, post.comments_off, photos]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


class CommentForm(forms.Form):
    text = WordsField(
        gettext_lazy("Comment"),
        COMMENT_LENGTH,
        rows=2,
        required=True,
        placeholder=gettext_lazy("Say something kind"),
    )
