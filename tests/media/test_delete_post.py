from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from media.models import Photo, Post
from media.services import add_comment, like
from photoapp import outbox
from tests import people
from users.models import User

ClientOf = Callable[[User], Client]


def exists(post: Post) -> bool:
    return Post.objects.on_shard_of(post.id).filter(id=post.id).exists()


def test_asking_first_then_gone_with_its_files(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.upload(alice, "Harbour", photos=2)
    keys = [key for photo in Photo.objects.on_shard_of(post.id).filter(post_id=post.id) for key in photo.file_keys()]
    like(post=post, user=bob)
    add_comment(post=post, author=bob, text="Fine")
    client, url = client_of(alice), f"{post.get_absolute_url()}delete/"

    html = client.get(url).content.decode()
    assert "2 photos go for good, with 1 like and 1 comment" in html
    assert exists(post)

    response = client.post(url)
    assert response["Location"] == "/u/alice/"
    assert client.get(post.get_absolute_url()).status_code == 404
    assert client_of(bob).get(post.get_absolute_url()).status_code == 404
    outbox.drain()
    assert not exists(post)
    assert [key for key in keys if default_storage.exists(key)] == []
    assert client.post(url).status_code == 404


@pytest.mark.parametrize("state", [Post.State.FAILED, Post.State.PROCESSING])
def test_what_is_not_live_can_be_deleted_too(alice: User, client_of: ClientOf, state: str) -> None:
    post = people.live_post(alice)
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=state)
    assert client_of(alice).post(f"{post.get_absolute_url()}delete/").status_code == 302
    outbox.drain()
    assert not exists(post)


def test_staff_may_and_nobody_else(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    url = f"{post.get_absolute_url()}delete/"
    assert client_of(bob).get(url).status_code == 403
    assert client_of(bob).post(url).status_code == 403
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert visitor.post(url)["Location"].startswith("/login/")
    assert exists(post)
    assert client_of(people.make_user("moderator", is_staff=True)).post(url).status_code == 302
    outbox.drain()
    assert not exists(post)
