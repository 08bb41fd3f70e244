"""What is wrong with the settings of the Redis servers, on real ones whose settings are changed."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog
from pytest_django.fixtures import Settings

from photoapp import redis_roles
from photoapp.redis_roles import Problem, problems
from tests.parts.process import free_port
from tests.parts.redis import Redis
from tests.photoapp.redis_server import redis_server, url_of

Servers = dict[str, Any]
real = pytest.mark.real("redis")
CACHING = {"maxmemory": "100mb", "maxmemory_policy": "allkeys-lfu"}


@pytest.fixture
def servers(settings: Settings, tmp_path: Path) -> Generator[Servers, None, None]:
    """One for each role, as docs/operating.md wants them."""
    with ExitStack() as stack:
        found = {
            "cache": stack.enter_context(redis_server(tmp_path, **CACHING)),
            "feeds": stack.enter_context(redis_server(tmp_path, **CACHING)),
            "broker": stack.enter_context(redis_server(tmp_path, save="3600 1", appendonly="yes")),
        }
        for role, client in found.items():
            setattr(settings, redis_roles.VARIABLES[role], url_of(client))
        yield found


def the_problem() -> Problem:
    (problem,) = problems()
    return problem


@real
def test_nothing_is_wrong_with_what_the_documents_want(servers: Servers) -> None:
    assert problems() == []
    servers["feeds"].config_set("maxmemory-policy", "volatile-lfu")
    assert problems() == []


@real
@pytest.mark.parametrize(
    ("role", "changes", "harmful", "said"),
    [
        ("cache", {"maxmemory": "0"}, False, "has no maxmemory"),
        ("feeds", {"maxmemory": "0"}, False, "has no maxmemory"),
        ("cache", {"maxmemory-policy": "noeviction"}, True, "refuses writes once it is full"),
        ("feeds", {"maxmemory-policy": "volatile-lru"}, True, "refuses writes once it is full"),
        ("cache", {"maxmemory-policy": "allkeys-lru"}, False, "throws away what is read often"),
        ("cache", {"maxmemory-policy": "volatile-lfu"}, True, "refuses writes once it is full"),
        ("cache", {"save": "3600 1"}, True, "keeps snapshots"),
        ("feeds", {"save": "3600 1"}, True, "show again what was withdrawn since"),
        ("feeds", {"appendonly": "yes"}, True, "keeps an append-only file"),
        ("broker", {"maxmemory-policy": "allkeys-lru"}, False, "may throw tasks away"),
        ("broker", {"maxmemory-policy": "allkeys-lru", "maxmemory": "100mb"}, True, "may throw tasks away"),
    ],
)
def test_each_setting_that_a_role_cannot_use(
    servers: Servers, role: str, changes: dict[str, str], harmful: bool, said: str
) -> None:
    for name, value in changes.items():
        servers[role].config_set(name, value)
    problem = the_problem()
    assert (problem.part, problem.harmful) == (f"redis {role}", harmful)
    assert said in problem.sentence
    assert f'redis-cli -u "${role.upper()}_URL" CONFIG SET ' in problem.sentence
    assert "to its redis.conf" in problem.sentence


@real
def test_what_a_problem_says_to_run_ends_it(servers: Servers) -> None:
    client = servers["feeds"]
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("save", "3600 1")
    for problem in problems():
        command = problem.sentence.partition("CONFIG SET ")[2].partition("`")[0]
        name, _, value = command.partition(" ")
        client.config_set(name, value.strip('"'))
    assert problems() == []


@real
@pytest.mark.parametrize(
    ("changes", "harmful", "said"),
    [
        ({"maxmemory": "0"}, False, "grows until the machine has no memory left"),
        ({"maxmemory-policy": "noeviction"}, True, "everything is refused once it is full"),
        ({}, True, "tasks may be thrown away (maxmemory-policy allkeys-lfu)"),
    ],
)
def test_a_cache_and_the_broker_on_one_server(
    servers: Servers, settings: Settings, changes: dict[str, str], harmful: bool, said: str
) -> None:
    for name, value in changes.items():
        servers["cache"].config_set(name, value)
    settings.BROKER_URL = url_of(servers["cache"], database=2)
    problem = the_problem()
    assert (problem.part, problem.harmful) == ("redis", harmful)
    assert problem.sentence.startswith("CACHE_URL and BROKER_URL are on one server")
    assert said in problem.sentence


@real
def test_two_caches_may_share_a_server(servers: Servers, settings: Settings) -> None:
    settings.FEEDS_URL = url_of(servers["cache"], database=1)
    assert problems() == []


def test_the_embedded_defaults_redis_is_not_judged(settings: Settings, tmp_path: Path) -> None:
    server = Redis(free_port(), tmp_path, fake=True)
    server.start()
    try:
        for number, variable in enumerate(redis_roles.VARIABLES.values()):
            setattr(settings, variable, f"{server.url}/{number}")
        assert problems() == []
    finally:
        server.stop()


def test_a_server_that_is_away_is_not_judged(settings: Settings) -> None:
    for variable in redis_roles.VARIABLES.values():
        setattr(settings, variable, f"redis://127.0.0.1:{free_port()}/0")
    assert problems() == []


@real
def test_a_process_that_starts_logs_each_problem_once(servers: Servers) -> None:
    with structlog.testing.capture_logs() as lines:
        redis_roles.warn()
    assert lines == []
    servers["feeds"].config_set("appendonly", "yes")
    with structlog.testing.capture_logs() as lines:
        redis_roles.warn()
    (line,) = lines
    assert (line["event"], line["log_level"], line["part"]) == ("redis.settings", "warning", "redis feeds")
    assert "CONFIG SET appendonly no" in line["problem"]
