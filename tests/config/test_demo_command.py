import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from config.demo import build
from config.demo.people import MEMBERS
from media.models import Comment, Like, Photo, Post, PostCount
from photoapp.models import OUTBOXES
from photoapp.sharding import ShardedModel
from photoapp.shards import servers
from users.models import Follower, Following, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def demo(members: int = 4, posts: int = 4) -> None:
    call_command("demo", members=members, posts=posts, processes=0, verbosity=0)


def rows(model: type[ShardedModel], *fields: str) -> list[tuple[Any, ...]]:
    return sorted(row for shard in model.objects.on_every_shard() for row in shard.values_list(*fields))


def everything() -> dict[str, Any]:
    """All that the demo consists of, by values that a second run must not change."""
    return {
        "members": sorted(User.objects.values_list("id", "username", "avatar", "password")),
        "follows": rows(Following, "pk", "accepted"),
        "followers": rows(Follower, "pk", "accepted"),
        "posts": rows(Post, "id", "caption", "location", "state"),
        "photos": rows(Photo, "id", "secret", "rendered"),
        "likes": rows(Like, "post_id", "user_id"),
        "comments": rows(Comment, "id", "text"),
        "counts": rows(PostCount, "post_id", "slot", "likes", "comments"),
    }


def test_members_posts_and_logins(data_dir: Path):
    demo()
    users = build.demo_users(MEMBERS)
    assert set(users) == {member.username for member in MEMBERS[:4]}
    assert users["admin"].is_superuser and not users["demo"].is_staff
    for user in users.values():
        assert default_storage.exists(user.avatar)

    logins = json.loads((data_dir / "demo.json").read_text())
    assert stat.S_IMODE((data_dir / "demo.json").stat().st_mode) == 0o600
    assert set(logins) == {"demo", "admin"}
    for name, login in logins.items():
        assert login["username"] == name
        assert users[name].check_password(login["password"])
    assert not users["mina.okabe"].has_usable_password()
    assert (data_dir / "demo.done").exists()

    assert [state for (state,) in rows(Post, "state")] == [Post.State.LIVE] * 4
    photos = [photo for shard in Photo.objects.on_every_shard() for photo in shard]
    assert len(photos) >= 4
    for photo in photos:
        assert photo.alt and photo.placeholder and photo.taken_at
        assert all(default_storage.exists(key) for key in photo.file_keys())


def test_nothing_is_left_waiting():
    demo()
    for group, outbox_rows in OUTBOXES.items():
        assert not any(outbox_rows.objects.using(alias).exists() for alias in servers(group))


def test_a_second_run_changes_nothing(data_dir: Path):
    demo()
    before = everything()
    logins = (data_dir / "demo.json").read_text()
    demo()
    assert everything() == before
    assert (data_dir / "demo.json").read_text() == logins


def test_a_run_that_was_killed_is_gone_on_with(monkeypatch: pytest.MonkeyPatch, data_dir: Path):
    """Killed at the worst place, three times: the photos stored and not rendered, rendered and without likes."""

    def dying(after: int, at: str):
        calls = 0

        def killed(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > after:
                raise KeyboardInterrupt
            return original(*args, **kwargs)

        original = getattr(build, at)
        monkeypatch.setattr(build, at, killed)

    for after, at in ((0, "process_post"), (1, "_react"), (2, "create_post")):
        dying(after, at)
        with pytest.raises(KeyboardInterrupt):
            demo()
        monkeypatch.undo()
        assert not (data_dir / "demo.done").exists()
    demo()
    assert [state for (state,) in rows(Post, "state")] == [Post.State.LIVE] * 4
    assert all(rendered for (rendered,) in rows(Photo, "rendered"))
    for (post_id,) in rows(Post, "id"):
        likes = Like.objects.on_shard_of(post_id).filter(post_id=post_id).count()
        comments = Comment.objects.on_shard_of(post_id).filter(post_id=post_id).count()
        assert PostCount.totals(post_id, "likes", "comments") == {"likes": likes, "comments": comments}


def test_a_name_that_somebody_has_is_left_to_them(alice: User, data_dir: Path):
    User.objects.filter(id=alice.id).update(username="demo")
    demo()
    alice.refresh_from_db()
    assert alice.email == "alice@example.org" and alice.check_password("correct horse battery")
    assert set(json.loads((data_dir / "demo.json").read_text())) == {"admin"}
    assert not Post.objects.for_owner(alice.id).exists()


def test_a_lost_file_of_logins_is_written_anew(data_dir: Path):
    demo()
    (data_dir / "demo.json").unlink()
    demo()
    login = json.loads((data_dir / "demo.json").read_text())["demo"]
    assert User.objects.get(username="demo").check_password(login["password"])
