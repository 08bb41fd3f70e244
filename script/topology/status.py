"""The table of `script/cluster status`."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

from script.topology import web
from script.topology.databases import Databases, servers_of
from script.topology.plan import Plan
from script.topology.state import Cluster, Running, State
from tests.parts.process import port_answers

Row = tuple[str, str, str, str]  # part, pid, health, what else there is to say
FINE = "ok"


def rows(cluster: Cluster) -> list[Row]:
    state, plan = cluster.read(), cluster.plan()
    lag = replication(Databases(cluster, plan), state)
    return [row for part in in_order(state) for row in [describe(part, plan, state, lag)]]


def in_order(state: State) -> Iterator[Running]:
    kinds = ("proxy", "web", "worker", "beat", "postgres", "redis", "store", "watcher")
    for kind in kinds:
        yield from sorted(state.of_kind(kind), key=lambda part: part.name)


def describe(part: Running, plan: Plan, state: State, lag: dict[str, str]) -> Row:
    if not part.alive:
        return part.name, str(part.pid), "ENDED", ""
    health, more = FINE, part.address
    if part.kind == "web":
        health = FINE if web.answers(Path(part.address.removeprefix("unix:"))) else "does not answer"
    elif part.kind == "proxy":
        health, more = FINE if port_answers(plan.port) else "does not answer", connections(plan)
    elif part.kind == "worker":
        more = queue(plan, part.address)
    elif part.kind == "redis":
        health, more = redis_health(plan, part.name.removeprefix("redis-"))
    elif part.kind == "postgres":
        health, more = lag[part.name].split("|")
    return part.name, str(part.pid), health, more


def replication(databases: Databases, state: State) -> dict[str, str]:
    """By node: health, and its role with how far a follower is behind."""
    said: dict[str, str] = {}
    for server, leader, follower in servers_of(state):
        try:
            with databases.connect(leader) as connection:
                found = databases.replication(connection)
                used = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'").fetchone()
            alarm, one = alarm_of(server, state), found.in_step.get(follower)
            how = f"commits wait for {found.waits_for or 'nobody'}{alarm}"
            said[leader] = (
                f"{'ALARM' if alarm else FINE}|leader of {server}, {used[0] if used else 0} connections, {how}"
            )
            behind = f"{one.bytes} bytes, {one.ms} ms behind, {one.sync}" if one else "not in step"
            said[follower] = f"{FINE if one else 'ALARM'}|follower of {server}, {behind}"
        except psycopg.Error as error:
            said[leader] = f"does not answer|leader of {server}: {str(error).strip().splitlines()[0]}"
            said[follower] = f"{FINE if databases.answers(follower) else 'does not answer'}|follower of {server}"
    return said


def alarm_of(server: str, state: State) -> str:
    if server not in state.alarms:
        return ""
    return f"; WITHOUT A FOLLOWER since {time.strftime('%H:%M:%S', time.localtime(state.alarms[server]))}"


def queue(plan: Plan, name: str) -> str:
    try:
        client = redis.Redis.from_url(plan.redis_url("broker"), socket_timeout=1)
        return f"{client.llen(name)} tasks wait"
    except redis.RedisError:
        return "the broker does not answer"


def redis_health(plan: Plan, role: str) -> tuple[str, str]:
    try:
        client = redis.Redis.from_url(plan.redis_url(role), socket_timeout=1)
        memory = client.info("memory")
        used, most = memory["used_memory_human"], memory["maxmemory_human"]
        return FINE, f"{used} of {most}, {memory['maxmemory_policy']}"
    except redis.RedisError as error:
        return "does not answer", str(error)


def connections(plan: Plan) -> str:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", plan.ports["inside"], timeout=2)
    status, body = web.ask(connection, "/connections")
    return f"{plan.url}, {body.decode().splitlines()[0].lower().strip()}" if status == 200 else plan.url


def print_table(table: list[Row]) -> None:
    table = [("PART", "PID", "HEALTH", ""), *table]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for row in table:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip())
