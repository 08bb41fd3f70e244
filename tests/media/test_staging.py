"""Photos are uploaded one by one and kept until their post is shared: nothing is lost, nothing is doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone

from media import services
from media.models import Photo, Post, StagedPhoto, UploadKey
from media.services import staging
from media.uploads import InvalidUpload
from photoapp import outbox
from tests.people import jpeg, make_user
from tests.queries import counted_queries
from users.deletion import erase_account
from users.models import User

pytestmark = pytest.mark.django_db


def stage(owner: User, number: int = 0, key: str = "") -> StagedPhoto:
    return services.stage_photo(owner=owner, photo=jpeg((number, 90, 90)), key=key or f"photo-{number:03}")


def staged_of(owner: User) -> list[StagedPhoto]:
    return list(StagedPhoto.objects.for_owner(owner.id).order_by("id"))


def posts_of(owner: User) -> list[Post]:
    return list(Post.objects.for_owner(owner.id))


def photos_of(post: Post) -> list[Photo]:
    return list(Photo.objects.on_shard_of(post.id).filter(post_id=post.id).order_by("position"))


def at_once(work: Callable[[int], object], count: int = 6) -> list[object]:
    together = Barrier(count)

    def run(number: int) -> object:
        together.wait()
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_photo_is_stored_under_the_name_that_its_post_will_use(alice: User) -> None:
    row = stage(alice)
    assert row.stored and default_storage.exists(row.original_key)
    post = services.publish_staged(owner=alice, staged=[row.id], caption=" hi ", alts=["a wall"])
    assert post.state == Post.State.UPLOADED
    (photo,) = photos_of(post)
    assert (photo.id, photo.original_key, photo.alt) == (row.id, row.original_key, "a wall")
    assert (photo.size, photo.width, photo.height) == (row.size, 64, 48)
    assert staged_of(alice) == []
    outbox.drain()
    post.refresh_from_db()
    assert (post.state, post.caption) == (Post.State.LIVE, "hi")


def test_photos_keep_the_order_and_the_words_they_were_shared_with(alice: User, bob: User) -> None:
    rows = [stage(alice, number) for number in range(3)]
    order = [rows[2].id, rows[0].id, rows[1].id]
    post = services.publish_staged(
        owner=alice, staged=order, alts=["", "two"], people=["@Bob"], location="Kiel", audience="followers"
    )
    assert [photo.id for photo in photos_of(post)] == order
    assert [photo.alt for photo in photos_of(post)] == ["", "two", ""]
    assert (post.location, post.audience, post.people[0]["username"]) == ("Kiel", "followers", "bob")


def test_the_same_photo_again_is_the_same_row(alice: User) -> None:
    assert stage(alice).id == stage(alice).id
    assert len(staged_of(alice)) == 1


def test_the_same_photo_at_the_same_moment_is_one_row(alice: User) -> None:
    assert len(set(at_once(lambda _: stage(alice, key="same-photo").id))) == 1
    (row,) = staged_of(alice)
    assert row.stored


def test_a_name_belongs_to_one_photo(alice: User, charlie: User) -> None:
    stage(alice, 1, "my-photo-1")
    with pytest.raises(InvalidUpload) as refused:
        stage(alice, 2, "my-photo-1")
    assert refused.value.status == 409
    assert stage(charlie, 2, "my-photo-1").owner_id == charlie.id, "names are each member's own"


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with space and more", "nul\0nul\0nul"])
def test_a_name_that_is_none(alice: User, key: str) -> None:
    with pytest.raises(InvalidUpload):
        services.stage_photo(owner=alice, photo=jpeg(), key=key)
    assert staged_of(alice) == []


def test_a_photo_that_died_before_it_was_stored_is_finished_by_the_next_try(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", lambda name, file: (_ for _ in ()).throw(OSError("away")))
        with pytest.raises(services.StorageAway):
            stage(alice)
    (row,) = staged_of(alice)
    assert not row.stored
    with pytest.raises(InvalidUpload) as refused:
        services.publish_staged(owner=alice, staged=[row.id])
    assert refused.value.status == 410
    assert stage(alice).id == row.id
    assert services.publish_staged(owner=alice, staged=[row.id]).state == Post.State.UPLOADED


def test_sharing_twice_is_one_post(alice: User) -> None:
    ids = [stage(alice, number).id for number in range(2)]
    first = services.publish_staged(owner=alice, staged=ids, caption="once", idempotency_key="k")
    again = services.publish_staged(owner=alice, staged=ids, caption="once", idempotency_key="k")
    assert first.id == again.id
    assert len(posts_of(alice)) == 1
    with pytest.raises(InvalidUpload) as refused:
        services.publish_staged(owner=alice, staged=ids, caption="changed", idempotency_key="k")
    assert refused.value.status == 409


def test_sharing_at_the_same_moment_is_one_post(alice: User) -> None:
    ids = [stage(alice, number).id for number in range(3)]
    found = at_once(lambda _: services.publish_staged(owner=alice, staged=ids, idempotency_key="k").id)
    assert len(set(found)) == 1
    (post,) = posts_of(alice)
    assert [photo.id for photo in photos_of(post)] == ids


def test_a_photo_is_in_one_post_even_when_two_are_shared_at_once(alice: User) -> None:
    row = stage(alice)

    def share(number: int) -> int:
        try:
            return services.publish_staged(owner=alice, staged=[row.id], idempotency_key=f"k{number}").id
        except InvalidUpload as error:
            assert error.status == 410
            return 0

    assert sorted(map(bool, at_once(share))) == [False] * 5 + [True]
    assert len(posts_of(alice)) == 1


@pytest.mark.parametrize("step", ["_post_of", "UploadKey.objects.create", "outbox.emit"])
def test_a_death_between_the_steps_of_sharing_leaves_all_as_it_was(
    alice: User, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ids = [stage(alice, number).id for number in range(2)]

    def die(*args: object, **kwargs: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        target = {
            "_post_of": (staging, "_post_of"),
            "UploadKey.objects.create": (UploadKey.objects, "create"),
            "outbox.emit": (staging.outbox, "emit"),
        }[step]
        patch.setattr(*target, die)
        with pytest.raises(SystemExit):
            services.publish_staged(owner=alice, staged=ids, idempotency_key="k")
    assert posts_of(alice) == [] and len(staged_of(alice)) == 2
    services.publish_staged(owner=alice, staged=ids, idempotency_key="k")
    outbox.drain()
    (post,) = posts_of(alice)
    assert post.state == Post.State.LIVE


def test_nobody_shares_or_removes_the_photos_of_others(alice: User, charlie: User) -> None:
    row = stage(alice)
    with pytest.raises(InvalidUpload) as refused:
        services.publish_staged(owner=charlie, staged=[row.id])
    assert refused.value.status == 410
    assert services.discard_staged(owner=charlie, keys=[row.key]) == 0
    assert posts_of(charlie) == [] and len(staged_of(alice)) == 1


@pytest.mark.parametrize(("count", "message"), [(0, "at least one"), (11, "at most 10"), (-1, "not here")])
def test_how_many_can_be_shared(alice: User, count: int, message: str) -> None:
    ids = [stage(alice).id] * 2 if count < 0 else list(range(1, count + 1))  # -1: one photo, twice
    with pytest.raises(InvalidUpload) as refused:
        services.publish_staged(owner=alice, staged=ids)
    assert message in refused.value.errors["photos"][0]


def test_a_removed_photo_takes_its_file_along(alice: User) -> None:
    row, kept = stage(alice, 1), stage(alice, 2)
    assert services.discard_staged(owner=alice, keys=[row.key, "unknown-key"]) == 1
    outbox.drain()
    assert not default_storage.exists(row.original_key)
    assert default_storage.exists(kept.original_key)


def test_a_photo_that_is_removed_while_it_is_stored_leaves_no_file(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, keys = default_storage.save, []

    def removed_meanwhile(name: str, file: object) -> str:
        keys.append(name)
        services.discard_staged(owner=alice, keys=["photo-000"])
        outbox.drain()
        return save(name, file)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", removed_meanwhile)
        with pytest.raises(InvalidUpload) as refused:
            stage(alice)
    assert refused.value.status == 410
    assert not default_storage.exists(keys[0])


def test_a_twin_request_that_ends_after_the_post_was_shared_harms_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, calls = default_storage.save, []

    def shared_meanwhile(name: str, file: object) -> str:
        calls.append(name)
        if len(calls) == 1:
            services.publish_staged(owner=alice, staged=[stage(alice).id])
        return save(name, file)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", shared_meanwhile)
        assert stage(alice).stored
    assert len(calls) == 2
    outbox.drain()
    (post,) = posts_of(alice)
    assert post.state == Post.State.LIVE


def test_what_is_not_shared_within_a_day_is_swept(alice: User, charlie: User) -> None:
    rows = [stage(alice), stage(charlie)]
    assert services.sweep_staged(timezone.now() + timedelta(hours=23)) == 0
    assert services.sweep_staged(timezone.now() + timedelta(hours=25)) == 2
    outbox.drain()
    assert staged_of(alice) == staged_of(charlie) == []
    assert not any(default_storage.exists(row.original_key) for row in rows)


def test_the_oldest_make_room_for_new_ones(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "MOST", 3)
    rows = [stage(alice, number) for number in range(5)]
    assert [row.id for row in staged_of(alice)] == [row.id for row in rows[2:]]
    outbox.drain()
    assert [default_storage.exists(row.original_key) for row in rows] == [False, False, True, True, True]


def test_an_erased_member_leaves_nothing(alice: User) -> None:
    row = stage(alice)
    erase_account(user=alice)
    outbox.drain()
    assert not StagedPhoto.objects.for_owner(alice.id).exists()
    assert not default_storage.exists(row.original_key)


def test_sharing_costs_the_same_for_one_photo_and_for_ten(db: None) -> None:
    def queries(count: int) -> dict[str, int]:
        owner = make_user(f"member{count}", shard=10)
        ids = [stage(owner, number).id for number in range(count)]
        with counted_queries() as counted:
            services.publish_staged(owner=owner, staged=ids, idempotency_key="k")
        return dict(counted)

    assert queries(1) == queries(10)


@pytest.mark.parametrize("data", [b"", b"not a photo", jpeg().read()[:-300]], ids=["empty", "text", "cut off"])
def test_what_is_no_photo_is_not_kept(alice: User, data: bytes) -> None:
    with pytest.raises(InvalidUpload) as refused:
        services.stage_photo(owner=alice, photo=SimpleUploadedFile("a.jpg", BytesIO(data).read()), key="photo-001")
    assert "photo" in refused.value.errors
    assert staged_of(alice) == []
