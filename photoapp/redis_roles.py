"""What each Redis role needs of its server's settings, and what is wrong with them: for `manage.py doctor`, the admin,
and the log of a process that starts. A server that does not tell its settings (the embedded default's, many managed
ones) is not judged; docs/operating.md has the needs as lines of redis.conf."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

BROKER = "broker"
VARIABLES = {"cache": "CACHE_URL", "feeds": "FEEDS_URL", BROKER: "BROKER_URL"}
LIMIT, POLICY = "maxmemory", "maxmemory-policy"
ASKED = (LIMIT, POLICY, "save", "appendonly")
POLICIES = {"cache": ("allkeys-lfu",), "feeds": ("allkeys-lfu", "volatile-lfu")}
ACCEPTABLE = ("allkeys-",)  # beginnings: these throw away the wrong things, but writes go on
ANSWER_SECONDS = 1.0


@dataclass(frozen=True)
class Problem:
    """`harmful`: it loses or shows what it must not, or ends in refusals; else the settings could only be better."""

    part: str  # "redis cache"; "redis" for several
    harmful: bool
    sentence: str


@dataclass(frozen=True)
class Server:
    run_id: str
    config: Mapping[str, str]

    @property
    def limit(self) -> int:
        return int(self.config.get(LIMIT, 0))

    @property
    def policy(self) -> str:
        return self.config.get(POLICY, "")


def client_of(role: str) -> Any:
    url = getattr(settings, VARIABLES[role])
    return redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, protocol=2)


def problems() -> list[Problem]:
    """Of all roles. Those whose server is away or does not tell are left out."""
    servers = {role: server for role in VARIABLES if (server := server_of(client_of(role)))}
    return [*_conflicts(servers), *(problem for role in servers for problem in _of_role(role, servers))]


def server_of(client: Any) -> Server | None:
    try:
        config: dict[str, str] = {}
        for name in ASKED:
            config |= {str(key): str(value) for key, value in client.config_get(name).items()}
        return Server(str(client.info("server")["run_id"]), config)
    except (RedisError, OSError, KeyError):
        return None


def _conflicts(servers: Mapping[str, Server]) -> Iterator[Problem]:
    others = [role for role in servers if _is_with_broker(role, servers)]
    if not others:
        return
    names = [VARIABLES[role] for role in (*others, BROKER)]
    broker = servers[BROKER]
    what_happens = (
        f"now tasks may be thrown away (maxmemory-policy {broker.policy})"
        if broker.limit and broker.policy != "noeviction"
        else "now everything is refused once it is full"
        if broker.limit
        else "now it grows until the machine has no memory left"
    )
    yield Problem(
        "redis",
        bool(broker.limit),
        f"{', '.join(names[:-1])} and {names[-1]} are on one server, which has one maxmemory-policy: caches need "
        f"allkeys-lfu, the broker noeviction; {what_happens}. Give BROKER_URL a server of its own.",
    )


def _is_with_broker(role: str, servers: Mapping[str, Server]) -> bool:
    return role != BROKER and BROKER in servers and servers[role].run_id == servers[BROKER].run_id


def _of_role(role: str, servers: Mapping[str, Server]) -> Iterator[Problem]:
    server, part = servers[role], f"redis {role}"
    if role == BROKER:
        if server.policy != "noeviction" and not any(_is_with_broker(other, servers) for other in servers):
            sentence = f"may throw tasks away (maxmemory-policy {server.policy}). {_set(role, POLICY, 'noeviction')}"
            yield Problem(part, bool(server.limit), sentence)
        return
    if not _is_with_broker(role, servers):
        yield from _memory(role, part, server)
    yield from _persistence(role, part, server)


def _memory(role: str, part: str, server: Server) -> Iterator[Problem]:
    policies = POLICIES[role]
    change = _set(role, POLICY, policies[0])
    if not server.limit:
        also = "" if server.policy in policies else f" {change}"
        yield Problem(
            part,
            False,
            "has no maxmemory: it grows until the machine has none left. "
            f"{_set(role, LIMIT, '1gb')} (1gb: as much as it may have.){also}",
        )
    elif server.policy not in policies and not server.policy.startswith(ACCEPTABLE):
        yield Problem(part, True, f"refuses writes once it is full (maxmemory-policy {server.policy}). {change}")
    elif server.policy not in policies:
        yield Problem(part, False, f"throws away what is read often (maxmemory-policy {server.policy}). {change}")


def _persistence(role: str, part: str, server: Server) -> Iterator[Problem]:
    for name, off, value in (("save", "", '""'), ("appendonly", "no", "no")):
        if server.config.get(name, off) != off:
            keeps = "snapshots" if name == "save" else "an append-only file"
            yield Problem(
                part,
                True,
                f"keeps {keeps}: after a restart it would show again what was withdrawn since. "
                f"{_set(role, name, value)}",
            )


def _set(role: str, name: str, value: str) -> str:
    return (
        f'Run `redis-cli -u "${VARIABLES[role]}" CONFIG SET {name} {value}`, and write `{name} {value}` to its '
        "redis.conf."
    )


# --- At the start of a process


def warn_at_start() -> None:
    """In a thread: a Redis that does not answer holds up nothing."""
    threading.Thread(target=warn, name="redis-roles", daemon=True).start()


def warn(found: Iterable[Problem] | None = None) -> None:
    for problem in problems() if found is None else found:
        log.warning("redis.settings", part=problem.part, problem=problem.sentence)
