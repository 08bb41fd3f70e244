import re
from collections.abc import Callable
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from media import uploads
from media.imaging import InvalidPhoto
from media.models import Photo, Post
from photoapp import outbox
from tests import people
from tests.media.imaging_samples import png_of, sample
from users.models import User

ClientOf = Callable[[User], Client]


def posts_of(user: User) -> list[Post]:
    return list(Post.objects.for_owner(user.id).order_by("id"))


def form_key(html: str) -> str:
    found = re.search(r'name="key" value="(\w+)"', html)
    assert found
    return found[1]


def file(data: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_the_form_says_the_limits_before_anything_is_chosen(alice: User, client_of: ClientOf) -> None:
    html = client_of(alice).get("/upload/").content.decode()
    assert "1 to 10 photos of at most 40 MB each" in html
    assert "multiple" in html and ".heic" in html and 'maxlength="2200"' in html
    assert form_key(html) != form_key(client_of(alice).get("/upload/").content.decode())


def test_visitors_are_sent_to_the_login(db: None) -> None:
    for method in ("get", "post"):
        response = getattr(Client(headers={"Sec-Fetch-Site": "same-origin"}), method)("/upload/")
        assert response["Location"] == "/login/?next=/upload/"


def test_photos_and_words_become_a_post(alice: User, bob: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    words = {
        "caption": "Harbour\r\nat night #sea",
        "location": "  Kiel ",
        "people": "@Bob",
        "alt": "a ship\r\n\r\na gull",
        "photos": [people.jpeg(name=f"{number}.jpg") for number in range(3)],
        "key": form_key(client.get("/upload/").content.decode()),
    }
    response = client.post("/upload/", words)
    [post] = posts_of(alice)
    assert response["Location"] == post.get_absolute_url()
    assert "Your photos are being prepared" in client.get(post.get_absolute_url()).content.decode()
    outbox.drain()
    html = client_of(bob).get(post.get_absolute_url()).content.decode()
    assert "Harbour\nat night" in html and "Kiel" in html and "@bob" in html
    photos = Photo.objects.on_shard_of(post.id).filter(post_id=post.id)
    assert [photo.alt for photo in photos] == ["a ship", "", "a gull"]
    assert html.count('class="photo"') == 3


def test_a_description_for_each_photo(alice: User, client_of: ClientOf) -> None:
    photos = [people.jpeg(), people.jpeg(color=(1, 2, 3))]
    client_of(alice).post("/upload/", {"photos": photos, "alt": ["", "two"]})
    [post] = posts_of(alice)
    assert [photo.alt for photo in Photo.objects.on_shard_of(post.id).filter(post_id=post.id)] == ["", "two"]


def test_a_form_sent_twice_makes_one_post(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    key = form_key(client.get("/upload/").content.decode())
    first, second = (client.post("/upload/", {"photos": people.jpeg(), "key": key}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert len(posts_of(alice)) == 1


def test_a_form_sent_again_with_other_words_is_a_conflict_that_can_be_mended(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    key = form_key(client.get("/upload/").content.decode())
    client.post("/upload/", {"photos": people.jpeg(), "key": key})
    response = client.post("/upload/", {"photos": people.jpeg(), "key": key, "caption": "Another"})
    html = response.content.decode()
    assert response.status_code == 409
    assert "sent before with other photos or words" in html and "Another" in html
    assert form_key(html) != key
    again = client.post("/upload/", {"photos": people.jpeg(), "key": form_key(html), "caption": "Another"})
    assert again.status_code == 302
    assert [post.caption for post in posts_of(alice)] == ["", "Another"]


BAD_FILES = [
    ("empty file", b"", 400, "is empty"),
    ("text", b"This is no photo at all", 415, "is not a photo"),
    ("cut off", sample("jpeg")[:-500], 400, "is incomplete"),
    ("drawing", b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "an SVG drawing"),
    ("bomb", png_of(40_000, 20_000), 400, "megapixels; at most 50"),
]


@pytest.mark.parametrize(("name", "data", "status", "message"), BAD_FILES, ids=[bad[0] for bad in BAD_FILES])
def test_what_is_no_photo_is_refused_at_its_field(
    alice: User, client_of: ClientOf, name: str, data: bytes, status: int, message: str
) -> None:
    refused(client_of(alice), {"photos": file(data)}, status, message)
    assert posts_of(alice) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"photos": []}, "Choose at least one photo."),
        ({"caption": "x" * 3000}, "A caption has at most 2,200 characters; this one has 3,000."),
        ({"location": "x" * 101}, "A place has at most 100 characters."),
        ({"people": "nobody"}, "There is no member called nobody."),
        ({"people": " ".join(f"member{number}" for number in range(21))}, "At most 20 people"),
        ({"alt": "x" * 501}, "A description of a photo has at most 500 characters."),
    ],
)
def test_what_is_wrong_with_words_is_said_at_their_fields(
    alice: User, client_of: ClientOf, words: dict[str, object], message: str
) -> None:
    refused(client_of(alice), {"photos": people.jpeg(), **words}, 400, message)
    assert posts_of(alice) == []


def test_eleven_photos_are_too_many(alice: User, client_of: ClientOf) -> None:
    photos = [people.jpeg() for _ in range(11)]
    refused(client_of(alice), {"photos": photos}, 400, "A post has at most 10 photos; these are 11.")
    assert posts_of(alice) == []


def test_a_photo_that_is_too_large(alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*args: object, **kwargs: object) -> None:
        raise InvalidPhoto("too_large", "“photo.jpg” is larger than 40 MB.", 413)

    monkeypatch.setattr(uploads, "check", too_large)
    refused(client_of(alice), {"photos": people.jpeg()}, 413, "larger than 40 MB")


def refused(client: Client, words: dict[str, object], status: int, message: str) -> None:
    """The form comes back with the message, the other words as they were, and the key for another try."""
    key = form_key(client.get("/upload/").content.decode())
    sent = {"caption": "My words <&>", "location": "Kiel", "key": key, **words}
    response = client.post("/upload/", sent)
    html = response.content.decode()
    assert response.status_code == status
    assert message in html
    assert 'aria-invalid="true"' in html
    if "caption" not in words:
        assert "My words &lt;&amp;&gt;" in html
    if "location" not in words:
        assert 'value="Kiel"' in html
    assert form_key(html) == key
    assert "the photos need to be chosen again" in html


def test_a_store_that_is_away_acknowledges_nothing_and_asks_to_come_again(
    alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)
    key = form_key(client.get("/upload/").content.decode())

    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", away)
        response = client.post("/upload/", {"photos": people.jpeg(), "caption": "My words", "key": key})
    html = response.content.decode()
    assert response.status_code == 503 and int(response["Retry-After"]) > 0
    assert "could not be stored just now" in html and "My words" in html
    assert all(post.state == Post.State.RESERVED for post in posts_of(alice))

    again = client.post("/upload/", {"photos": people.jpeg(), "caption": "My words", "key": form_key(html)})
    assert again.status_code == 302
    assert [post.state for post in posts_of(alice)] == [Post.State.UPLOADED]


def test_a_body_that_did_not_arrive_whole_is_not_published(alice: User, client_of: ClientOf) -> None:
    """A browser that went away between two photos: the form up to there is well-formed."""
    data = {"caption": "Cut off", "photos": [people.jpeg(), people.jpeg(color=(1, 2, 3))]}
    whole = encode_multipart(BOUNDARY, data)
    second = whole.rindex(b"--" + BOUNDARY.encode(), 0, len(whole) - len(BOUNDARY) - 10)
    for end in (second, second + 200):
        response = client_of(alice).generic(
            "POST",
            "/upload/",
            content_type=MULTIPART_CONTENT,
            **{"wsgi.input": BytesIO(whole[:end]), "CONTENT_LENGTH": str(len(whole))},
        )
        assert response.status_code == 400
        assert "was cut off on its way" in response.content.decode()
    assert posts_of(alice) == []


def test_a_body_without_a_length_or_too_long_is_refused_unread(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.post("/upload/", headers={"Transfer-Encoding": "chunked"}).status_code == 411
    limit = settings.MAX_PHOTO_BYTES * settings.MAX_PHOTOS_PER_POST + 3_000_000
    assert client.post("/upload/", CONTENT_LENGTH=str(limit)).status_code == 413
    assert posts_of(alice) == []


def test_other_sites_cannot_upload_for_a_member(alice: User, client_of: ClientOf) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    client.cookies = client_of(alice).cookies
    assert client.post("/upload/", {"photos": people.jpeg()}).status_code == 403
    assert posts_of(alice) == []
