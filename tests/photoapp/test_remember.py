"""remember(): computed once, never older than its invalidation, and bounded when Redis is away."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from photoapp import redis_clients
from photoapp import remember as module
from photoapp.redis_clients import CACHE, RedisAway, acting
from photoapp.remember import Overloaded, hot, peek, remember, renew
from tests.parts.sites import eventually

pytestmark = pytest.mark.django_db  # for an empty Redis


class Computation:
    """Counts its runs; waits for `gate` in each."""

    def __init__(self, *values: Any, gate: threading.Event | None = None) -> None:
        self.values, self.gate = list(values), gate
        self.runs = 0
        self.entered = threading.Event()

    def __call__(self) -> Any:
        self.runs += 1
        self.entered.set()
        if self.gate is not None:
            assert self.gate.wait(20)
        return self.values[min(self.runs, len(self.values)) - 1]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as pool:
        yield pool


def make_stale(key: str) -> None:
    """As if its ttl were over."""
    client = acting(CACHE)
    head, _, payload = client.get(key).partition(b"\n")
    _until, tokens = json.loads(head)
    client.set(key, json.dumps([time.time() - 1, tokens]).encode() + b"\n" + payload, keepttl=True)
    hot.clear()


def test_a_value_is_computed_once_and_comes_back_as_it_was() -> None:
    compute = Computation({"a": [1, "ä", None]})
    for _ in range(20):
        assert remember("thing:1", compute, ttl=30) == {"a": [1, "ä", None]}
    assert compute.runs == 1


def test_many_who_ask_for_a_cold_key_at_once_wait_for_one(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    compute = Computation("value", gate=gate)
    asked = [pool.submit(remember, "thing:1", compute, ttl=30) for _ in range(40)]
    assert compute.entered.wait(20)
    gate.set()
    assert {one.result(20) for one in asked} == {"value"} and compute.runs == 1


def test_when_a_value_is_stale_one_computes_and_the_others_do_not_wait(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    gate.set()
    compute = Computation("old", "new", gate=gate)
    remember("thing:1", compute, ttl=30)
    make_stale("thing:1")
    gate.clear()
    compute.entered.clear()
    holder = pool.submit(remember, "thing:1", compute, ttl=30)
    assert compute.entered.wait(20)
    others = [pool.submit(remember, "thing:1", compute, ttl=30) for _ in range(30)]
    assert {one.result(20) for one in others} == {"old"}, "before the holder is done"
    gate.set()
    assert holder.result(20) == "new" and compute.runs == 2
    hot.clear()
    assert remember("thing:1", compute, ttl=30) == "new"


def test_what_was_renewed_is_not_shown_again(pool: ThreadPoolExecutor) -> None:
    compute = Computation("old", "new")
    assert remember("thing:1", compute, ttl=30, generations=["a", "b"]) == "old"
    renew("b")
    assert remember("thing:1", compute, ttl=30, generations=["a", "b"]) == "new"
    assert compute.runs == 2


def test_a_holder_whose_key_was_renewed_meanwhile_stores_nothing_that_is_shown(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    slow, fresh = Computation("read before the change", gate=gate), Computation("read after it")
    holder = pool.submit(remember, "thing:1", slow, ttl=30, generations=["a"])
    assert slow.entered.wait(20)
    renew("a")
    gate.set()
    assert holder.result(20) == "read before the change", "it was asked before"
    assert remember("thing:1", fresh, ttl=30, generations=["a"]) == "read after it"


def test_a_mutant_that_reads_the_generation_after_computing_is_caught(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = module._Asked.bounded

    def mutant(self: Any) -> Any:
        value = original(self)
        entry = redis_clients.quick(CACHE, self.read)
        self_tokens[0][:] = entry.tokens
        return value

    self_tokens: list[list[str]] = []
    settled = module._Asked.settled

    def spying(self: Any, token: str, entry: Any) -> Any:
        self_tokens[:] = [entry.tokens]
        return settled(self, token, entry)

    monkeypatch.setattr(module._Asked, "bounded", mutant)
    monkeypatch.setattr(module._Asked, "settled", spying)
    with pytest.raises(AssertionError):
        test_a_holder_whose_key_was_renewed_meanwhile_stores_nothing_that_is_shown(pool)


def test_a_generation_that_redis_lost_is_another_one() -> None:
    compute = Computation("old", "new")
    remember("thing:1", compute, ttl=30, generations=["a"])
    acting(CACHE).delete("gen:a")
    assert remember("thing:1", compute, ttl=30, generations=["a"]) == "new"


def test_who_holds_a_lease_no_longer_does_not_write(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.05)
    gate = threading.Event()
    slow = Computation("slow", gate=gate)
    holder = pool.submit(remember, "thing:1", slow, ttl=30)
    assert slow.entered.wait(20)
    eventually(lambda: not acting(CACHE).exists("lease:thing:1"))
    flying = dict(module.flights.flying)
    module.flights.flying.clear()  # as in another process
    assert remember("thing:1", Computation("quick"), ttl=30) == "quick"
    module.flights.flying |= flying
    gate.set()
    assert holder.result(20) == "slow"
    assert remember("thing:1", Computation("third"), ttl=30) == "quick"


def test_a_lease_whose_holder_died_is_waited_for_and_then_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    acting(CACHE).set("lease:thing:1", "of a process that was killed", px=300)
    compute = Computation("value")
    assert remember("thing:1", compute, ttl=30) == "value"
    assert compute.runs == 1


def test_who_waits_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    acting(CACHE).set("lease:thing:1", "of somebody slow", px=60_000)
    with pytest.raises(Overloaded):
        remember("thing:1", Computation("value"), ttl=30)


def test_a_failure_is_everybodys_and_nothing_is_kept(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()

    def fail() -> str:
        assert gate.wait(20)
        raise LookupError("none")

    asked = [pool.submit(remember, "thing:1", fail, ttl=30) for _ in range(10)]
    gate.set()
    for one in asked:
        with pytest.raises(LookupError):
            one.result(20)
    assert remember("thing:1", Computation("value"), ttl=30) == "value", "the lease was given back"


def test_a_hot_key_is_kept_by_the_process_for_half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Computation("value")
    for _ in range(module.HOT_READS + 1):
        remember("thing:1", compute, ttl=30)
    acting(CACHE).delete("thing:1")
    assert remember("thing:1", compute, ttl=30) == "value" and compute.runs == 1
    later = time.monotonic() + module.HOT_SECONDS + 0.01
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    remember("thing:1", compute, ttl=30)
    assert compute.runs == 2


def test_a_key_that_is_read_now_and_then_is_not_kept() -> None:
    compute = Computation("old", "new")
    for _ in range(module.HOT_READS - 2):
        remember("thing:1", compute, ttl=30)
    acting(CACHE).delete("thing:1")
    assert remember("thing:1", compute, ttl=30) == "new"


def test_several_are_looked_at_in_one_go_and_none_is_computed() -> None:
    remember("thing:1", Computation(1), ttl=30, generations=["a"])
    remember("thing:2", Computation(2), ttl=30, generations=["b"])
    asked = [("thing:1", ["a"]), ("thing:2", ["b"]), ("thing:3", ["a"])]
    assert peek(asked) == [1, 2, None]
    renew("b")
    assert peek(asked) == [1, None, None]


def test_what_is_stored_together_does_not_expire_together() -> None:
    ends = set()
    for number in range(20):
        remember(f"thing:{number}", Computation(1), ttl=1000)
        ends.add(round(json.loads(acting(CACHE).get(f"thing:{number}").partition(b"\n")[0])[0]))
    assert len(ends) > 5


# --- Redis away


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(role: str, ask: Callable[..., Any]) -> Any:
        raise RedisAway("away")

    monkeypatch.setattr(module, "quick", away)


@pytest.mark.usefixtures("redis_away")
def test_with_redis_away_each_process_computes_once_at_a_time(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    compute = Computation("value", gate=gate)
    asked = [pool.submit(remember, "thing:1", compute, ttl=30) for _ in range(30)]
    assert compute.entered.wait(20)
    eventually(lambda: pool._work_queue.empty())
    gate.set()
    assert {one.result(20) for one in asked} == {"value"}
    assert compute.runs < 30


@pytest.mark.usefixtures("redis_away")
def test_with_redis_away_computations_are_bounded_and_the_rest_is_refused(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMPUTING_WAIT", 0.05)
    monkeypatch.setattr(module, "_computing", threading.BoundedSemaphore(3))
    gate, running, most = threading.Event(), [], []

    def compute() -> str:
        running.append(1)
        most.append(len(running))
        assert gate.wait(20)
        running.pop()
        return "value"

    asked = [pool.submit(remember, f"thing:{n}", compute, ttl=30) for n in range(20)]
    eventually(lambda: sum(one.done() for one in asked) == 17)
    gate.set()
    failures = [one.exception(20) for one in asked]
    assert max(most) == 3
    assert sum(isinstance(failure, Overloaded) for failure in failures) == 17 and failures.count(None) == 3


def test_a_redis_that_does_not_answer_is_not_asked_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_clients, "_breakers", {CACHE: redis_clients.Breaker()})
    asked = []

    def fail(client: Any) -> None:
        asked.append(1)
        raise redis_clients.redis.exceptions.TimeoutError("too slow")

    for _ in range(20):
        with pytest.raises(RedisAway):
            redis_clients.quick(CACHE, fail)
    assert len(asked) == redis_clients.FAILURES
    later = time.monotonic() + redis_clients.OPEN_SECONDS + 0.01
    monkeypatch.setattr(redis_clients.time, "monotonic", lambda: later)
    for _ in range(20):
        with pytest.raises(RedisAway):
            redis_clients.quick(CACHE, fail)
    assert len(asked) == redis_clients.FAILURES + 1, "one tries, the others wait for what it finds"
    later += redis_clients.OPEN_SECONDS + 0.01
    assert redis_clients.quick(CACHE, lambda client: "back") == "back"
    assert redis_clients.quick(CACHE, lambda client: "back") == "back"


def test_what_a_value_is_made_of_needs_no_place_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all places could be held by values that wait for one."""
    monkeypatch.setattr(module, "_computing", threading.BoundedSemaphore(2))
    monkeypatch.setattr(module, "COMPUTING_WAIT", 0.1)
    together = threading.Barrier(2)

    def outer(number: int) -> int:
        def compute() -> int:
            together.wait(10)
            return remember(f"test:inner{number}", lambda: number, ttl=10) + 1

        return remember(f"test:outer{number}", compute, ttl=10)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(outer, range(2))) == [1, 2]
