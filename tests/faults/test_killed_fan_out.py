"""A fan-out is killed in the middle, Redis loses all, the broker is emptied: afterwards every feed is right."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from feeds import keys, services, store
from feeds.store import Built, IdList
from media.models import Post
from media.services.posts import archive_post, unarchive_post
from photoapp import outbox
from photoapp.redis_clients import FEEDS, acting
from tests.faults.test_killed_uploads import injected, nothing_waits, recover
from tests.parts.isolation import redis_client
from tests.parts.sites import WorkerProcess, eventually
from tests.people import add_follows, crowd, live_post
from users.models import FollowCount, User

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

FOLLOWERS = 330  # chunks of 50 (tests/faults/settings.py)
STEPS = [
    "before:feeds.services.fan_out:1",
    "before:feeds.services._leave_to_outbox:3",
    "after:feeds.services._leave_to_outbox:4",
    "before:feeds.services.push_to:3",
    "after:feeds.store.push:2",
    "after:feeds.services.fan_out_chunk:1",
    "before:feeds.tasks.compose_soon:2",
]


@pytest.fixture
def followers(alice: User, settings: Settings) -> list[User]:
    """Of alice, each with a feed that holds her older post."""
    settings.FANOUT_CHUNK = 50
    members = crowd(FOLLOWERS)
    add_follows([(member, alice) for member in members])
    FollowCount.add(alice.id, using=FollowCount.objects.for_owner(alice.id).db, followers=FOLLOWERS)
    older = live_post(alice, "Older")
    for member in [*members, alice]:
        build(member.id, [older.id], alice.id)
    return members


def build(user_id: int, ids: list[int], heard: int) -> None:
    version = store.begin(user_id).version
    store.add_pulls(user_id, [])
    store.finish(user_id, version, Built(IdList(ids, complete=True), [heard]))


def new_post(alice: User) -> Post:
    """One that is published by its outbox row alone: the worker does all of it."""
    post = live_post(alice, "Newest")
    post.owner.id = alice.id
    with outbox.held_back():
        archive_post(post=post, by=alice)
        outbox.drain()
        unarchive_post(post=post, by=alice)
    return post


def stored_ids(user_id: int) -> list[int]:
    return [int(id) for id in acting(FEEDS).lrange(keys.feed_key(user_id), 0, -1) if id != b"0"]


def right(alice: User) -> list[int]:
    return list(Post.objects.for_owner(alice.id).order_by("-id").values_list("id", flat=True))


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_is_killed_leaves_no_feed_behind(
    alice: User, followers: list[User], live_worker: WorkerProcess, tmp_path: Path, step: str
) -> None:
    live_worker.restart(**injected(step, tmp_path))
    new_post(alice)
    outbox_is_handed_over()
    eventually((tmp_path / "died").exists)
    eventually(lambda: not live_worker.alive)
    recover(live_worker)
    assert_all_right(alice, followers)


def test_a_broker_that_is_emptied_loses_none(alice: User, followers: list[User], live_worker: WorkerProcess) -> None:
    live_worker.pause()
    new_post(alice)
    outbox_is_handed_over()
    redis_client("BROKER_URL").flushdb()
    live_worker.stop()
    recover(live_worker)
    assert_all_right(alice, followers)


def test_a_redis_that_lost_all_is_filled_again(
    alice: User, followers: list[User], live_worker: WorkerProcess, tmp_path: Path
) -> None:
    live_worker.restart(**injected("before:feeds.services.push_to:4", tmp_path))
    new_post(alice)
    outbox_is_handed_over()
    eventually((tmp_path / "died").exists)
    acting(FEEDS).flushdb()
    for member in followers[:20]:
        services.rebuild(member.id)
    recover(live_worker)
    for member in followers[:20]:
        assert stored_ids(member.id) == right(alice)
    for member in followers[20:25]:
        assert not stored_ids(member.id)
        services.rebuild(member.id)
        assert stored_ids(member.id) == right(alice)


def outbox_is_handed_over() -> None:
    from tests.faults.test_killed_uploads import wait_out_the_lease

    wait_out_the_lease()


def assert_all_right(alice: User, followers: list[User]) -> None:
    assert nothing_waits()
    expected = right(alice)
    assert len(expected) == 2
    for member in [*followers, alice]:
        assert stored_ids(member.id) == expected, "neither missing nor twice"
