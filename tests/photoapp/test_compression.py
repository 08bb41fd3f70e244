"""Text goes compressed; photos, and what is compressed already, go as they are."""

import gzip

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from photoapp.middleware import CompressMiddleware

LONG = b"the same words again and again " * 40


def sent(response: HttpResponse, accepts: str = "gzip, br") -> HttpResponse:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return CompressMiddleware(lambda request: response)(request)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "text/css", "image/svg+xml"])
def test_text_goes_compressed(kind: str) -> None:
    answer = sent(HttpResponse(LONG, content_type=kind, headers={"ETag": '"1"'}))
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == LONG
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["ETag"] == 'W/"1"'  # not the same bytes for everybody


def test_not_to_those_who_do_not_read_it() -> None:
    answer = sent(HttpResponse(LONG), accepts="identity")
    assert answer.content == LONG
    assert answer["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("kind", ["image/webp", "image/jpeg", "application/octet-stream"])
def test_photos_go_as_they_are(kind: str) -> None:
    answer = sent(HttpResponse(LONG, content_type=kind, headers={"ETag": '"1"'}))
    assert answer.content == LONG
    assert "Vary" not in answer.headers
    assert answer["ETag"] == '"1"'


def test_what_is_compressed_already_goes_as_it_is() -> None:
    body = gzip.compress(LONG * 100)
    answer = sent(HttpResponse(body, headers={"Content-Encoding": "gzip"}))
    assert answer.content == body


@pytest.mark.django_db
def test_pages_are() -> None:
    answer = Client().get("/", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(answer.content)
