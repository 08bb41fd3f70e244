"""What is asked of an upload before anything is stored. Everything a person can get wrong has its message here."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from media.imaging import Checked, InvalidPhoto, check
from media.models import ALT_LENGTH, CAPTION_LENGTH, LOCATION_LENGTH, Post
from users.models import User
from users.selectors import relations, users_by_names

MAX_PEOPLE = 20


class InvalidUpload(Exception):
    """`errors` by field, for people to read; `status` is 400, 409, 410, 413 or 415."""

    def __init__(self, errors: dict[str, list[str]], status: int = 400) -> None:
        super().__init__(errors)
        self.errors = errors
        self.status = status


def hashed_key(key: str) -> str:
    """An idempotency key as UploadKey keeps it: whatever a client sends, it has 64 characters."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass
class Words:
    """What is said of the photos of a post, valid."""

    caption: str = ""
    location: str = ""
    people: list[dict[str, str]] = field(default_factory=list)  # as in Post.people
    alts: list[str] = field(default_factory=list)  # one per photo
    audience: str = Post.Audience.EVERYONE

    def fingerprint_with(self, photos: Iterable[str]) -> str:
        """SHA-256 over all of it: the same key with another fingerprint is a mistake of the client."""
        digest = hashlib.sha256()
        names = ",".join(person["id"] for person in self.people)
        for part in (self.caption, self.location, names, self.audience, *self.alts, *photos):
            digest.update(hashlib.sha256(part.encode()).digest())
        return digest.hexdigest()


@dataclass
class Upload(Words):
    """A valid upload: checked files, and the words and people that go with them."""

    files: list[UploadedFile] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        return self.fingerprint_with(photo.sha256 for photo in self.checked)


def check_upload(*, owner: User, photos: Sequence[UploadedFile], **words: Any) -> Upload:
    """`words` as in check_words. Raises InvalidUpload with every error at its field."""
    errors: dict[str, list[str]] = {}
    found = check_words(owner=owner, count=len(photos), errors=errors, **words)
    checked, status = _check_photos(photos, errors)
    if errors:
        raise InvalidUpload(errors, status)
    return Upload(**vars(found), files=list(photos), checked=checked)


def check_words(
    *,
    owner: User,
    count: int,
    errors: dict[str, list[str]],
    caption: str = "",
    location: str = "",
    people: Sequence[str] = (),
    alts: Sequence[str] = (),
    audience: str = Post.Audience.EVERYONE,
) -> Words:
    """The words for `count` photos; what is wrong with them is added to `errors`."""
    caption, location, alts = clean_words(caption, location, alts, errors)
    tagged = clean_people(owner, people, errors)
    clean_audience(audience, errors)
    if count == 0:
        errors["photos"] = [_("Choose at least one photo.")]
    elif count > (limit := settings.MAX_PHOTOS_PER_POST):
        errors["photos"] = [too_many(limit, count)]
    padded = [*alts, *[""] * count][:count]
    return Words(caption, location, tagged, padded, audience)


def too_many(limit: int, count: int) -> str:
    return _("A post has at most %(limit)s photos; these are %(count)s.") % {"limit": limit, "count": count}


def clean_words(
    caption: str, location: str, alts: Sequence[str], errors: dict[str, list[str]]
) -> tuple[str, str, list[str]]:
    caption, location = _clean(caption), " ".join(_clean(location).split())
    cleaned = [_clean(alt) for alt in alts]
    if len(caption) > CAPTION_LENGTH:
        text = _("A caption has at most %(limit)s characters; this one has %(count)s.")
        errors["caption"] = [text % {"limit": f"{CAPTION_LENGTH:,}", "count": f"{len(caption):,}"}]
    if len(location) > LOCATION_LENGTH:
        errors["location"] = [_("A place has at most %(limit)s characters.") % {"limit": LOCATION_LENGTH}]
    if any(len(alt) > ALT_LENGTH for alt in cleaned):
        errors["alt"] = [_("A description of a photo has at most %(limit)s characters.") % {"limit": ALT_LENGTH}]
    return caption, location, cleaned


