"""Owners are told what was made of their photos, in words."""

from collections.abc import Callable

import pytest
from django.test import Client

from media import services
from media.imaging import QUALITY
from media.making import made_of
from media.models import Photo
from photoapp import outbox
from tests import people
from tests.e2e.photos import camera_files
from users.models import User

pytestmark = pytest.mark.django_db


def test_a_real_photo(alice: User, bob: User, client_of: Callable[[User], Client]) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    path = camera_files(1)[0]
    photo = SimpleUploadedFile(path.name, path.read_bytes())
    post = services.publish_post(owner=alice, photos=[photo])
    outbox.drain()
    (row,) = Photo.objects.on_shard_of(post.id).filter(post_id=post.id)
    made = made_of(row)
    assert made.original.startswith(f"JPEG, {row.width} × {row.height} pixels, ")
    assert made.removed and made.known
    assert made.sizes[0][0].startswith("320 × ")
    assert [text.split()[0] for text in made.sizes[0][1]] == ["WebP", "JPEG"]
    assert len({pixels for pixels, _ in made.sizes}) == len(made.sizes), "each size once"
    assert made.quality == f"WebP {QUALITY['webp']}, JPEG {QUALITY['jpg']}"
    html = client_of(alice).get(post.get_absolute_url()).content.decode()
    assert "What we did to your photo" in html and made.original in html
    assert "What we did to your photo" not in client_of(bob).get(post.get_absolute_url()).content.decode()


def test_an_old_photo_of_which_nothing_was_noted(alice: User, client_of: Callable[[User], Client]) -> None:
    post = people.live_post(alice)
    html = client_of(alice).get(post.get_absolute_url()).content.decode()
    assert "It was not noted what that was." in html
    assert "were not noted at the time" in html
