"""An upload is acknowledged once its originals are stored and its row is committed; a retried one makes one post."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from media import processing, services
from media.models import Author, Photo, Post, Trace, UploadKey
from media.services import publishing
from media.uploads import InvalidUpload
from photoapp import outbox
from tests.people import jpeg, make_user, upload
from users.models import User

pytestmark = pytest.mark.django_db


def posts_of(user: User) -> list[Post]:
    return list(Post.objects.for_owner(user.id))


def files_of(post_id: int) -> list[str]:
    photos = Photo.objects.on_shard_of(post_id).filter(post_id=post_id)
    return [key for photo in photos for key in photo.file_keys() if default_storage.exists(key)]


def test_an_upload_travels_from_uploaded_to_live(alice: User) -> None:
    post = services.publish_post(owner=alice, photos=[jpeg(), jpeg()], caption="  hi\r\n", location=" By  the sea ")
    assert post.state == Post.State.UPLOADED
    assert (post.caption, post.location) == ("hi", "By the sea")
    assert len(files_of(post.id)) == 2, "the originals"
    outbox.drain()
    post.refresh_from_db()
    assert post.state == Post.State.LIVE
    assert len(files_of(post.id)) == 2 * 9, "originals and renditions"
    assert Author.objects.get(id=alice.id).post_count == 1


def test_processing_again_changes_nothing(alice: User) -> None:
    post = upload(alice)
    processing.process_post(post.id)
    services.make_live(post.id)
    assert Author.objects.get(id=alice.id).post_count == 1


def test_people_are_tagged_and_traced_on_their_own_shard(alice: User, bob: User) -> None:
    post = upload(alice, people=["@Bob", "bob"])
    assert post.people == [{"id": str(bob.id), "username": "bob", "state": "shown"}]
    assert Trace.objects.for_owner(bob.id).get().target_id == post.id


def test_the_same_key_twice_is_one_post(alice: User) -> None:
    first = services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k")
    again = services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k")
    assert first.id == again.id
    assert len(posts_of(alice)) == 1


def test_the_same_key_with_another_upload_is_a_mistake(alice: User) -> None:
    services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k")
    with pytest.raises(InvalidUpload) as refused:
        services.publish_post(owner=alice, photos=[jpeg((1, 2, 3))], idempotency_key="k")
    assert refused.value.status == 409


def test_two_members_may_use_the_same_key(alice: User, charlie: User) -> None:
    one = services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k")
    other = services.publish_post(owner=charlie, photos=[jpeg()], idempotency_key="k")
    assert one.id != other.id


def test_the_same_key_at_the_same_moment_is_one_post(alice: User) -> None:
    together = Barrier(8)

    def publish(_: int) -> int:
        together.wait()
        try:
            return services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k").id
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(publish, range(8)))
    assert len(ids) == 1
    assert [post.id for post in posts_of(alice)] == list(ids)
    outbox.drain()
    assert posts_of(alice)[0].state == Post.State.LIVE
    assert Author.objects.get(id=alice.id).post_count == 1


def test_when_the_store_is_away_nothing_is_acknowledged_and_a_retry_finishes(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr(default_storage, "save", lambda name, file: (_ for _ in ()).throw(OSError("away")))
        with pytest.raises(services.StorageAway):
            services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k")
    (reserved,) = posts_of(alice)
    assert reserved.state == Post.State.RESERVED
    post = services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k")
    assert post.id == reserved.id
    assert post.state == Post.State.UPLOADED


def test_a_reservation_that_came_to_nothing_is_swept_with_its_files(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr(publishing, "_acknowledge", lambda post: post)  # the process died before the last step
        post = services.publish_post(owner=alice, photos=[jpeg()], idempotency_key="k")
    stored = files_of(post.id)
    assert len(stored) == 1
    assert services.sweep_uploads(timezone.now() + timedelta(minutes=59)) == 0, "it may still be going on"
    assert services.sweep_uploads(timezone.now() + timedelta(minutes=61)) == 1
    outbox.drain()
    assert posts_of(alice) == []
    assert not any(map(default_storage.exists, stored))
    assert not UploadKey.objects.for_owner(alice.id).exists()


def test_an_upload_that_was_swept_is_not_acknowledged(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    acknowledge = publishing._acknowledge

    def late(post: Post) -> Post:
        services.sweep_uploads(timezone.now() + timedelta(hours=2))
        outbox.drain()
        return acknowledge(post)

    monkeypatch.setattr(publishing, "_acknowledge", late)
    with pytest.raises(services.StorageAway):
        services.publish_post(owner=alice, photos=[jpeg()])
    assert posts_of(alice) == []


def test_deleting_takes_files_and_rows(alice: User, bob: User) -> None:
    post = upload(alice, people=["bob"])
    services.like(post=post, user=bob)
    services.add_comment(post=post, author=bob, text="nice")
    outbox.drain()
    stored = files_of(post.id)
    assert Trace.objects.for_owner(bob.id).count() == 3
    services.delete_post(post=post, by=alice)
    services.delete_post(post=post, by=alice)
    assert services.sweep_deleted(timezone.now() + timedelta(minutes=1)) == 1
    outbox.drain()
    assert posts_of(alice) == []
    assert not any(map(default_storage.exists, stored))
    assert Trace.objects.for_owner(bob.id).count() == 0
    assert Author.objects.get(id=alice.id).post_count == 0


def test_a_post_deleted_while_it_is_processed_stays_deleted(alice: User) -> None:
    post = services.publish_post(owner=alice, photos=[jpeg()])
    services.withdraw_post(post.id)
    outbox.drain()
    assert posts_of(alice) == []
    assert Author.objects.get(id=alice.id).post_count == 0


def test_a_photo_that_cannot_be_rendered_fails_the_post_with_a_reason(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from media.imaging import InvalidPhoto

    def broken(path: object) -> None:
        raise InvalidPhoto("broken", "This photo is damaged.", 400)

    monkeypatch.setattr(processing, "render", broken)
    post = upload(alice)
    assert post.state == Post.State.FAILED
    assert post.failure == "Photo 1: This photo is damaged."


def test_a_rename_reaches_posts_and_tags(alice: User, bob: User) -> None:
    from users.services import update_profile

    mine, tagged = upload(bob), upload(alice, people=["bob"])
    update_profile(user=bob, username="robert")
    outbox.drain()
    mine.refresh_from_db()
    tagged.refresh_from_db()
    assert mine.owner.username == "robert"
    assert tagged.people == [{"id": str(bob.id), "username": "robert", "state": "shown"}]


def test_likes_and_comments_are_counted_over_their_slots(alice: User) -> None:
    post = upload(alice)
    fans = [make_user(f"fan{number}") for number in range(12)]
    for fan in fans:
        services.like(post=post, user=fan)
        services.like(post=post, user=fan)
    services.unlike(post=post, user=fans[0])
    services.unlike(post=post, user=fans[0])
    from media.selectors import cards_by_ids

    (card,) = cards_by_ids([post.id], fans[1].id)
    assert (card.like_count, card.liked, card.comment_count) == (11, True, 0)
