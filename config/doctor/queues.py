"""Redis in its three roles, and a task's way through the broker and a worker of every queue."""

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings

from config.doctor.examination import OK, WARN, WRONG, Check, Report, clock_report
from config.tasks import ANSWER_SECONDS, answer_doctor
from photoapp import outbox, redis_roles

ROLES = ("CACHE_URL", "FEEDS_URL", "BROKER_URL")
WORKER_SECONDS = 10.0
WORKER_COMMAND = "celery -A config worker -Q default,feeds,fanout,photos,search"


def checks() -> Iterator[Check]:
    for variable in ROLES:
        role = variable.removesuffix("_URL").lower()
        yield Check(
            f"redis {role}",
            lambda variable=variable: examine_redis(variable),  # type: ignore[misc]
            f"Check {variable}, and that the server runs and lets this machine in.",
        )
    yield Check("redis", one_database_each, "Check the Redis URLs.")
    yield Check("redis settings", role_settings, "Check the Redis URLs.")
    for queue in sorted({"default", *(handler.queue for handler in outbox._handlers.values())}):
        yield Check(
            f"worker {queue}",
            lambda queue=queue: examine_worker(queue),  # type: ignore[misc]
            f"Check BROKER_URL, and that a worker takes this queue (`{WORKER_COMMAND}`).",
        )


def client(url: str) -> Any:
    return redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)


def examine_redis(variable: str) -> Report:
    server = client(getattr(settings, variable))
    key, value = f"doctor:{secrets.token_hex(8)}", secrets.token_bytes(16)
    started = time.perf_counter()
    server.set(key, value, ex=ANSWER_SECONDS)
    found, deleted = server.get(key), server.delete(key)
    if found != value or deleted != 1:
        yield WRONG, "what was read is not what was written. Is something else using these keys?"
        return
    yield OK, f"set, got and deleted ({1000 * (time.perf_counter() - started):.0f} ms)"
    asked = time.time()
    seconds, microseconds = server.time()
    yield from clock_report(seconds + microseconds / 1e6, asked, time.time())


def role_settings() -> Report:
    for problem in redis_roles.problems():
        role = problem.part.removeprefix("redis").strip()
        yield WRONG if problem.harmful else WARN, f"{role} {problem.sentence}".strip()


def one_database_each() -> Report:
    urls: dict[str, list[str]] = {}
    for variable in ROLES:
        urls.setdefault(getattr(settings, variable).rstrip("/"), []).append(variable)
    for variables in urls.values():
        if len(variables) > 1:
            names = " and ".join(variables)
            yield WRONG, f"{names} are the same: clearing one loses the other. Give each a database or a server."


def examine_worker(queue: str) -> Report:
    """The answer comes back through the `feeds` Redis, so that workers are known to reach it, too."""
    key = f"doctor:{secrets.token_hex(8)}"
    asked = time.time()
    answer_doctor.apply_async(args=(key,), queue=queue, expires=ANSWER_SECONDS)
    answer = wait_for(key)
    if answer is None:
        yield (
            WRONG,
            f"no worker answered within {WORKER_SECONDS:.0f} s. Start one (`{WORKER_COMMAND}`), give it the same "
            "BROKER_URL and FEEDS_URL, or add workers when the queue is long.",
        )
        return
    told = json.loads(answer)
    yield OK, f"a task came back from {told['worker']} ({1000 * (time.time() - asked):.0f} ms)"
    yield from clock_report(told["time"], asked, time.time())


def wait_for(key: str) -> bytes | None:
    server = client(settings.FEEDS_URL)
    until = time.monotonic() + WORKER_SECONDS
    while time.monotonic() < until:
        if answer := server.getdel(key):
            return bytes(answer)
        time.sleep(0.05)
    return None