def _clean(text: str) -> str:
    """No NUL (PostgreSQL refuses it) and one kind of line end."""
    return text.replace("\0", "").replace("\r\n", "\n").strip()


def clean_audience(audience: str | None, errors: dict[str, list[str]]) -> None:
    if audience is not None and audience not in Post.Audience.values:
        errors["audience"] = [_("Choose who may see this: everyone or followers.")]


def clean_people(
    owner: User,
    names: Sequence[str],
    errors: dict[str, list[str]],
    before: Sequence[dict[str, str]] = (),
) -> list[dict[str, str]]:
    """Tagged members as they are kept with the post (Post.people). Those who blocked each other do not know of each
    other. `before` are the tags so far: what a member said of a tag stays said."""
    wanted = list(dict.fromkeys(name.strip().lstrip("@").lower() for name in names if name.strip().lstrip("@")))
    if len(wanted) > MAX_PEOPLE:
        errors["people"] = [_("At most %(limit)s people can be tagged in a post.") % {"limit": MAX_PEOPLE}]
        return []
    found = users_by_names(wanted)
    known = relations(owner.id, [user.id for user in found.values()]) if found else {}
    apart = {id for id, relation in known.items() if relation.blocks or relation.blocked_by}
    missing = [name for name in wanted if name not in found or found[name].id in apart]
    if missing:
        errors["people"] = [_("There is no member called %(name)s.") % {"name": name} for name in missing]
    so_far = {person["id"]: person.get("state", Post.Tag.SHOWN) for person in before}
    refused = [name for name in wanted if name in found and so_far.get(str(found[name].id)) == Post.Tag.REMOVED]
    if refused:
        said = _("%(name)s removed this tag and cannot be tagged here again.")
        errors.setdefault("people", []).extend(said % {"name": name} for name in refused)
    tags = [tag_of(found[name], owner, so_far) for name in wanted if name not in missing]
    return as_said(tags, before)


def as_said(tags: Sequence[dict[str, str]], before: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """These tags, each in the state it had before, and those that were removed by whom they name."""
    so_far = {tag["id"]: tag.get("state", Post.Tag.SHOWN) for tag in before}
    ids = {tag["id"] for tag in tags}
    gone = [tag for tag in before if tag.get("state") == Post.Tag.REMOVED and tag["id"] not in ids]
    return [*({**tag, "state": str(so_far.get(tag["id"], tag["state"]))} for tag in tags), *gone]


def tag_of(user: User, owner: User, so_far: dict[str, str]) -> dict[str, str]:
    fresh = Post.Tag.ASKED if user.approve_tags and user.id != owner.id else Post.Tag.SHOWN
    state = so_far.get(str(user.id), fresh)
    if user.id == owner.id:
        state = Post.Tag.SHOWN
    return {"id": str(user.id), "username": user.username, "state": str(state)}


def _check_photos(photos: Sequence[UploadedFile], errors: dict[str, list[str]]) -> tuple[list[Checked], int]:
    """The checked photos and the status of the first error."""
    if "photos" in errors:  # too few or too many
        return [], 400
    checked: list[Checked] = []
    refused: list[InvalidPhoto] = []
    for file in photos:
        try:
            checked.append(check(file, name=file.name or ""))  # type: ignore[arg-type]
        except InvalidPhoto as error:
            refused.append(error)
            label = f"{file.name}: " if len(photos) > 1 and file.name else ""
            errors.setdefault("photos", []).append(f"{label}{error.message}")
    return checked, refused[0].status if refused else 400


def check_one(photo: UploadedFile | None) -> Checked:
    """A photo by itself. Raises InvalidUpload."""
    if photo is None:
        raise InvalidUpload({"photo": [_("Choose a photo.")]})
    try:
        return check(photo, name=photo.name or "")  # type: ignore[arg-type]
    except InvalidPhoto as error:
        raise InvalidUpload({"photo": [error.message]}, error.status) from error
