"""Hot reads: over a connection of the thread's own, which Redis may close, lose scripts, or not answer."""

import threading

import pytest
from django.test import override_settings
from redis.exceptions import NoScriptError

from photoapp import redis_clients
from photoapp.redis_clients import CACHE, RedisAway, acting, quick_answers, quick_script
from tests.parts.process import free_port

pytestmark = pytest.mark.django_db  # Redis is there, and emptied afterwards
ECHO = "return {KEYS[1], ARGV[1]}"


def test_answers_come_in_the_order_of_the_commands() -> None:
    assert quick_answers(CACHE, [("SET", "a", 1), ("GET", "a"), ("HMGET", "h", "x", "y")]) == [
        b"OK",
        b"1",
        [None, None],
    ]


def test_a_script_that_redis_does_not_know_is_sent_to_it() -> None:
    acting(CACHE).script_flush()
    for _ in range(2):
        assert quick_script(CACHE, ECHO, ["key"], [7]) == [b"key", b"7"]
    with pytest.raises(NoScriptError):
        quick_answers(CACHE, [("EVALSHA", "0" * 40, 0)])
    assert quick_answers(CACHE, [("PING",)]) == [b"PONG"]


@pytest.mark.real("redis")
def test_a_connection_that_redis_closed_is_made_anew() -> None:
    """As after its restart; else this thread would never hear of it again."""
    for _ in range(3):
        assert quick_answers(CACHE, [("PING",)]) == [b"PONG"]
        acting(CACHE).client_kill_filter(_type="normal", skipme=True)
    assert quick_answers(CACHE, [("PING",)]) == [b"PONG"]


def test_an_error_is_redis_away_and_leaves_nothing_in_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(redis_clients._breakers, CACHE, redis_clients.Breaker())
    acting(CACHE).set("word", "x")
    with pytest.raises(RedisAway, match="WRONGTYPE"):
        quick_answers(CACHE, [("HGET", "word", "a"), ("GET", "word")])
    assert quick_answers(CACHE, [("GET", "word")]) == [b"x"]


def test_each_thread_has_a_line_of_its_own() -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(id(redis_clients._line(CACHE)))) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    assert redis_clients._line(CACHE) is redis_clients._line(CACHE) and id(redis_clients._line(CACHE)) not in found


def test_a_redis_that_is_not_there_is_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(redis_clients._breakers, CACHE, redis_clients.Breaker())
    with override_settings(CACHE_URL=f"redis://127.0.0.1:{free_port()}/0"):
        redis_clients._client.cache_clear()
        for _ in range(5):
            with pytest.raises(RedisAway):
                quick_answers(CACHE, [("PING",)])
    redis_clients._client.cache_clear()
    monkeypatch.setitem(redis_clients._breakers, CACHE, redis_clients.Breaker())
    assert quick_answers(CACHE, [("PING",)]) == [b"PONG"]
