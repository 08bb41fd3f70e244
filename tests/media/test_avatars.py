"""Members' pictures: what is taken, what is made of it, who is shown it."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client
from PIL import Image

from media import avatars
from media.avatars import SIZE
from media.imaging import InvalidPhoto
from media.models import Author
from photoapp import ids, outbox
from tests.people import jpeg
from users import deletion, services
from users.models import User
from users.templatetags.avatars import colour, initials

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def picture_of(user: User) -> Image.Image:
    return Image.open(BytesIO(Client().get(f"/{user.avatar}").content))


def files_of(user: User) -> list[str]:
    mine = f"{ids.encode(user.id)}-"
    return [f"avatars/{name}" for name in default_storage.listdir("avatars")[1] if name.startswith(mine)]


def thirds(size: tuple[int, int]) -> SimpleUploadedFile:
    """Red, green and blue from left to right: a crop from the middle is green."""
    image = Image.new("RGB", size, "red")
    width, height = size
    image.paste((0, 160, 0), (width // 3, 0, 2 * width // 3, height))
    image.paste((0, 0, 255), (2 * width // 3, 0, width, height))
    file = BytesIO()
    image.save(file, "PNG")
    return SimpleUploadedFile("thirds.png", file.getvalue(), "image/png")


@pytest.mark.parametrize("size", [(64, 48), (1800, 600), (900, 300), (600, 1800)])
def test_a_square_from_the_middle(alice: User, size: tuple[int, int]) -> None:
    avatars.set_avatar(user=alice, file=thirds(size))
    picture = picture_of(alice)
    assert (picture.size, picture.format) == ((SIZE, SIZE), "WEBP")
    red, green, blue = picture.convert("RGB").getpixel((SIZE // 2, SIZE // 2))
    assert green > 120 and red < 60 and blue < 60


def colour_at(picture: Image.Image, x: int, y: int = SIZE // 2) -> str:
    parts = dict(zip(("red", "green", "blue"), picture.convert("RGB").getpixel((x, y)), strict=True))  # type: ignore[arg-type]
    return max(parts, key=lambda name: parts[name])


@pytest.mark.parametrize(
    ("crop", "left", "right"),
    [
        (avatars.Crop(0, 0, 1), "red", "red"),
        (avatars.Crop(2 / 3, 0, 1), "blue", "blue"),
        (avatars.Crop(1 / 6, 0, 1), "red", "green"),
        (avatars.Crop(0.4, 0.25, 0.2), "green", "green"),
        (avatars.Crop(5, -3, 99), "blue", "blue"),
        (avatars.Crop(-1, 0, 0), "red", "red"),
    ],
)
def test_the_part_that_was_chosen(alice: User, crop: avatars.Crop, left: str, right: str) -> None:
    avatars.set_avatar(user=alice, file=thirds((1800, 600)), crop=crop)
    picture = picture_of(alice)
    assert picture.size == (SIZE, SIZE)
    assert (colour_at(picture, 20), colour_at(picture, SIZE - 20)) == (left, right)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 1000), (1000, 3), (640, 480)])
@pytest.mark.parametrize("crop", [avatars.Crop(0, 0, 1), avatars.Crop(1, 1, 1), avatars.Crop(0.99, 0.99, 0.01)])
def test_a_part_is_inside_the_picture(crop: avatars.Crop, width: int, height: int) -> None:
    left, top, side = crop.square(width, height)
    assert side >= 1 and 0 <= left <= width - side and 0 <= top <= height - side


def test_a_small_part_is_taken_from_a_large_rendition(alice: User) -> None:
    """Sharp: not from the one that the whole picture would need."""
    avatars.set_avatar(user=alice, file=thirds((3000, 2000)), crop=avatars.Crop(0.333, 0.3, 0.3))
    assert {colour_at(picture_of(alice), x) for x in (4, SIZE // 2)} == {"green"}


def test_it_is_beside_the_posts_at_once(alice: User) -> None:
    avatars.set_avatar(user=alice, file=jpeg())
    assert Author.objects.for_owner(alice.id).get().avatar == alice.avatar != ""


def test_a_new_picture_has_a_new_name_and_the_old_file_goes(alice: User) -> None:
    avatars.set_avatar(user=alice, file=jpeg("red"))
    old = alice.avatar
    avatars.set_avatar(user=alice, file=jpeg("blue"))
    assert alice.avatar != old
    outbox.drain()
    assert not default_storage.exists(old) and default_storage.exists(alice.avatar)
    assert Client().get(f"/{old}").status_code == 404
    avatars.remove_avatar(user=alice)
    outbox.drain()
    assert (alice.avatar, files_of(alice)) == ("", [])


def test_two_forms_at_once_leave_one_file(alice: User) -> None:
    same = User.objects.get(id=alice.id)
    avatars.set_avatar(user=alice, file=jpeg("red"))
    avatars.set_avatar(user=same, file=jpeg("blue"))
    outbox.drain()
    assert files_of(alice) == [same.avatar]


@pytest.mark.parametrize(
    ("data", "status"), [(b"", 400), (b"not a picture", 415), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415)]
)
def test_what_is_no_photo_changes_nothing(client_of: ClientOf, alice: User, data: bytes, status: int) -> None:
    avatars.set_avatar(user=alice, file=jpeg())
    before = alice.avatar
    answer = client_of(alice).post("/settings/avatar/", {"avatar": SimpleUploadedFile("me.jpg", data)})
    assert answer.status_code == status
    assert 'aria-invalid="true"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.avatar == before
    with pytest.raises(InvalidPhoto):
        avatars.set_avatar(user=alice, file=SimpleUploadedFile("me.jpg", data))


def test_when_the_row_cannot_be_written_the_file_goes(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**changes: object) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(avatars, "update_profile", refuse)
    with pytest.raises(RuntimeError):
        avatars.set_avatar(user=alice, file=jpeg())
    assert files_of(alice) == []


def test_the_settings_page(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    assert client.post("/settings/avatar/", {"avatar": jpeg()})["Location"] == "/settings/avatar/"
    alice.refresh_from_db()
    assert f'src="/{alice.avatar}"' in client.get("/settings/avatar/").content.decode()
    assert client.post("/settings/avatar/", {"action": "save"}).status_code == 400
    client.post("/settings/avatar/", {"action": "remove"})
    alice.refresh_from_db()
    assert alice.avatar == ""
    assert Client().get("/settings/avatar/")["Location"] == "/login/?next=/settings/avatar/"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"x": "0", "y": "0", "size": "1"}, "red"),
        ({"x": "0.66667", "y": "0", "size": "1"}, "blue"),
        ({}, "green"),
        ({"x": "", "y": "", "size": ""}, "green"),
        ({"x": "nan", "y": "inf", "size": "1"}, "green"),
        ({"x": "0", "y": "0"}, "green"),
    ],
)
def test_the_page_sends_the_part(client_of: ClientOf, alice: User, words: dict[str, str], expected: str) -> None:
    answer = client_of(alice).post("/settings/avatar/", {"avatar": thirds((900, 300)), **words})
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert colour_at(picture_of(alice), SIZE // 2) == expected


def test_a_picture_that_takes_too_long(client_of: ClientOf, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(path: object, *, timeout: float) -> None:
        assert timeout == avatars.SECONDS
        raise InvalidPhoto("timeout", "This photo takes too long to process.")

    monkeypatch.setattr(avatars, "render", slow)
    answer = client_of(alice).post("/settings/avatar/", {"avatar": jpeg()})
    assert answer.status_code == 400
    assert "Please try a smaller one." in answer.content.decode()
    alice.refresh_from_db()
    assert alice.avatar == ""


def test_files_are_public_and_cached(alice: User) -> None:
    services.update_profile(user=alice, is_private=True)
    avatars.set_avatar(user=alice, file=jpeg())
    answer = Client().get(f"/{alice.avatar}")
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=86400, s-maxage=3600"
    assert not answer.cookies and "Cookie" not in answer.get("Vary", "")
    again = Client().get(f"/{alice.avatar}", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["x", "abc-short", "..%2F..%2Fsecret_key", "1111-0000000000000000"])
def test_other_names_are_nothing(db: None, name: str) -> None:
    assert Client().get(f"/avatars/{name}.webp").status_code == 404


def test_a_deleted_member_takes_the_picture_along(alice: User) -> None:
    avatars.set_avatar(user=alice, file=jpeg())
    outbox.drain()
    deletion.erase_account(user=alice)
    outbox.drain()
    assert not default_storage.exists(alice.avatar)


def test_initials_stand_in_for_a_picture(alice: User) -> None:
    def render(person: object) -> str:
        return Template("{% load avatars %}{% avatar person 40 %}").render(Context({"person": person}))

    author = Author(id=alice.id, username="alice", display_name="Alice van Dyke")
    assert ">AD</text>" in render(author)
    assert "style=" not in render(author)
    author.avatar = "avatars/x.webp"
    assert render(author).startswith('<img class="avatar" src="/avatars/x.webp" width="40"')


@pytest.mark.parametrize(
    ("name", "expected"), [("", "A"), ("花", "花"), ("  ", "A"), ("♥ Eve ♥", "E"), ("<i>", "A"), ("Jo B", "JB")]
)
def test_initials(name: str, expected: str) -> None:
    assert initials(Author(username="alice", display_name=name)) == expected


def test_white_letters_are_readable_on_every_colour() -> None:
    def luminance(hex: str) -> float:
        parts = [int(hex[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert min(1.05 / (luminance(colour(id)) + 0.05) for id in range(360)) >= 4.5
