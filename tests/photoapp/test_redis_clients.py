"""What is asked often: over connections of the thread's own, which Redis may close, lose scripts, or not answer."""

import threading
from typing import Any

import pytest
from django.test import override_settings
from redis.exceptions import NoScriptError, ResponseError

from photoapp import redis_clients
from photoapp.redis_clients import (
    CACHE,
    Answers,
    RedisAway,
    acting,
    acting_answers,
    acting_script,
    quick_answers,
    quick_note,
    quick_script,
)
from tests.parts.process import free_port

pytestmark = pytest.mark.django_db  # Redis is there, and emptied afterwards
ECHO = "return {KEYS[1], ARGV[1]}"
BOTH = pytest.mark.parametrize("answers", [quick_answers, acting_answers])


def clients_here() -> list[dict[str, Any]]:
    """Of this test's database: others use the same server at the same time."""
    client = acting(CACHE)
    here = str(client.connection_pool.connection_kwargs.get("db", 0))
    return [one for one in client.client_list() if one["db"] == here]


def close_other_connections() -> None:
    client = acting(CACHE)
    for one in clients_here():
        if one["cmd"] != "client|list":  # that is this one
            client.client_kill_filter(_id=one["id"])


@BOTH
def test_answers_come_in_the_order_of_the_commands(answers: Answers) -> None:
    assert answers(CACHE, [("SET", "a", 1), ("GET", "a"), ("HMGET", "h", "x", "y")]) == [
        b"OK",
        b"1",
        [None, None],
    ]


def test_a_script_that_redis_does_not_know_is_sent_to_it() -> None:
    acting(CACHE).script_flush()
    for ask in (quick_script, quick_script, acting_script):
        assert ask(CACHE, ECHO, ["key"], [7]) == [b"key", b"7"]
    acting(CACHE).script_flush()
    assert acting_script(CACHE, ECHO, ["key"], [7]) == [b"key", b"7"]
    with pytest.raises(NoScriptError):
        quick_answers(CACHE, [("EVALSHA", "0" * 40, 0)])
    assert quick_answers(CACHE, [("PING",)]) == [b"PONG"]


@BOTH
@pytest.mark.real("redis")
def test_a_connection_that_redis_closed_is_made_anew(answers: Answers) -> None:
    """As after its restart; else this thread would never hear of it again."""
    for _ in range(3):
        assert answers(CACHE, [("PING",)]) == [b"PONG"]
        close_other_connections()
    assert answers(CACHE, [("PING",)]) == [b"PONG"]


@BOTH
def test_an_error_leaves_nothing_in_the_line(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(redis_clients._breakers, CACHE, redis_clients.Breaker())
    acting(CACHE).set("word", "x")
    with pytest.raises(RedisAway if answers is quick_answers else ResponseError, match="WRONGTYPE"):
        answers(CACHE, [("HGET", "word", "a"), ("GET", "word")])
    assert answers(CACHE, [("GET", "word")]) == [b"x"]


@pytest.mark.real("redis")
def test_what_acts_is_asked_once_more_when_its_connection_breaks_meanwhile() -> None:
    def break_it() -> None:
        client = acting(CACHE)
        while not (blocked := [one["id"] for one in clients_here() if one["cmd"] == "blpop"]):
            pass
        client.client_kill_filter(_id=blocked[0])
        client.rpush("list", "x")

    thread = threading.Thread(target=break_it)
    thread.start()
    assert acting_answers(CACHE, [("BLPOP", "list", 1)]) == [[b"list", b"x"]]
    thread.join()


def test_each_thread_has_a_line_of_its_own() -> None:
    own, found = redis_clients._line(CACHE, 1), []
    threads = [threading.Thread(target=lambda: found.append(redis_clients._line(CACHE, 1))) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    assert redis_clients._line(CACHE, 1) is own and len({own, *found}) == 3


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


def test_what_is_noted_is_not_waited_for_and_leaves_no_answer_behind() -> None:
    for number in range(3):
        quick_note(CACHE, "return redis.call('RPUSH', KEYS[1], ARGV[1])", ["list"], [number])
    quick_note(CACHE, "return redis.call('HGET', KEYS[1], 'x')", ["list"], [])  # an error, of which nobody hears
    assert quick_answers(CACHE, [("LRANGE", "list", 0, -1)]) == [[b"0", b"1", b"2"]]


@pytest.mark.real("redis")
def test_a_note_that_was_lost_with_its_connection_is_no_failure_of_the_next_question() -> None:
    quick_note(CACHE, ECHO, ["key"], [7])
    close_other_connections()
    quick_note(CACHE, ECHO, ["key"], [7])
    assert quick_answers(CACHE, [("PING",)]) == [b"PONG"]


def test_a_note_for_a_redis_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(redis_clients._breakers, CACHE, redis_clients.Breaker())
    with override_settings(CACHE_URL=f"redis://127.0.0.1:{free_port()}/0"):
        redis_clients._client.cache_clear()
        for _ in range(redis_clients.FAILURES + 1):
            with pytest.raises(RedisAway):
                quick_note(CACHE, ECHO, ["key"], [7])
    redis_clients._client.cache_clear()
