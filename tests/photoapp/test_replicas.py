"""Reads go to followers, and nobody notices: what one wrote, one sees; what was withdrawn, nobody sees; a follower that
lags or dies answers nobody. On real followers that are held up on purpose."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.utils import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from config.doctor import databases
from config.doctor.examination import examine
from media.models import Author, Post
from media.services import edit_post
from photoapp import positions, replicas
from photoapp.followers import watch
from photoapp.redis_clients import RedisAway
from photoapp.remember import remember
from photoapp.replicas import reading_from
from photoapp.shards import CONTENT, alias_for, leaders
from tests.admin.conftest import server_down
from tests.parts.followers import Followers
from tests.parts.isolation import redis_client
from tests.parts.sites import eventually
from tests.people import live_post
from tests.photoapp.reading import answer, caption_of, change, server
from tests.queries import counted_queries
from users import services
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("postgres")]

ClientOf = Callable[[User], Client]


def away(*args: Any) -> None:
    raise RedisAway


@pytest.fixture
def post(alice: User) -> Post:
    return live_post(alice, "before")


@pytest.fixture
def at_work(post: Post, alice: User, bob: User, reading_followers: Followers) -> Followers:
    """Followers that have all there is, and are read from."""
    reading_followers.catch_up()
    for alias in leaders():
        eventually(lambda alias=alias: answer(lambda: reading_from(alias), bob) != alias)  # type: ignore[misc]
    return reading_followers


def test_a_read_goes_to_a_follower_and_all_else_to_the_leader(at_work: Followers, alice: User, post: Post) -> None:
    leader = alias_for(CONTENT, alice.id)
    assert answer(lambda: server(alice), alice) == f"{leader}_replica0"
    assert answer(lambda: server(alice), None) == f"{leader}_replica0"
    assert answer(lambda: server(alice), alice, "POST") == leader
    assert server(alice) == leader, "outside of requests"
    assert answer(lambda: Post.objects.on_shard_of(post.id).get(id=post.id)._state.db, alice) == f"{leader}_replica0"
    locked = Post.objects.on_shard_of(post.id).select_for_update()
    assert answer(lambda: locked.db, alice) == leader


def test_what_one_wrote_one_sees_and_others_a_little_later(
    at_work: Followers, alice: User, bob: User, post: Post
) -> None:
    follower = at_work.of(alias_for(CONTENT, alice.id))
    follower.hold()
    answer(change(post, "after"), alice, "POST")
    assert answer(caption_of(post), alice) == "after"
    assert answer(caption_of(post), bob) == "before"
    follower.go_on()
    eventually(lambda: "replica" in answer(lambda: server(alice), alice))
    assert answer(caption_of(post), alice) == "after"
    assert answer(caption_of(post), bob) == "after"


def test_so_does_their_program_with_a_token(at_work: Followers, alice: User, post: Post) -> None:
    at_work.of(alias_for(CONTENT, alice.id)).hold()
    answer(change(post, "after"), alice, "POST")
    assert answer(caption_of(post), alice, token="abc") == "after", "whose token it is nobody knows yet"
    replicas.identify(alice.id, b"abc")
    assert answer(caption_of(post), alice, token="abc") == "after"
    assert "replica" in answer(lambda: reading_from("default"), alice, token="abc")


def test_what_somebody_unknown_wrote_everybody_sees(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    at_work.of(alias_for(CONTENT, alice.id)).hold()
    answer(change(post, "after"), None, "POST")
    assert [answer(caption_of(post), one) for one in (alice, bob, None)] == ["after"] * 3


def test_what_is_withdrawn_nobody_sees(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    at_work.of(alias_for(CONTENT, alice.id)).hold()
    answer(
        lambda: edit_post(editor=alice, post=post, caption="for followers", audience=Post.Audience.FOLLOWERS),
        alice,
        "POST",
    )
    assert [answer(caption_of(post), one) for one in (alice, bob, None)] == ["for followers"] * 3


def test_a_withdrawal_by_a_worker_too(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    at_work.of(alias_for(CONTENT, alice.id)).hold()
    with replicas.task({}):
        replicas.withdraws()
        change(post, "after")()
    assert answer(caption_of(post), bob) == "after"


def test_in_a_transaction_and_after_a_write_the_leader_is_read(at_work: Followers, alice: User, post: Post) -> None:
    leader = alias_for(CONTENT, alice.id)

    def in_transaction() -> str:
        assert server(alice) != leader
        with transaction.atomic(using=leader):
            return server(alice)

    def after_a_write() -> str:
        assert server(alice) != leader
        change(post, "after")()
        return server(alice)

    assert answer(in_transaction, alice) == leader
    assert answer(after_a_write, alice) == leader


def test_what_fills_a_cache_is_read_from_the_leader(at_work: Followers, alice: User, post: Post) -> None:
    at_work.of(alias_for(CONTENT, alice.id)).hold()
    change(post, "after")()
    assert answer(caption_of(post), alice) == "before"
    assert answer(lambda: remember(f"test:{post.id}", caption_of(post), ttl=30), alice) == "after"


def test_without_redis_the_leaders_are_read(
    at_work: Followers, alice: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "quick_answers", away)
    assert answer(lambda: server(alice), alice) == alias_for(CONTENT, alice.id)


def test_a_redis_that_lost_all_lets_nobody_read_what_is_older(
    at_work: Followers, alice: User, bob: User, post: Post
) -> None:
    leader = alias_for(CONTENT, alice.id)
    follower = at_work.of(leader)
    follower.hold()
    answer(change(post, "after"), alice, "POST")
    redis_client("FEEDS_URL").flushdb()
    assert answer(caption_of(post), alice) == "after"
    eventually(lambda: redis_client("FEEDS_URL").zscore(positions.FLOOR, leader))
    assert answer(caption_of(post), alice) == "after"
    follower.go_on()
    eventually(lambda: "replica" in answer(lambda: server(alice), alice))


def test_what_could_not_be_noted_everybody_waits_for(
    at_work: Followers, alice: User, bob: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = alias_for(CONTENT, alice.id)
    at_work.of(leader).hold()

    monkeypatch.setattr(positions, "acting_answers", away)
    answer(change(post, "after"), alice, "POST")
    monkeypatch.undo()
    end = positions.of_leader(leader)
    eventually(lambda: (redis_client("FEEDS_URL").zscore(positions.FLOOR, leader) or 0) >= end)
    assert answer(caption_of(post), alice) == "after"


def test_a_leader_that_went_away_after_the_commit(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    """Its writer waits for it, and all for what it says when it is back; not for ever."""
    leader = alias_for(CONTENT, alice.id)

    def withdraw_and_lose_the_leader() -> None:
        change(post, "after")()
        replicas.withdraws()
        lost.enter_context(server_down(leader))

    with ExitStack() as lost:
        answer(withdraw_and_lose_the_leader, alice, "POST")
    assert positions.needed(alice.id)[leader] == positions.UNKNOWN
    end = positions.of_leader(leader)
    eventually(lambda: end <= positions.needed(bob.id)[leader] < positions.UNKNOWN)
    assert answer(caption_of(post), bob) == "after"


def test_one_that_lags_is_out_until_it_has_caught_up(
    at_work: Followers, alice: User, bob: User, post: Post, settings: Settings
) -> None:
    settings.REPLICA_LAG_SECONDS = 0.4
    leader = alias_for(CONTENT, alice.id)
    follower = at_work.of(leader)
    follower.hold()
    change(post, "after")()
    eventually(lambda: answer(lambda: server(alice), bob) == leader)
    assert watch.follower(f"{leader}_replica0").serving is False
    follower.go_on()
    eventually(lambda: answer(lambda: server(alice), bob) == f"{leader}_replica0")
    assert answer(caption_of(post), bob) == "after"


def test_one_that_is_killed_is_missed_by_nobody(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    leader = alias_for(CONTENT, alice.id)
    follower = at_work.of(leader)
    assert answer(lambda: [server(alice), caption_of(post)()], bob) == [f"{leader}_replica0", "before"]

    def read_until_it_is_dead() -> bool:
        follower.kill()
        return eventually(lambda: caption_of(post)() == "before" and server(alice) == leader)

    assert answer(read_until_it_is_dead, bob)
    assert answer(caption_of(post), bob) == "before"
    follower.start()
    eventually(lambda: answer(lambda: server(alice), bob) == f"{leader}_replica0")


def test_a_query_of_many_rows_goes_on_at_the_leader(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    """A cursor of the server's own, whose rows are fetched in chunks."""
    leader = alias_for(CONTENT, alice.id)

    def iterate() -> list[str]:
        with connections[server(alice)].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        at_work.of(leader).ask(f"SELECT pg_terminate_backend({pid})")
        return [post.caption for post in Post.objects.for_owner(alice.id).iterator()]

    assert answer(iterate, bob) == ["before"]


