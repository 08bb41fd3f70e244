"""What a commit must cause is caused: exactly as often as needed, with the broker down, the handler failing, the
process gone."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from photoapp import ids, outbox
from photoapp.models import OUTBOXES, ContentOutbox
from photoapp.redis_clients import RedisAway
from photoapp.shards import alias_for, servers

pytestmark = pytest.mark.django_db

OWNER = ids.new_id(700)


class Broken(Exception):
    pass


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """An event `test.happened` with one handler that notes its calls; -1 makes it fail."""
    monkeypatch.setattr(outbox, "_handlers", dict(outbox._handlers))
    monkeypatch.setattr(outbox, "_by_event", dict(outbox._by_event))
    monkeypatch.setattr(outbox, "_broker_down_until", 0.0)
    noted: list[int] = []

    @outbox.handles("test.happened", name="test.note")
    def note(number: int) -> None:
        noted.append(number)
        if number < 0:
            raise Broken("no such number")

    yield noted


def happen(number: int, group: str = "content") -> None:
    with transaction.atomic(using=alias_for(group, OWNER)):
        outbox.emit("test.happened", group=group, owner_id=OWNER, number=number)


def verbs(queries: CaptureQueriesContext) -> list[str]:
    """What was done to the outbox."""
    return [verb for query in queries for verb in re.findall(r"\b(INSERT|UPDATE|DELETE)\b.*outbox", query["sql"])]


def rows(group: str = "content") -> list[ContentOutbox]:
    return [row for alias in servers(group) for row in OUTBOXES[group].objects.using(alias)]


@pytest.mark.parametrize("group", ["auth", "friends", "content"])
def test_a_row_goes_with_its_commit_and_away_with_its_effect(calls: list[int], group: str) -> None:
    happen(7, group)
    (row,) = rows(group)
    assert row._state.db == alias_for(group, OWNER)
    assert calls == []
    outbox.drain()
    assert calls == [7]
    assert rows(group) == []


def test_a_transaction_that_rolls_back_causes_nothing(calls: list[int]) -> None:
    with pytest.raises(Broken), transaction.atomic(using=alias_for("content", OWNER)):
        outbox.emit("test.happened", group="content", owner_id=OWNER, number=1)
        raise Broken
    assert rows() == []


def test_an_event_outside_a_transaction_is_refused(calls: list[int]) -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        outbox.emit("test.happened", group="content", owner_id=OWNER, number=1)


def test_a_transaction_on_another_server_does_not_count(calls: list[int]) -> None:
    with transaction.atomic(using="default"), pytest.raises(RuntimeError, match="outside a transaction"):
        outbox.emit("test.happened", group="content", owner_id=OWNER, number=1)


def test_with_the_broker_down_the_commit_stands_and_the_sweeper_comes(
    calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from photoapp.tasks import deliver_outbox_rows

    def down(**kwargs: object) -> None:
        raise ConnectionError("no broker")

    with monkeypatch.context() as context:
        context.setattr(deliver_outbox_rows, "apply_async", down)
        happen(3)
    outbox._broker_down_until = 0.0
    sent: list[Any] = []
    monkeypatch.setattr(deliver_outbox_rows, "apply_async", lambda args, queue, **_: sent.append(args))
    assert outbox.sweep() == 0, "not due yet: the hand-over after the commit has its time"
    assert outbox.sweep(timezone.now() + outbox.FIRST_SWEEP_AFTER) == 1
    assert outbox.sweep(timezone.now() + outbox.FIRST_SWEEP_AFTER) == 0, "it may be waiting in a long queue"
    assert outbox.sweep(timezone.now() + outbox.FIRST_SWEEP_AFTER + outbox.NEXT_SWEEP_AFTER) == 1
    for arguments in sent:
        deliver_outbox_rows(*arguments)
    assert calls == [3]


def test_what_an_event_causes_is_one_message_for_each_queue(calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    from photoapp.tasks import deliver_outbox_rows

    sent: list[Any] = []
    monkeypatch.setattr(deliver_outbox_rows, "apply_async", lambda args, queue, **_: sent.append((queue, *args)))
    outbox.handles("test.happened", name="test.note_again")(lambda number: calls.append(10 * number))
    outbox.handles("test.happened", name="test.elsewhere", queue="photos")(lambda number: calls.append(100 * number))
    happen(4)
    ids = {row.handler: row.id for row in rows()}
    assert sent == [
        ("default", "content", [ids["test.note"], ids["test.note_again"]]),
        ("photos", "content", [ids["test.elsewhere"]]),
    ]
    deliver_outbox_rows(*sent[0][1:])
    assert (calls, [row.handler for row in rows()]) == ([4, 40], ["test.elsewhere"])


def test_of_the_rows_of_one_message_one_that_fails_holds_up_no_other(
    calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from photoapp.tasks import deliver_outbox_rows

    sent: list[Any] = []
    monkeypatch.setattr(deliver_outbox_rows, "apply_async", lambda args, queue, **_: sent.append(args))
    outbox.handles("test.happened", name="test.after")(lambda number: calls.append(10 * number))
    happen(-1)
    deliver_outbox_rows(*sent[0])
    assert (calls, [row.handler for row in rows()]) == ([-1, -10], ["test.note"])


def test_inline_effects_are_recorded_by_one_statement(calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3):
        outbox.handles("test.happened", name=f"test.inline{number}", inline=True)(
            lambda number, times=number: calls.append(number * times)
        )
    with CaptureQueriesContext(connections[alias_for("content", OWNER)]) as queries:
        happen(5)
    assert (calls, [row.handler for row in rows()]) == ([5, 10, 15], ["test.note"])
    assert [verb for verb in verbs(queries) if verb == "DELETE"] == ["DELETE"]


def test_a_failure_is_told_and_tried_again_later(calls: list[int]) -> None:
    happen(-1)
    (row,) = rows()
    assert outbox.deliver("content", row.id) is False
    (row,) = rows()
    assert row.attempts == 1
    assert row.error == "Broken: no such number"
    assert row.leased_until is None
    assert row.due_at <= timezone.now() + timedelta(seconds=2)
    assert outbox.deliver("content", row.id) is False
    assert calls == [-1, -1]


def test_after_ten_failures_a_row_is_parked_and_can_be_retried(calls: list[int]) -> None:
    happen(-1)
    (row,) = rows()
    for _ in range(outbox.MAX_ATTEMPTS + 3):
        outbox.deliver("content", row.id)
    assert len(calls) == outbox.MAX_ATTEMPTS
    (row,) = rows()
    assert row.parked
    assert outbox.sweep(timezone.now() + timedelta(days=1)) == 0
    outbox.retry_parked("content", row)
    outbox.deliver("content", row.id)
    assert len(calls) == outbox.MAX_ATTEMPTS + 1


def test_a_row_that_somebody_works_on_is_left_alone(calls: list[int]) -> None:
    happen(5)
    (row,) = rows()
    mine = ContentOutbox.objects.on_shard_of(row.id).filter(id=row.id)
    mine.update(leased_until=timezone.now() + timedelta(seconds=60))
    assert outbox.deliver("content", row.id) is False
    assert calls == []
    assert outbox.sweep(timezone.now() + timedelta(seconds=59)) == 0
    mine.update(leased_until=timezone.now())  # its worker died
    assert outbox.deliver("content", row.id) is True
    assert calls == [5]


def test_delivering_twice_is_delivering_once(calls: list[int]) -> None:
    happen(5)
    (row,) = rows()
    assert outbox.deliver("content", row.id) is True
    assert outbox.deliver("content", row.id) is True
    assert calls == [5]


def test_an_inline_handler_runs_with_the_commit_and_a_failure_leaves_its_row(
    calls: list[int],
) -> None:
    fails: list[bool] = [True]

    @outbox.handles("test.inline", name="test.inline", inline=True)
    def inline(number: int) -> None:
        calls.append(number)
        if fails:
            raise Broken("not now")

    with transaction.atomic(using=alias_for("content", OWNER)):
        outbox.emit("test.inline", group="content", owner_id=OWNER, number=9)
        assert calls == [], "nothing happens before the commit"
    assert calls == [9]
    (row,) = rows()
    assert row.attempts == 1 and row.leased_until is None and "not now" in row.error
    fails.clear()
    outbox.drain()
    assert calls == [9, 9]
    assert rows() == []


def test_an_inline_handler_costs_one_statement_beside_its_own(calls: list[int]) -> None:
    @outbox.handles("test.inline", name="test.inline", inline=True)
    def inline(number: int) -> None:
        calls.append(number)

    using = alias_for("content", OWNER)
    with CaptureQueriesContext(connections[using]) as queries, transaction.atomic(using=using):
        outbox.emit("test.inline", group="content", owner_id=OWNER, number=9)
    assert calls == [9] and verbs(queries) == ["INSERT", "DELETE"], "nobody else could claim it"


def test_one_dead_server_does_not_keep_the_others_waiting(calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    happen(1)
    real_due: Callable[..., object] = outbox.due

    def due(group: str, alias: str, now: object) -> object:
        if alias == servers("content")[0]:
            raise ConnectionError("down")
        return real_due(group, alias, now)

    monkeypatch.setattr(outbox, "due", due)
    assert outbox.sweep(timezone.now() + outbox.FIRST_SWEEP_AFTER) == 1


def test_two_handlers_cannot_share_a_name(calls: list[int]) -> None:
    with pytest.raises(ValueError, match=r"test\.note"):
        outbox.handles("test.other", name="test.note")(lambda: None)


def test_what_redis_was_not_told_the_process_tells_it_in_order_once_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_handlers", dict(outbox._handlers))
    monkeypatch.setattr(outbox, "_by_event", dict(outbox._by_event))
    owed = outbox.Owed()
    owed.tries, owed.thread = True, threading.Thread()  # the test tries by itself
    monkeypatch.setattr(outbox, "owed", owed)
    told: list[int] = []
    is_away = True

    @outbox.handles("test.happened", name="test.tell", inline=True)
    def tell(number: int) -> None:
        if is_away:
            raise RedisAway("it is")
        told.append(number)

    for number in range(3):
        happen(number)
    for _ in range(12):
        owed.try_all()
    assert told == [] and len(owed.rows) == 3
    assert all(not row.parked and row.due_at <= timezone.now() + timedelta(seconds=10) for row in rows())
    is_away = False
    owed.try_all()
    owed.try_all()
    assert sorted(told) == [0, 1, 2] and rows() == [] and not owed.rows


UNHURRIED = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'"


@pytest.mark.real("postgres")
def test_only_what_members_wrote_waits_for_the_disk_and_the_follower(
    calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL says in which transaction it is asked."""
    using = alias_for("content", OWNER)
    asked: list[tuple[str, bool]] = []

    def spy(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        found = execute(sql, params, many, context)
        for verb in re.findall(r"\b(INSERT|UPDATE|DELETE)\b.*outbox", sql):
            asked.append((verb, UNHURRIED in sql))
        return found

    with connections[using].execute_wrapper(spy):
        happen(3)
        (row,) = rows()
        assert outbox.deliver("content", row.id)
    assert asked == [("INSERT", False), ("UPDATE", True), ("DELETE", True)]
    with connections[using].cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        before = cursor.fetchone()
        cursor.execute(f"SELECT set_config('synchronous_commit', 'local', false) WHERE {UNHURRIED}")
        assert cursor.fetchone() == ("local",), "true for each row"
        with transaction.atomic(using=using):
            cursor.execute(f"SELECT {UNHURRIED}")
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("off",), "until the transaction has ended"
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("local",)
        cursor.execute("SELECT set_config('synchronous_commit', %s, false)", before)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() != ("local",), "and nothing is left of it"


def test_inside_a_transaction_nothing_is_made_to_wait_less(calls: list[int]) -> None:
    """The whole transaction would."""
    using = alias_for("content", OWNER)
    happen(3)
    (row,) = rows()
    with CaptureQueriesContext(connections[using]) as queries, transaction.atomic(using=using):
        assert outbox.deliver("content", row.id)
    assert not [query for query in queries if "synchronous_commit" in query["sql"]]
