"""Delete, take back within the time, erase after it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from feeds.selectors import feed_page
from media import receivers
from media.models import Author, Comment, Like, Photo, Post, PostCount, Saved, Trace
from media.services import (
    UNDO,
    TooLate,
    add_comment,
    delete_post,
    like,
    restore_post,
    save,
    sweep_deleted,
    withdraw_post,
)
from photoapp import outbox
from tests import people
from users.models import User

ClientOf = Callable[[User], Client]
LATER = UNDO + timedelta(seconds=10)


def row(post: Post) -> Post | None:
    return Post.objects.on_shard_of(post.id).filter(id=post.id).first()


def state(post: Post) -> str | None:
    found = row(post)
    return found.state if found else None


def let_time_pass(by: timedelta = LATER) -> None:
    for posts in Post.objects.on_every_shard():
        for post in posts.filter(state=Post.State.DELETED):
            assert post.deleted_at
            Post.objects.on_shard_of(post.id).filter(id=post.id).update(deleted_at=post.deleted_at - by)


def keys_of(post: Post) -> list[str]:
    return [key for photo in Photo.objects.on_shard_of(post.id).filter(post_id=post.id) for key in photo.file_keys()]


def undo_of(response: object) -> list[str]:
    return [message.extra_tags for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]


# --- The page ----------------------------------------------------------------------------------------------------


def test_asking_first_then_gone_and_offered_back(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.upload(alice, "Harbour", photos=2)
    like(post=post, user=bob)
    add_comment(post=post, author=bob, text="Fine")
    client, url = client_of(alice), f"{post.get_absolute_url()}delete/"

    html = client.get(url).content.decode()
    assert "2 photos" in html and "1 like" in html and "1 comment" in html and "30 seconds" in html
    assert state(post) == Post.State.LIVE

    response = client.post(url)
    assert response["Location"] == "/u/alice/"
    assert undo_of(response) == [f"undo:{post.get_absolute_url()}restore/"]
    assert f'action="{post.get_absolute_url()}restore/"' in client.get("/u/alice/").content.decode()
    for viewer in (client, client_of(bob)):
        assert viewer.get(post.get_absolute_url()).status_code == 404
    assert client.post(url).status_code == 404


def test_taken_back_it_is_where_it_was(alice: User, bob: User, client_of: ClientOf) -> None:
    old, post, new = people.upload(alice, "old"), people.upload(alice, "Harbour", people=["bob"]), people.upload(alice)
    like(post=post, user=bob)
    save(post=post, user=bob)
    add_comment(post=post, author=bob, text="Fine")
    outbox.drain()
    before = [card.id for card in feed_page(bob, None).items]
    client = client_of(alice)
    client.post(f"{post.get_absolute_url()}delete/")
    outbox.drain()
    assert [card.id for card in feed_page(bob, None).items] == [new.id, old.id]

    assert client.post(f"{post.get_absolute_url()}restore/")["Location"] == post.get_absolute_url()
    outbox.drain()
    html = client_of(bob).get(post.get_absolute_url()).content.decode()
    assert "Harbour" in html and "Fine" in html
    assert [card.id for card in feed_page(bob, None).items] == before == [new.id, post.id, old.id]
    assert PostCount.totals(post.id, "likes", "comments") == {"likes": 1, "comments": 1}
    assert Author.objects.for_owner(alice.id).get().post_count == 3
    assert all(default_storage.exists(key) for key in keys_of(post) if key.endswith(("original", "320.webp")))
    again = client.post(f"{post.get_absolute_url()}restore/")
    assert again["Location"] == post.get_absolute_url(), "twice is the same as once"


def test_too_late_says_so_kindly(alice: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client = client_of(alice)
    client.post(f"{post.get_absolute_url()}delete/")
    let_time_pass()
    response = client.post(f"{post.get_absolute_url()}restore/", follow=True)
    assert response.redirect_chain == [("/u/alice/", 302)]
    assert "It is too late to bring this post back" in response.content.decode()
    assert state(post) == Post.State.DELETED


def test_only_the_owner_takes_back(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    delete_post(post=post, by=alice)
    url = f"{post.get_absolute_url()}restore/"
    assert client_of(bob).post(url).status_code == 404
    assert client_of(people.make_user("moderator", is_staff=True)).post(url).status_code == 404
    assert Client(headers={"Sec-Fetch-Site": "same-origin"}).post(url)["Location"].startswith("/login/")
    assert client_of(alice).get(url).status_code == 405
    assert state(post) == Post.State.DELETED


@pytest.mark.parametrize("before", [Post.State.FAILED, Post.State.PROCESSING, Post.State.ARCHIVED])
def test_what_is_not_live_can_be_deleted_and_taken_back_too(alice: User, client_of: ClientOf, before: str) -> None:
    post = people.live_post(alice)
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=before)
    assert client_of(alice).post(f"{post.get_absolute_url()}delete/").status_code == 302
    assert state(post) == Post.State.DELETED
    restore_post(post_id=post.id, by=alice)
    assert state(post) == before


def test_an_upload_that_was_deleted_and_taken_back_still_becomes_live(alice: User) -> None:
    from media.services import publish_post

    post = publish_post(owner=alice, photos=[people.jpeg()])
    delete_post(post=post, by=alice)
    outbox.drain()
    assert state(post) == Post.State.DELETED, "its processing waits for nothing"
    restore_post(post_id=post.id, by=alice)
    outbox.drain()
    assert state(post) == Post.State.LIVE


def test_staff_may_for_good_and_nobody_else(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    url = f"{post.get_absolute_url()}delete/"
    assert client_of(bob).get(url).status_code == 403
    assert client_of(bob).post(url).status_code == 403
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert visitor.post(url)["Location"].startswith("/login/")
    assert state(post) == Post.State.LIVE
    staff = client_of(people.make_user("moderator", is_staff=True))
    assert "30 seconds" not in staff.get(url).content.decode()
    assert undo_of(staff.post(url)) == [""]
    with pytest.raises(TooLate):
        restore_post(post_id=post.id, by=alice)
    outbox.drain()
    assert row(post) is None


# --- Erased after the time ---------------------------------------------------------------------------------------


def test_files_and_rows_go_only_after_the_time(alice: User, bob: User) -> None:
    post = people.upload(alice, "Harbour", photos=2)
    keys = keys_of(post)
    like(post=post, user=bob)
    save(post=post, user=bob)
    thread = add_comment(post=post, author=bob, text="Fine")
    add_comment(post=post, author=alice, text="Thanks", parent=thread)
    outbox.drain()
    delete_post(post=post, by=alice)
    assert sweep_deleted() == 0
    outbox.drain()
    assert all(default_storage.exists(key) for key in keys if key.endswith("original"))

    assert sweep_deleted(timezone.now() + LATER) == 1
    outbox.drain()
    assert row(post) is None
    assert [key for key in keys if default_storage.exists(key)] == []
    for model in (Like, Saved, Comment, PostCount, Photo):
        assert not model.objects.on_shard_of(post.id).filter(post_id=post.id).exists()  # type: ignore[attr-defined]
    assert not Trace.objects.for_owner(bob.id).exists()
    assert sweep_deleted(timezone.now() + LATER) == 0


def test_a_sweep_that_died_halfway_is_finished_by_the_next(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each step of the erasing: the sweep's commit, the files, the comments."""
    for broken in ("delete_many", "Comment", "PostCount"):
        post = people.upload(alice)
        add_comment(post=post, author=alice, text="mine")
        outbox.drain()
        delete_post(post=post, by=alice)
        sweep_deleted(timezone.now() + LATER)
        with monkeypatch.context() as patch:

            def die(*args: object, **kwargs: object) -> None:
                raise RuntimeError("killed")

            if broken == "delete_many":
                patch.setattr(type(default_storage._wrapped), "delete_many", die)  # type: ignore[attr-defined]
            else:
                patch.setattr(getattr(receivers, broken), "objects", property(die))
            outbox.drain()
            assert state(post) == Post.State.DELETED
        with pytest.raises(TooLate):
            restore_post(post_id=post.id, by=alice)
        outbox.drain()
        assert row(post) is None


def test_an_account_that_is_erased_takes_deleted_posts_along(alice: User) -> None:
    post = people.live_post(alice)
    delete_post(post=post, by=alice)
    withdraw_post(post.id)
    outbox.drain()
    assert row(post) is None


def test_what_staff_delete_has_no_moment_in_which_its_owner_can_step_in(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of sight and beyond taking back are one commit."""
    post = people.live_post(alice)
    with monkeypatch.context() as patch:
        patch.setattr("media.services.posts.erase_soon", lambda post_id: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            withdraw_post(post.id)
    assert state(post) == Post.State.LIVE
    withdraw_post(post.id)
    with pytest.raises(TooLate):
        restore_post(post_id=post.id, by=alice)