def test_a_query_that_takes_too_long_is_not_asked_again(at_work: Followers, alice: User, bob: User) -> None:
    def wait_too_long() -> None:
        with connections[server(alice)].cursor() as cursor:
            cursor.execute("SET statement_timeout = 20")
            try:
                cursor.execute("SELECT pg_sleep(30)")
            finally:
                cursor.execute("RESET statement_timeout")

    with pytest.raises(OperationalError, match="statement timeout"):
        answer(wait_too_long, bob)
    assert "replica" in answer(lambda: server(alice), bob), "it is well"


def test_a_follower_takes_no_writes(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    with pytest.raises(Exception, match="read-only transaction"):
        answer(lambda: Post.objects.using(server(alice)).filter(id=post.id).update(caption="after"), bob)


def test_a_leader_that_is_away_leaves_its_readers_their_pages(
    at_work: Followers, alice: User, bob: User, post: Post
) -> None:
    with server_down(alias_for(CONTENT, alice.id)):
        assert answer(caption_of(post), bob) == "before"


# --- Tasks


def test_a_task_reads_leaders_unless_it_says_otherwise(at_work: Followers, alice: User) -> None:
    leader = alias_for(CONTENT, alice.id)
    with replicas.task({}):
        assert server(alice) == leader
        with replicas.from_followers():
            assert server(alice) == f"{leader}_replica0"


def test_a_message_carries_what_its_sender_wrote(at_work: Followers, alice: User, post: Post) -> None:
    from config.celery import keep_position, send_position, take_position

    leader = alias_for(CONTENT, alice.id)
    at_work.of(leader).hold()
    headers: dict[str, Any] = {}

    def write_and_send() -> None:
        change(post, "after")()
        send_position(headers=headers)

    answer(write_and_send, alice, "POST")
    assert headers["positions"][leader] > 0
    task = type("Task", (), {"request": type("Request", (), headers)})
    take_position(task=task)
    try:
        with replicas.from_followers():
            assert caption_of(post)() == "after"
        assert replicas.to_send() == headers["positions"], "and on to what it sends itself"
    finally:
        keep_position()


# --- The site


def reads(counts: dict[str, int]) -> tuple[int, int]:
    """On followers, and in all."""
    return sum(number for alias, number in counts.items() if "replica" in alias), sum(counts.values())


@pytest.mark.parametrize("path", ["/u/alice/", "/u/alice/followers/", "/notifications/", "/saved/", "/upload/"])
def test_pages_of_members_are_read_from_followers(
    at_work: Followers, client_of: ClientOf, bob: User, path: str
) -> None:
    client = client_of(bob)
    client.get(path)
    at_work.catch_up()
    with counted_queries() as counts:
        assert client.get(path).status_code == 200
    on_followers, in_all = reads(counts)
    assert on_followers >= 0.9 * in_all, counts.sql


def test_the_api_is_too(at_work: Followers, alice: User, bob: User, post: Post) -> None:
    headers = {"Authorization": f"Token {services.issue_token(user=bob)}"}
    client = Client(headers=headers)
    assert client.get(f"/api/v1/posts/{post.id}/").status_code == 200
    at_work.catch_up()
    with counted_queries() as counts:
        assert client.get(f"/api/v1/posts/{post.id}/").status_code == 200
    on_followers, in_all = reads(counts)
    assert in_all > 2
    assert on_followers == in_all, counts.sql


def test_a_like_shows_at_once_and_a_revoked_token_is_none(at_work: Followers, bob: User, post: Post) -> None:
    client = Client(headers={"Authorization": f"Token {services.issue_token(user=bob)}"})
    client.get("/api/v1/me/")
    at_work.catch_up()
    for follower in at_work.by_port.values():
        follower.hold()
    assert client.put(f"/api/v1/posts/{post.id}/like/").status_code in (200, 204)
    found = client.get(f"/api/v1/posts/{post.id}/").json()
    assert (found["liked"], found["likes"]) == (True, 1)
    assert client.delete("/api/v1/auth/token/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401


def test_who_signs_up_is_there_at_once(at_work: Followers) -> None:
    for follower in at_work.by_port.values():
        follower.hold()
    client = Client()
    account = {"username": "dora", "email": "dora@example.org", "password": "correct horse battery"}
    assert client.post("/api/v1/users/", account, "application/json").status_code == 201
    token = client.post("/api/v1/auth/token/", account, "application/json").json()["token"]
    headers = {"Authorization": f"Token {token}"}
    assert client.get("/api/v1/me/", headers=headers).json()["username"] == "dora"
    assert client.get("/api/v1/users/dora/", headers=headers).status_code == 200


def test_without_followers_nothing_is_asked_of_redis(
    client_of: ClientOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("needed", "note", "raise_floor"):
        monkeypatch.setattr(positions, name, pytest.fail)
    client = client_of(alice)
    assert client.get("/saved/").status_code == 200
    assert Author.objects.for_owner(alice.id).db == alias_for(CONTENT, alice.id)


# --- Operating


def doctor_says(part: str) -> list[str]:
    chosen = [check for check in databases.checks() if check.part == part]
    return [f"{finding.level}  {finding.message}" for finding in examine(chosen, seconds=20)]


def test_doctor_looks_at_followers(at_work: Followers, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = at_work.of("content0")
    (line,) = doctor_says("database content0_replica0")
    assert line.startswith("ok  replays what content0 writes")
    monkeypatch.setattr(databases, "FOLLOWS_SECONDS", 0)
    follower.hold()
    with connections["content0"].cursor() as cursor:
        cursor.execute("SELECT pg_switch_wal()")
    (line,) = doctor_says("database content0_replica0")
    assert line.startswith("warn  is ") and "It lags" in line
    follower.go_on()
    monkeypatch.setitem(connections.settings, "content0_replica0", connections.settings["content1_replica0"])
    assert doctor_says("database content0_replica0")[0].startswith("WRONG  follows another server than content0")
    monkeypatch.setitem(connections.settings, "content0_replica0", connections.settings["content0"])
    assert doctor_says("database content0_replica0")[0].startswith("WRONG  is no follower")


def test_the_site_is_ready_without_a_follower_and_metrics_tell(at_work: Followers, client: Client) -> None:
    at_work.of("content0").kill()
    eventually(lambda: not watch.follower("content0_replica0").serves(0))
    assert client.get("/readyz").status_code == 200
    lines = client.get("/metrics").content.decode().splitlines()
    assert 'photoapp_replica_serving{follower="content0_replica0"} 0.0' in lines
    assert 'photoapp_replica_serving{follower="default_replica0"} 1.0' in lines
    ejected = 'photoapp_replica_ejections_total{follower="content0_replica0",reason="does not answer"}'
    assert any(line.startswith(ejected) for line in lines)
    (line,) = doctor_says("database content0_replica0")
    assert line.startswith("WRONG  ") and "CONTENT_DATABASE_REPLICA_URLS" in line
