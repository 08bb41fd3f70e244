"""Uploads that break off on the way, against a real server: what did not arrive whole is never published."""

import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from knox.models import AuthToken

from media.models import Post
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from tests.people import jpeg
from users.models import User

pytestmark = pytest.mark.django_db

BOUNDARY = "edge"


def body(photos: int) -> bytes:
    head = b'Content-Disposition: form-data; name="photos"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    parts = [b"--edge\r\n" + head + jpeg((9 * n, 90, 90)).read() + b"\r\n" for n in range(photos)]
    caption = b'--edge\r\nContent-Disposition: form-data; name="caption"\r\n\r\nhalf a story\r\n'
    return b"".join([caption, *parts, b"--edge--\r\n"])


def send(site: str, token: str, sent: bytes, *headers: str) -> socket.socket:
    url = urlsplit(site)
    connection = socket.create_connection((url.hostname, url.port), timeout=20)
    lines = [
        "POST /api/v1/posts/ HTTP/1.1",
        f"Host: {url.netloc}",
        f"Authorization: Token {token}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        "Connection: close",
        *headers,
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + sent)
    return connection


@pytest.fixture
def token(alice: User) -> str:
    return str(AuthToken.objects.create(alice)[1])


def test_a_client_that_goes_away_in_mid_upload_publishes_nothing(
    alice: User, token: str, live_site: LiveSite, live_worker: WorkerProcess
) -> None:
    """The first photo and the caption have arrived; the second photo has not."""
    whole = body(2)
    send(live_site, token, whole[: len(whole) * 2 // 3], f"Content-Length: {len(whole)}").close()
    # The same client comes back with all of it; by then the server is done with the first try.
    with closing(send(live_site, token, whole, f"Content-Length: {len(whole)}")) as connection:
        assert connection.recv(12) == b"HTTP/1.1 201"
    (post,) = Post.objects.for_owner(alice.id)
    assert post.photos.count() == 2
    eventually(lambda: Post.objects.for_owner(alice.id).get().state == Post.State.LIVE)


def test_a_body_without_a_length_is_refused(alice: User, token: str, live_site: LiveSite) -> None:
    with closing(send(live_site, token, b"0\r\n\r\n", "Transfer-Encoding: chunked")) as connection:
        assert connection.recv(12) == b"HTTP/1.1 411"
    assert not Post.objects.for_owner(alice.id).exists()


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_read(token: str, live_site: LiveSite) -> None:
    with closing(send(live_site, token, b"", "Content-Length: 900000000")) as connection:
        assert connection.recv(12) == b"HTTP/1.1 413"
