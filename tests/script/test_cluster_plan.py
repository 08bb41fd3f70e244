"""What script/cluster would start: the plan alone."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from config.app_sets import APP_SETS
from photoapp.redis_roles import POLICIES
from script.topology import bringing_up, proxy, site
from script.topology import plan as module
from script.topology.bringing_up import free_ports, make_cluster
from script.topology.databases import roles, servers_of
from script.topology.plan import REDIS, SERVERS, Plan, node_name
from script.topology.scaling import scale, surplus
from script.topology.state import Cluster, Running, State, start_of, stop
from tests.parts.process import PartError
from tests.parts.sites import QUEUES

PORTS = {name: 20_000 + number for number, name in enumerate(Plan.port_names())}
SECRETS = {name: f"{name}-word" for name in ("postgres", "store_access", "store_secret", "site")}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(tmp_path, 8080, PORTS, SECRETS)


@pytest.fixture
def state() -> State:
    return State(8080, PORTS, SECRETS, leaders=dict.fromkeys(SERVERS, "a"))


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_each_app_set_has_a_process_and_those_that_most_ask_have_two(plan: Plan) -> None:
    sets = [name.rpartition("-")[0] for name in plan.web_names()]
    assert set(sets) == set(APP_SETS)
    assert {name for name in sets if sets.count(name) > 1} == {"feed", "interaction"}


def test_a_web_process_serves_its_set_alone_on_a_socket_with_its_generation(plan: Plan) -> None:
    part = plan.web("feed-1", 7)
    assert part.settings == {"APP_SETS": "feed", "GRANIAN_BLOCKING_THREADS": "1"} and part.name == "web-feed-1"
    assert option(part.command, "--uds") == str(plan.data / "run" / "feed-1.7.sock")
    upload = plan.web("upload-0", 1).settings
    assert upload == {"APP_SETS": "upload", "GRANIAN_BLOCKING_THREADS": "4"}


def test_each_queue_has_a_worker(plan: Plan) -> None:
    queues = [option(part.command, "-Q") for part in plan.workers() if part.kind == "worker"]
    assert all(part.niceness > 0 for part in plan.workers() if part.kind == "worker"), "people wait for pages"
    assert sorted(queues) == sorted(QUEUES)


def test_who_answers_many_goes_before_who_answers_one(plan: Plan) -> None:
    assert plan.proxy().niceness == plan.redis("feeds").niceness < plan.web("feed-0", 1).niceness


def test_redis_servers_have_what_their_roles_ask_for(plan: Plan) -> None:
    for role in REDIS:
        command = plan.redis(role).command
        assert option(command, "--save") == "" and option(command, "--appendonly") == "no"
        assert option(command, "--maxmemory") != "0"
        assert option(command, "--maxmemory-policy") in POLICIES.get(role, ("noeviction",))


def test_followers_are_waited_for_and_the_disk_too(plan: Plan) -> None:
    command = plan.node("content0", "b").command
    assert "--cluster_name=content0-b" in command and "--synchronous_commit=on" in command
    assert not [word for word in command if word.startswith(("--fsync", "--full_page_writes"))]
    assert plan.node("content0", "b").stop_signal == signal.SIGINT


def test_connections_fit_even_while_processes_are_replaced(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    plan.check_connections()
    assert plan.connections_at_most() == 46, "docs/operating.md says so"
    monkeypatch.setattr(module, "MAX_CONNECTIONS", plan.connections_at_most() + module.OTHERS)
    with pytest.raises(PartError, match="MAX_CONNECTIONS"):
        plan.check_connections()


def test_a_search_asks_each_server_over_connections_of_its_own(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan.connections_at_most()
    monkeypatch.setattr(module.scatter, "THREADS", module.scatter.THREADS + 3)
    assert plan.connections_at_most() == before + 3
    scaled = replace(plan, clones={"search": 2})
    assert scaled.connections_at_most() == before + 3 + module.connections_of("search")


# --- Clones


def test_the_number_of_clones_is_kept(tmp_path: Path, state: State) -> None:
    cluster = Cluster(tmp_path)
    cluster.write(state)
    with cluster.change() as changed:
        changed.clones["search"] = 3
    names = Cluster(tmp_path).plan().web_names()
    assert [name for name in names if name.startswith("search")] == ["search-0", "search-1", "search-2"]
    assert [name for name in names if name.startswith("feed")] == ["feed-0", "feed-1"], "as it was"


def test_processes_that_the_plan_does_not_have_are_found(plan: Plan, state: State) -> None:
    for name in plan.web_names():
        state.parts[f"web-{name}"] = Running(f"web-{name}", "web", 1, "0", "", "log", 15, 1.0)
    assert surplus(state, plan) == []
    fewer = replace(plan, clones={"feed": 1, "interaction": 1})
    assert [part.name for part in surplus(state, fewer)] == ["web-feed-1", "web-interaction-1"]


@pytest.mark.parametrize(("number", "why"), [(0, "at least one"), (200, "connections to each database server")])
def test_a_number_of_clones_that_cannot_be_is_refused(tmp_path: Path, state: State, number: int, why: str) -> None:
    cluster = Cluster(tmp_path)
    cluster.write(state)
    with pytest.raises(PartError, match=why):
        scale(cluster, "feed", number, print)
    assert cluster.read().clones == {}


def test_urls_name_both_nodes_and_the_one_that_takes_writes_is_chosen(plan: Plan, state: State) -> None:
    env = site.environment(plan, state)
    a, b = PORTS["content1-a"], PORTS["content1-b"]
    wanted = f"postgres://app:postgres-word@127.0.0.1:{a},127.0.0.1:{b}/content1?target_session_attrs=read-write"
    assert env["CONTENT_DATABASE_URLS"].endswith(wanted)
    wanted = f"postgres://app:postgres-word@127.0.0.1:{b},127.0.0.1:{a}/content1?target_session_attrs=prefer-standby"
    assert env["CONTENT_DATABASE_REPLICA_URLS"].endswith(wanted)
    assert env["CONTENT_DATABASE_URLS"].count("postgres://") == env["FRIENDS_DATABASE_URLS"].count("postgres://") == 2
    state.leaders["content1"] = "b"
    after = site.environment(plan, state)["CONTENT_DATABASE_URLS"]
    assert f"127.0.0.1:{b},127.0.0.1:{a}/content1" in after


def test_who_leads_and_who_follows(state: State) -> None:
    state.leaders["auth"] = "b"
    assert roles("auth", state) == ("b", "a") and roles("friends0", state) == ("a", "b")
    assert ("auth", "auth-b", "auth-a") in servers_of(state)
    assert len({node_name(server, node) for server in SERVERS for node in module.NODES}) == 10


def test_a_path_that_is_too_long_for_sockets_is_refused(plan: Plan) -> None:
    with pytest.raises(PartError, match="--data"):
        Plan(Path("/" + "x" * 90), 8080, PORTS, SECRETS).check()


def test_ports_are_all_different() -> None:
    ports = free_ports([str(number) for number in range(50)])
    assert len(set(ports.values())) == 50


# --- What runs


def test_state_is_kept_whole_and_read_by_nobody_else(tmp_path: Path, state: State) -> None:
    cluster = Cluster(tmp_path)
    cluster.write(state)
    with cluster.change() as changed:
        changed.parts["beat"] = Running("beat", "beat", 1, "0", "", "log", 15, 1.0)
    assert cluster.read().parts["beat"].pid == 1
    assert cluster.file.stat().st_mode & 0o077 == 0


def test_a_directory_is_made_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing_up, "unprivileged_user", lambda: None)  # pytest's directories are its own alone
    data = tmp_path / "c"
    first = make_cluster(data, 8080).read()
    again = make_cluster(data, 8081).read()
    assert (again.ports, again.secrets, again.port) == (first.ports, first.secrets, 8081)


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").touch()
    with pytest.raises(PartError, match="not empty"):
        make_cluster(tmp_path, 8080)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_a_directory_that_servers_cannot_reach_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("servers run as who starts them")
    tmp_path.chmod(0o700)
    with pytest.raises(PartError, match="cannot reach"):
        make_cluster(tmp_path / "c", 8080)


def test_a_process_id_that_is_anothers_now_is_not_ours(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    ours = Running("part", "web", process.pid, start_of(process.pid) or "", "", "", 15, 1.0)
    another = Running("part", "web", process.pid, "12345", "", "", 15, 1.0)
    assert ours.alive and not another.alive
    stop(another, 1)
    assert process.poll() is None
    stop(ours, 1)
    assert not ours.alive and start_of(process.pid) is None
    assert start_of(os.getpid()) is not None


def test_two_commands_at_once_are_refused(tmp_path: Path, state: State) -> None:
    cluster = Cluster(tmp_path)
    with cluster.one_command(), pytest.raises(PartError, match="another command"), Cluster(tmp_path).one_command():
        pass


def test_what_there_is_none_of_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(PartError, match="script/cluster up"):
        Cluster(tmp_path).read()


@pytest.mark.parametrize(
    ("cores", "files", "workers"), [(2, 38_000, 2), (2, 20_000, 4), (16, 20_000, 16), (1, 1024, 75)]
)
def test_nginx_has_a_worker_for_each_core_and_more_where_one_may_not_have_so_many_files_open(
    monkeypatch: pytest.MonkeyPatch, cores: int, files: int, workers: int
) -> None:
    monkeypatch.setattr(proxy, "open_files", lambda wanted: files)
    assert proxy.workers_on(cores) == workers
    assert proxy.CONNECTIONS // workers <= files


def test_root_may_have_more_files_open_and_nobody_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(1024, 20_000)]
    monkeypatch.setattr(module.resource, "getrlimit", lambda which: limits[-1])
    monkeypatch.setattr(module.resource, "setrlimit", lambda which, wanted: limits.append(wanted))
    assert module.open_files(10_000) == 20_000 and module.open_files(38_000) == 38_000
    assert limits == [(1024, 20_000), (1024, 38_000)]

    def refused(which: int, wanted: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(module.resource, "setrlimit", refused)
    assert module.open_files(50_000) == 38_000
