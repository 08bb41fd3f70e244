"""Web and worker processes are killed with -9 at each step of an upload.

What was acknowledged finishes by itself afterwards. What was not leaves nothing, or is finished by the client's
retry with the same Idempotency-Key; either way there is never more than one post and never a file without a row.
"""

from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.files.storage import default_storage
from django.utils import timezone
from knox.models import AuthToken

from feeds import selectors
from media import services
from media.models import Photo, Post
from media.services import publishing
from photoapp import outbox
from photoapp.models import OUTBOXES
from photoapp.shards import servers
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from tests.people import follow, jpeg
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

WEB_STEPS = [
    "before:media.services.publishing._reserve:1",
    "after:media.services.publishing._reserve:1",
    "after:django.core.files.storage.base.Storage.save:1",
    "after:media.services.publishing._store_originals:1",
    "before:photoapp.outbox.hand_over:1",
    "after:media.services.publishing._acknowledge:1",
]
WORKER_STEPS = [
    "before:media.processing.process_post:1",
    "after:django.core.files.storage.base.Storage.save:1",
    "after:media.processing.process_photo:1",
    "before:media.processing.make_live:1",
    "after:media.processing.make_live:1",
    "before:feeds.services.fan_out:1",
    "after:feeds.store.push:1",
    "after:feeds.services.fan_out:1",
]


def injected(step: str, folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "DIE_AT": step,
        "DIE_MARK": str(folder / "died"),
        "DIE_WITH_PARENT": "1",
    }


@pytest.fixture
def token(alice: User) -> str:
    return str(AuthToken.objects.create(alice)[1])


def post_two_photos(site: str, token: str) -> requests.Response:
    files: list[Any] = [("photos", (f"{n}.jpg", jpeg((n * 90, 80, 120)).read(), "image/jpeg")) for n in range(2)]
    headers = {"Authorization": f"Token {token}", "Idempotency-Key": "one upload"}
    return requests.post(f"{site}/api/v1/posts/", data={"caption": "kept"}, files=files, headers=headers, timeout=30)


def stored_files() -> set[str]:
    """Every name in the object store that belongs to a photo of this test's database, or to none."""
    return set(names_under("photos"))


def names_under(folder: str) -> list[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for name in files] + [name for sub in folders for name in names_under(f"{folder}/{sub}")]


def wait_out_the_lease() -> None:
    """As if the lease of the dead worker had run out and the sweeper's time had come."""
    for group, model in OUTBOXES.items():
        for alias in servers(group):
            model.objects.using(alias).update(leased_until=None, due_at=timezone.now())
    outbox.sweep()


def nothing_waits() -> bool:
    return not any(OUTBOXES[group].objects.using(alias).exists() for group in OUTBOXES for alias in servers(group))


def recover(worker: WorkerProcess) -> None:
    worker.ensure()
    wait_out_the_lease()
    eventually(nothing_waits, seconds=60)  # not an idle broker: it gives a dead worker's messages back much later


@pytest.fixture
def files_before(db: None) -> set[str]:
    return stored_files()


def assert_one_live_post(alice: User, bob: User, before: set[str]) -> None:
    (post,) = Post.objects.for_owner(alice.id)
    assert post.state == Post.State.LIVE
    photos = Photo.objects.on_shard_of(post.id).filter(post_id=post.id)
    assert [photo.rendered for photo in photos] == [True, True]
    assert stored_files() - before == {key for photo in photos for key in photo.file_keys()}
    assert [card.caption for card in selectors.feed_page(bob, None).items] == ["kept"]


@pytest.mark.parametrize("step", WEB_STEPS)
def test_the_web_process_is_killed(
    step: str,
    tmp_path: Path,
    alice: User,
    bob: User,
    token: str,
    live_site: LiveSite,
    live_worker: WorkerProcess,
    files_before: set[str],
) -> None:
    live_site.process.restart(**injected(step, tmp_path))
    with pytest.raises(requests.ConnectionError):
        post_two_photos(live_site, token)
    assert (tmp_path / "died").exists()
    live_site.process.restart()

    recover(live_worker)
    services.sweep_uploads(timezone.now() + publishing.RESERVATION)
    recover(live_worker)
    if Post.objects.for_owner(alice.id).exists():
        assert_one_live_post(alice, bob, files_before)
    else:
        assert stored_files() == files_before

    assert post_two_photos(live_site, token).status_code in (200, 201)
    recover(live_worker)
    assert_one_live_post(alice, bob, files_before)


@pytest.mark.parametrize(
    "step", ["after:media.services.publishing._reserve:1", "after:media.services.publishing._store_originals:1"]
)
def test_a_retry_before_the_sweep_finishes_what_was_begun(
    step: str,
    tmp_path: Path,
    alice: User,
    bob: User,
    token: str,
    live_site: LiveSite,
    live_worker: WorkerProcess,
    files_before: set[str],
) -> None:
    live_site.process.restart(**injected(step, tmp_path))
    with pytest.raises(requests.ConnectionError):
        post_two_photos(live_site, token)
    live_site.process.restart()
    assert post_two_photos(live_site, token).status_code in (200, 201)
    recover(live_worker)
    assert_one_live_post(alice, bob, files_before)


@pytest.mark.parametrize("step", WORKER_STEPS)
def test_the_worker_is_killed(
    step: str,
    tmp_path: Path,
    alice: User,
    bob: User,
    token: str,
    live_site: LiveSite,
    live_worker: WorkerProcess,
    files_before: set[str],
) -> None:
    selectors.feed_page(bob, None)  # bob's feed exists, so that the push matters
    live_worker.restart(**injected(step, tmp_path))
    assert post_two_photos(live_site, token).status_code == 201
    eventually((tmp_path / "died").exists, seconds=40)
    live_worker.kill()
    recover(live_worker)
    assert_one_live_post(alice, bob, files_before)


def test_the_broker_loses_everything(
    alice: User, bob: User, token: str, live_site: LiveSite, live_worker: WorkerProcess, files_before: set[str]
) -> None:
    from tests.parts.isolation import redis_client

    live_worker.kill()
    assert post_two_photos(live_site, token).status_code == 201
    redis_client("BROKER_URL").flushdb()
    redis_client("FEEDS_URL").flushdb()
    recover(live_worker)
    assert_one_live_post(alice, bob, files_before)


def test_a_follow_whose_process_dies_between_its_two_sides_arrives(
    tmp_path: Path, alice: User, charlie: User, live_site: LiveSite, live_worker: WorkerProcess
) -> None:
    from users.models import Follower
    from users.selectors import follow_counts

    token = str(AuthToken.objects.create(charlie)[1])
    headers = {"Authorization": f"Token {token}"}
    live_site.process.restart(**injected("before:photoapp.outbox._ran:1", tmp_path))
    with pytest.raises(requests.ConnectionError):
        requests.put(f"{live_site}/api/v1/users/alice/follow/", headers=headers, timeout=30)
    assert not Follower.objects.for_owner(alice.id).exists()
    live_site.process.restart()
    recover(live_worker)
    assert Follower.objects.for_owner(alice.id).get().follower_id == charlie.id
    follow(charlie, alice)
    recover(live_worker)
    assert follow_counts(alice.id) == {"followers": 1, "following": 0}
