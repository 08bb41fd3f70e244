from collections.abc import Callable
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client
from knox.models import AuthToken
from PIL import Image

from media.models import FORMATS, WIDTHS, Photo, Post
from media.services import publish_post
from photoapp import ids, outbox
from tests import people
from tests.queries import counted_queries
from users.models import User
from users.services import block, update_profile

ClientOf = Callable[[User], Client]


def photo_of(post: Post) -> Photo:
    return Photo.objects.on_shard_of(post.id).get(post_id=post.id)


def body(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def go_private(user: User) -> None:
    update_profile(user=user, is_private=True)
    outbox.drain()


def test_every_rendition_is_served_as_what_it_is(alice: User, client: Client) -> None:
    photo = photo_of(people.upload(alice))
    for width in WIDTHS:
        for format in FORMATS:
            response = client.get(photo.url(width, format))
            data = body(response)
            assert response.status_code == 200
            assert response["Content-Type"] == {"webp": "image/webp", "jpg": "image/jpeg"}[format]
            assert int(response["Content-Length"]) == len(data)
            assert Image.open(BytesIO(data)).format == {"webp": "WEBP", "jpg": "JPEG"}[format]
            assert response["X-Content-Type-Options"] == "nosniff"
            assert response["Content-Security-Policy"] == "default-src 'none'"
            assert response["Content-Disposition"].startswith("inline")


def test_public_bytes_may_be_shared_and_carry_nothing_of_the_reader(
    alice: User, bob: User, client: Client, client_of: ClientOf
) -> None:
    url = photo_of(people.upload(alice)).url(640)
    for reader in (client, client_of(bob), client_of(alice)):
        with counted_queries() as counts:
            response = reader.get(url)
        assert response["Cache-Control"] == "public, max-age=86400, s-maxage=60"
        assert not response.cookies and "Cookie" not in response.get("Vary", "")
        assert sum(counts.values()) == 1


def test_unchanged_bytes_are_not_sent_again(alice: User, client: Client) -> None:
    url = photo_of(people.upload(alice)).url(640)
    first = client.get(url)
    assert first["ETag"].startswith('"')
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again["Cache-Control"] == first["Cache-Control"] and again["ETag"] == first["ETag"]
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_private_bytes_are_for_owner_followers_and_staff(
    alice: User, bob: User, charlie: User, client: Client, client_of: ClientOf
) -> None:
    url = photo_of(people.upload(alice)).url(640)
    etag = client.get(url)["ETag"]
    staff = people.make_user("moderator", is_staff=True)
    go_private(alice)
    for reader in (alice, bob, staff):
        response = client_of(reader).get(url)
        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-cache"
    blocked = people.make_user("dora")
    block(blocker=alice, blocked=blocked)
    for stranger in (client, client_of(charlie), client_of(blocked)):
        for headers in ({}, {"If-None-Match": etag}):
            response = stranger.get(url, headers=headers)
            assert response.status_code == 404
            assert response["Cache-Control"] == "no-store"


def test_an_end_of_following_ends_the_access(alice: User, bob: User, client_of: ClientOf) -> None:
    url = photo_of(people.upload(alice)).url(640)
    go_private(alice)
    client = client_of(bob)
    etag = client.get(url)["ETag"]
    block(blocker=alice, blocked=bob)
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 404


def test_clients_of_the_api_come_with_their_token(alice: User, bob: User, charlie: User, client: Client) -> None:
    url = photo_of(people.upload(alice)).url(640)
    go_private(alice)
    tokens = {user.username: AuthToken.objects.create(user=user)[1] for user in (bob, charlie)}
    for token, status in ((tokens["bob"], 200), (tokens["charlie"], 404), ("nonsense", 404), ("\xff", 404)):
        assert client.get(url, headers={"Authorization": f"Token {token}"}).status_code == status


def test_a_guess_is_not_enough(alice: User, client: Client) -> None:
    photo = photo_of(people.upload(alice))
    good = photo.url(640)
    slug = ids.encode(photo.id)
    for url in (
        good.replace(photo.secret, "x" * 16),
        good.replace(photo.secret, "é" * 16),
        good.replace("640.webp", "641.webp"),
        good.replace("640.webp", "640.png"),
        good.replace("640.webp", "original"),
        good.replace("640.webp", f"{'9' * 5000}.webp"),
        good.replace(slug, ids.encode(ids.new_id_beside(alice.id))),
        good.replace(slug, "0"),
    ):
        assert client.get(url).status_code == 404
    assert client.post(good).status_code in (403, 405)


def test_a_post_that_is_not_live_shows_no_bytes_to_others(alice: User, client: Client, client_of: ClientOf) -> None:
    post = publish_post(owner=alice, photos=[people.jpeg()])
    url = photo_of(post).url(640)
    for reader in (client, client_of(alice)):
        response = reader.get(url)
        assert response.status_code == 404 and response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("state", [Post.State.DELETED, Post.State.RESERVED])
def test_deleted_and_reserved_are_out_of_reach_even_of_the_owner(alice: User, client_of: ClientOf, state: str) -> None:
    post = people.upload(alice)
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=state)
    assert client_of(alice).get(photo_of(post).url(640)).status_code == 404


def test_a_file_that_is_missing_is_not_remembered_as_missing(alice: User, client: Client) -> None:
    photo = photo_of(people.upload(alice))
    default_storage.delete(photo.rendition_key(640, "webp"))
    response = client.get(photo.url(640))
    assert response.status_code == 404 and response["Cache-Control"] == "no-store"


def test_a_store_that_is_away_is_said_so(alice: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = photo_of(people.upload(alice)).url(640)

    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(default_storage, "open", away)
    response = client.get(url)
    assert response.status_code == 503
    assert response["Retry-After"] and response["Cache-Control"] == "no-store"


def test_head_says_the_same_without_the_bytes(alice: User, client: Client) -> None:
    url = photo_of(people.upload(alice)).url(320, "jpg")
    whole, head = client.get(url), client.head(url)
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
        assert head[name] == whole[name]


def test_nothing_of_the_original_is_served(alice: User, client: Client) -> None:
    photo = photo_of(people.upload(alice))
    assert default_storage.exists(photo.original_key)
    for folder in ("/", "/media/", settings.STATIC_URL):
        assert client.get(f"{folder}{photo.original_key}").status_code == 404
