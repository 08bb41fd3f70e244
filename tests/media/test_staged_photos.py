"""`/upload/photos/` and the sharing of what it stored, as the upload page's script uses them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from media.models import Photo, Post, StagedPhoto
from photoapp import outbox
from tests.e2e.photos import camera_files
from tests.people import jpeg
from tests.queries import counted_queries
from users.models import User

ClientOf = Callable[[User], Client]
URL = "/upload/photos/"
JSON = {"Accept": "application/json"}


def send(client: Client, number: int = 0, **fields: Any) -> Any:
    fields = {"key": f"photo-{number:04}", "photo": jpeg((number % 255, 9, 9)), **fields}
    return client.post(URL, fields, headers=JSON)


def share(client: Client, ids: list[str], **fields: Any) -> Any:
    return client.post("/upload/", {"staged": ids, **fields}, headers=JSON)


def staged(owner: User) -> int:
    return StagedPhoto.objects.for_owner(owner.id).count()


def test_a_photo_is_stored_and_said_to_be(alice: User, client_of: ClientOf) -> None:
    answer = send(client_of(alice))
    assert answer.status_code == 201
    body = answer.json()
    (row,) = StagedPhoto.objects.for_owner(alice.id)
    assert body == {"id": str(row.id), "key": "photo-0000", "width": 64, "height": 48, "place": "", "removed": []}
    assert send(client_of(alice)).json() == body
    assert staged(alice) == 1


def test_a_cameras_photo_says_what_is_taken_out_and_where_it_was(alice: User, client_of: ClientOf) -> None:
    path = next((path for path in camera_files() if path.name == "gps-nikon-1.jpg"), None)
    if path is None:
        pytest.skip("no camera files")
    body = send(client_of(alice), photo=SimpleUploadedFile(path.name, path.read_bytes())).json()
    assert body["place"] == "Arezzo, Italy"
    assert body["removed"][:2] == ["where it was taken", "when it was taken"]


def test_photos_are_shared_in_the_order_of_their_ids(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    ids = [send(client, number).json()["id"] for number in range(3)][::-1]
    words = {"caption": "Three", "alt": ["c", "", "a"], "key": "k", "audience": "followers", "remind": "off"}
    answer = share(client, ids, **words)
    (post,) = Post.objects.for_owner(alice.id)
    assert (answer.status_code, answer.json()) == (201, {"post": post.get_absolute_url()})
    photos = Photo.objects.on_shard_of(post.id).filter(post_id=post.id)
    assert [(str(photo.id), photo.alt) for photo in photos] == list(zip(ids, ["c", "", "a"], strict=True))
    assert (post.caption, post.audience) == ("Three", "followers")
    alice.refresh_from_db()
    assert not alice.remind_alt
    assert share(client, ids, **words).json() == answer.json(), "the same again"
    assert Post.objects.for_owner(alice.id).count() == 1
    outbox.drain()
    assert "Three" in client.get(post.get_absolute_url()).content.decode()


def test_what_is_stored_can_be_asked_for(alice: User, charlie: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    ids = [send(client, number).json()["id"] for number in range(2)]
    asked = f"{URL}?keys=photo-0000,photo-0001,photo-0002&post=k"
    found = client.get(asked).json()
    assert [photo["id"] for photo in found["photos"]] == ids and found["post"] is None
    assert client_of(charlie).get(asked).json() == {"photos": [], "post": None}
    path = share(client, ids, key="k").json()["post"]
    assert client.get(asked).json() == {"photos": [], "post": path}
    assert client_of(charlie).get(asked).json()["post"] is None


def test_what_is_wrong_is_said_in_words_and_by_status(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    cases = [
        ({"photo": SimpleUploadedFile("a.txt", b"no photo at all")}, 415, "is not a photo"),
        ({"photo": SimpleUploadedFile("a.jpg", b"")}, 400, "is empty"),
        ({"photo": SimpleUploadedFile("a.jpg", jpeg().read()[:-200])}, 400, "is incomplete"),
        ({"photo": ""}, 400, "Choose a photo."),
        ({"key": "x"}, 400, "no name of its own"),
    ]
    for fields, status, message in cases:
        answer = send(client, **fields)
        assert answer.status_code == status
        assert message in answer.json()["detail"]
    assert send(client).status_code == 201
    assert send(client, photo=jpeg((1, 2, 3))).status_code == 409
    errors = share(client, ["1"], caption="x" * 3000, people="nobody").json()["errors"]
    assert set(errors) == {"caption", "people"}
    assert share(client, ["1"]).status_code == 410
    assert client.get(f"{URL}?keys=a%00b,&post=%00").json() == {"photos": [], "post": None}
    assert client.post(URL, {"key": "a\0b", "action": "remove"}).status_code == 204
    for nonsense in ("", "x", "-1", "9" * 40, "9" * 19, "²"):
        assert share(client, [nonsense]).status_code == 410
    assert not Post.objects.for_owner(alice.id).exists()


def test_a_store_that_is_away(alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", lambda name, file: (_ for _ in ()).throw(OSError("away")))
        answer = send(client_of(alice))
        whole = client_of(alice).post("/upload/", {"photos": jpeg()}, headers=JSON)
    assert whole.status_code == 503 and "could not be stored just now" in str(whole.json()["errors"])
    assert answer.status_code == 503 and int(answer["Retry-After"]) > 0
    assert "could not be stored just now" in answer.json()["detail"]
    assert send(client_of(alice)).status_code == 201


def test_a_body_that_did_not_arrive_whole_is_not_kept(alice: User, client_of: ClientOf) -> None:
    whole = encode_multipart(BOUNDARY, {"key": "photo-0000", "photo": jpeg(), "end": "x" * 500})
    cut = {"wsgi.input": BytesIO(whole[:-300]), "CONTENT_LENGTH": str(len(whole))}
    answer = client_of(alice).generic("POST", URL, content_type=MULTIPART_CONTENT, **cut)
    assert answer.status_code == 400
    assert answer.json()["again"] is True
    assert staged(alice) == 0


def test_a_photo_is_removed_by_its_owner_alone(alice: User, charlie: User, client_of: ClientOf) -> None:
    send(client_of(alice))
    for client, left in ((client_of(charlie), 1), (client_of(alice), 0), (client_of(alice), 0)):
        assert client.post(URL, {"key": "photo-0000", "action": "remove"}).status_code == 204
        assert staged(alice) == left


def test_a_page_acts_only_for_the_member_it_was_made_for(alice: User, bob: User, client_of: ClientOf) -> None:
    """bob logged in in the browser where a page of alice is still open."""
    client = client_of(bob)
    for answer in (
        send(client, member=alice.id),
        share(client, ["1"], member=alice.id),
        client.get(f"{URL}?member={alice.id}"),
    ):
        assert answer.status_code == 403
        assert "Somebody else is logged in" in answer.json()["detail"]
    assert send(client, member=bob.id).status_code == 201
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert [send(visitor).status_code, share(visitor, ["1"]).status_code] == [401, 401]
    assert staged(alice) == 0


def test_other_sites_cannot_store_photos_for_a_member(alice: User, client_of: ClientOf) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    client.cookies = client_of(alice).cookies
    assert send(client).status_code == 403
    assert staged(alice) == 0


def test_asking_costs_the_same_for_two_photos_and_for_thirty(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)

    def queries(count: int) -> dict[str, int]:
        for number in range(count):
            send(client, number)
        keys = ",".join(f"photo-{number:04}" for number in range(count))
        with counted_queries() as counted:
            assert len(client.get(f"{URL}?keys={keys}&post=k").json()["photos"]) == count
        return dict(counted)

    assert queries(2) == queries(30)
