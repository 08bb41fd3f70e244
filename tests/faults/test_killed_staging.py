"""The web process is killed with -9 at each step of storing a photo before its post, and of sharing it. The page's
script tries again: then there is one post with the photo, and never a file without a row."""

from pathlib import Path

import pytest
import requests
from django.test import Client

from media import services
from media.models import Photo, Post
from tests.faults.test_killed_uploads import files_before, injected, recover, stored_files
from tests.parts.sites import LiveSite, WorkerProcess
from tests.people import jpeg
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

__all__ = ["files_before"]

STEPS = [
    "after:media.services.staging._reserve:1",
    "after:django.core.files.storage.base.Storage.save:1",
    "after:media.services.staging._acknowledge:1",
    "after:media.services.staging._post_of:1",
    "before:photoapp.outbox.hand_over:1",
]


@pytest.fixture
def browser_of_alice(alice: User) -> requests.Session:
    client = Client()
    client.force_login(alice, "allauth.account.auth_backends.AuthenticationBackend")
    session = requests.Session()
    session.headers.update({"Accept": "application/json", "Sec-Fetch-Site": "same-origin"})
    session.headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return session


def stage_and_share(site: str, session: requests.Session) -> requests.Response:
    photo = {"photo": ("a.jpg", jpeg((9, 80, 120)).read(), "image/jpeg")}
    stored = session.post(f"{site}/upload/photos/", data={"key": "one-photo"}, files=photo, timeout=30)
    words = {"staged": stored.json()["id"], "caption": "kept", "key": "one upload"}
    return session.post(f"{site}/upload/", data=words, timeout=30)


@pytest.mark.parametrize("step", STEPS)
def test_the_web_process_is_killed(
    step: str,
    tmp_path: Path,
    alice: User,
    browser_of_alice: requests.Session,
    live_site: LiveSite,
    live_worker: WorkerProcess,
    files_before: set[str],
) -> None:
    live_site.process.restart(**injected(step, tmp_path))
    with pytest.raises(requests.ConnectionError):
        stage_and_share(live_site, browser_of_alice)
    assert (tmp_path / "died").exists()
    live_site.process.restart()

    asked = f"{live_site}/upload/photos/?keys=one-photo&post=one+upload"
    if not browser_of_alice.get(asked, timeout=30).json()["post"]:
        assert stage_and_share(live_site, browser_of_alice).status_code == 201
    recover(live_worker)
    (post,) = Post.objects.for_owner(alice.id)
    assert (post.state, post.caption) == (Post.State.LIVE, "kept")
    photos = Photo.objects.on_shard_of(post.id).filter(post_id=post.id)
    assert photos.count() == 1
    assert services.sweep_staged() == 0
    assert stored_files() - files_before == {key for photo in photos for key in photo.file_keys()}
