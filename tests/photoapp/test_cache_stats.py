"""Counts of cached things: in a process, in Redis, at /metrics; and of what Redis throws away."""

import os
import threading
import urllib.request
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from redis.exceptions import ConnectionError

from photoapp import cache_evictions, cache_stats
from photoapp.cache_evictions import family_of
from photoapp.cache_stats import count, history, totals, write
from photoapp.redis_clients import CACHE, RedisAway
from tests.parts.isolation import redis_client
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from tests.photoapp.redis_server import redis_server

pytestmark = pytest.mark.django_db

# Families are invented: processes of other tests may still write what they have counted.


def now(family: str) -> dict[str, int]:
    """What the last hour's periods have of a family."""
    added = sum((period.counts for period in history(1)), Counter())
    return {outcome: times for (of, outcome), times in added.items() if of == family}


def test_counts_reach_redis_and_are_added_to_what_is_there() -> None:
    count("quokka", "hit")
    count("quokka", "hit", 4)
    count("quokka", "miss", 2)
    count("quokka", "stale", 0)
    write()
    count("quokka", "hit", 10)
    write()
    assert now("quokka") == {"hit": 15, "miss": 2}
    assert totals()["quokka", "hit"] == 15


def test_they_are_written_without_being_asked_for() -> None:
    count("zebra", "computed", 3)
    assert eventually(lambda: now("zebra")) == {"computed": 3}


def test_counts_of_several_threads_are_all_there() -> None:
    def work() -> None:
        for _ in range(2000):
            count("xerus", "local")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    write()
    assert now("xerus") == {"local": 8000}


def test_while_redis_is_away_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(role: str) -> Any:
        raise ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(cache_stats, "acting", away)
        count("quokka", "away", 2)
        with pytest.raises(ConnectionError):
            write()
        count("quokka", "away")
    write()
    assert now("quokka") == {"away": 3}


def test_a_child_counts_its_own_and_writes_them_by_itself() -> None:
    """As Celery's processes do. What the parent had not written is not written twice."""
    count("wombat", "hit", 5)
    parent = cache_stats._unwritten.thread
    assert parent is not None
    child = os.fork()
    if not child:
        status = 1
        try:
            count("wombat", "hit", 100)
            own = cache_stats._unwritten.thread
            write()
            status = 0 if own is not None and own is not parent and own.is_alive() else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    write()
    assert now("wombat") == {"hit": 105}


def test_a_child_of_a_process_that_was_writing_is_not_held_up() -> None:
    with cache_stats._unwritten.writing, cache_stats._unwritten.lock:
        child = os.fork()
        if not child:
            count("wombat", "miss")
            write()
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert now("wombat") == {"miss": 1}


def test_history_has_every_period_and_forgets_after_a_day() -> None:
    count("quokka", "hit")
    write()
    periods = history(24)
    assert len(periods) == 24 * 3600 // cache_stats.PERIOD_SECONDS
    assert [period.start for period in periods] == sorted(period.start for period in periods)
    client = redis_client("CACHE_URL")
    keys = list(client.scan_iter("stats:[0-9]*"))
    assert keys
    assert all(24 * 3600 < client.ttl(key) <= cache_stats.KEPT_SECONDS for key in keys)


def test_metrics_tell_the_counts_of_all_processes() -> None:
    redis_client("CACHE_URL").hincrby(cache_stats.TOTAL, "quokka:hit", 40)  # of another
    count("quokka", "hit", 2)
    write()
    body = Client().get("/metrics").content.decode()
    assert 'photoapp_cache_events_total{family="quokka",outcome="hit"} 42.0' in body
    assert "python_info" in body  # what others say of themselves is there, too


def test_metrics_do_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(role: str, ask: Any) -> Any:
        raise RedisAway("away")

    monkeypatch.setattr(cache_stats, "quick", away)
    response = Client().get("/metrics")
    assert response.status_code == 200
    assert "photoapp_cache_events" not in response.content.decode()


def test_what_a_web_process_counts_is_known_to_others(live_site: LiveSite) -> None:
    with urllib.request.urlopen(f"{live_site}/") as page:
        page.read()
    eventually(lambda: totals()["landing", "computed"])


# --- Evictions


@pytest.mark.parametrize(
    ("key", "family"),
    [
        (b"card:123", "card"),
        (b"feed:{1f}", "feed"),
        (b"lease:profile:42", "lease"),
        (b":1:allauth", "django"),
        (b"withdrawn", "withdrawn"),
        (b"_kombu.binding.default", "_kombu"),
        (b"5d2e-reply", "other"),
        (b"8f2:a", "other"),
        (b"\xff\xfe:", "other"),
    ],
)
def test_the_family_is_what_stands_before_the_first_colon(key: bytes, family: str) -> None:
    assert family_of(key) == family


@pytest.fixture
def full_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Any, None, None]:
    """One of its own that tells of evictions; listeners listen to it."""
    with redis_server(tmp_path, maxmemory_policy="allkeys-lru", notify_keyspace_events="Ee") as client:
        monkeypatch.setattr(cache_evictions, "acting", lambda role: client)
        yield client


def fill(client: Any, family: str) -> int:
    """Writes until something was thrown away, and returns how many keys."""
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 500_000)
    before = client.info("stats")["evicted_keys"]
    for number in range(100):
        client.set(f"{family}:{number}", "x" * 20_000)
    client.config_set("maxmemory", 0)
    return int(client.info("stats")["evicted_keys"] - before)


@pytest.mark.real("redis")
def test_evictions_are_counted_once_however_many_processes_listen(full_redis: Any) -> None:
    listeners = [threading.Thread(target=cache_evictions.listen, args=(CACHE,), daemon=True) for _ in range(3)]
    for listener in listeners:
        listener.start()
    eventually(lambda: full_redis.pubsub_numsub("__keyevent@0__:evicted")[0][1] == 1)
    eventually(lambda: sum(listener.is_alive() for listener in listeners) == 1)
    evicted = fill(full_redis, "quokka")
    assert evicted > 10

    def counted() -> int:
        write()
        return sum(now(family).get("evicted", 0) for family in ("quokka", "stats"))  # the lease may be among them

    eventually(lambda: counted() == evicted)


@pytest.mark.real("redis")
def test_a_listener_takes_a_lease_again_that_was_evicted_and_ends_when_another_has_it(full_redis: Any) -> None:
    first = threading.Thread(target=cache_evictions.listen, args=(CACHE,), daemon=True)
    first.start()
    eventually(lambda: full_redis.pubsub_numsub("__keyevent@0__:evicted")[0][1] == 1)
    full_redis.delete(cache_evictions.LEASE)
    eventually(lambda: full_redis.exists(cache_evictions.LEASE))
    assert first.is_alive()
    full_redis.set(cache_evictions.LEASE, "another's")
    eventually(lambda: not first.is_alive())
    assert full_redis.pubsub_numsub("__keyevent@0__:evicted")[0][1] == 0


@pytest.mark.real("redis")
def test_a_celery_worker_listens(live_worker: WorkerProcess) -> None:
    for variable in ("CACHE_URL", "FEEDS_URL"):
        eventually(lambda variable=variable: redis_client(variable).exists(cache_evictions.LEASE))  # type: ignore[misc]
