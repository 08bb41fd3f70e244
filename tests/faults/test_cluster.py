"""script/cluster as an operator uses it: the real topology, through its proxy, while parts are taken away."""

import itertools
import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
import requests

from script.topology.databases import Databases
from script.topology.plan import OTHERS, SERVERS
from script.topology.state import Cluster, start_of
from script.topology.web import OverSocket, ask
from tests.faults.cluster import Crowd, Member, RunningCluster, cluster

pytestmark = [pytest.mark.faults, pytest.mark.real("postgres", "s3", "redis", "nginx")]


@pytest.fixture(scope="module")
def site() -> Generator[RunningCluster, None, None]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def alice(site: RunningCluster) -> Member:
    return Member(site, "alice")


@pytest.fixture(scope="module")
def bob(site: RunningCluster, alice: Member) -> Member:
    bob = Member(site, "bob")
    assert bob.api("PUT", "/users/alice/follow/").status_code == 200
    return bob


@pytest.fixture(autouse=True)
def whole(site: RunningCluster) -> None:
    """Each test finds every part at work."""
    site.up()
    site.wait(lambda: all(line.startswith("ok") for line in site.status().values()))


def databases(site: RunningCluster) -> Databases:
    running = Cluster(site.data)
    return Databases(running, running.plan())


def processes_of(data: Path) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "pid=,stat=,args="], capture_output=True, text=True).stdout
    rows = [line for line in listing.splitlines() if str(data) in line and line.split()[1][0] != "Z"]
    return [row for row in rows if "script.topology status" not in row]


def test_a_photo_goes_from_the_form_to_the_followers_feed(site: RunningCluster, alice: Member, bob: Member) -> None:
    alice.share("Harbour")
    site.wait(lambda: "Harbour" in bob.get("/feed/").text)
    [post] = bob.api("GET", "/feed/").json()["results"]
    photo = requests.get(post["photos"][0]["renditions"]["320"]["webp"], timeout=20)
    assert photo.status_code == 200 and photo.content[:4] == b"RIFF"
    assert photo.headers["Cache-Control"].startswith("public")
    page = requests.get(f"{site.url}/u/alice/", timeout=20)
    assert page.headers["Cache-Control"].startswith("public") and bob.name not in page.text
    assert bob.get("/search/?q=ali").status_code == 200
    slug = page.text.split('href="/p/')[1].split("/")[0]
    assert bob.post(f"/p/{slug}/like/", {"action": "like"}) == 302
    assert requests.get(f"{site.url}/metrics", timeout=20).status_code == 404, "for insiders alone"


def test_status_knows_every_part(site: RunningCluster) -> None:
    lines = site.status()
    assert {"proxy", "web-feed-1", "web-upload-0", "worker-photos", "beat"} <= set(lines)
    assert {"redis-feeds", "store-rgw", "watcher"} <= set(lines)
    for server in SERVERS:
        assert f"commits wait for {server}-" in lines[site_leader(site, server)]
    followers = [line for line in lines.values() if "follower of" in line]
    assert len(followers) == 5 and all("behind, sync" in line for line in followers)
    assert "tasks wait" in lines["worker-fanout"]


def site_leader(site: RunningCluster, server: str) -> str:
    return f"{server}-{site.state.leaders[server]}"


def test_a_rolling_restart_costs_nobody_an_answer(site: RunningCluster, alice: Member, bob: Member) -> None:
    before = {name: part.pid for name, part in site.state.parts.items() if part.kind in ("web", "worker", "beat")}
    flips = itertools.cycle(["unfollow", "follow"])
    acts = {
        "feed": lambda: bob.get("/feed/?a").status_code,
        "first page": lambda: bob.get("/").status_code,
        "profile": lambda: requests.get(f"{site.url}/u/alice/", timeout=20).status_code,
        "settings": lambda: alice.get("/settings/").status_code,
        "follow": lambda: bob.post("/u/alice/follow/", {"action": next(flips)}),
    }
    with Crowd(acts) as crowd:
        site.run("restart")
    after = {name: part.pid for name, part in site.state.parts.items() if name in before}
    assert not set(before.values()) & set(after.values()) and before.keys() == after.keys()
    assert sum(crowd.answers.values()) > 200
    assert {status for _, status in crowd.answers} <= {200, 302}, crowd.answers


def test_clones_come_and_go_and_cost_nobody_an_answer(site: RunningCluster, alice: Member, bob: Member) -> None:
    flips = itertools.cycle(["unfollow", "follow"])
    acts = {
        "feed": lambda: bob.get("/feed/?a").status_code,
        "first page": lambda: alice.get("/").status_code,
        "profile": lambda: requests.get(f"{site.url}/u/alice/", timeout=20).status_code,
        "follow": lambda: bob.post("/u/alice/follow/", {"action": next(flips)}),
    }
    with Crowd(acts) as crowd:
        site.run("scale", "feed", "4")
        more = site.status()
        site.wait(lambda: all(pages_served_by(site, f"web-feed-{number}") for number in range(4)))
        site.run("scale", "feed", "1")
        fewer = site.status()
        site.up()
        site.run("restart")
        kept = site.status()
        site.run("scale", "feed", "2")
    assert {status for _, status in crowd.answers} <= {200, 302}, crowd.answers
    assert sum(crowd.answers.values()) > 200
    assert feeds_of(more) == [f"web-feed-{number}" for number in range(4)]
    assert feeds_of(fewer) == feeds_of(kept) == ["web-feed-0"], "`up` and `restart` keep to the number"
    assert feeds_of(site.status()) == ["web-feed-0", "web-feed-1"]
    assert sorted(path.name for path in (site.data / "run").glob("feed-*.sock") if path.is_symlink()) == [
        "feed-0.sock",
        "feed-1.sock",
    ]
    assert not processes_of_sockets(site, "feed-2.", "feed-3.")


def feeds_of(status: dict[str, str]) -> list[str]:
    return [name for name, line in status.items() if name.startswith("web-feed-") and line.startswith("ok")]


def pages_served_by(site: RunningCluster, name: str) -> bool:
    path = Path(site.state.parts[name].address.removeprefix("unix:"))
    return b'view="feed"' in ask(OverSocket(path), "/metrics")[1]


def processes_of_sockets(site: RunningCluster, *names: str) -> list[str]:
    return [row for row in processes_of(site.data) if any(f"/run/{name}" in row for name in names)]


def test_connections_stay_below_what_the_plan_says(site: RunningCluster, bob: Member) -> None:
    """With the one that looks."""
    for path in ("/search/?q=a", "/discover/", "/feed/?a", "/u/alice/", "/settings/", "/notifications/"):
        assert bob.get(path).status_code == 200
    plan = Cluster(site.data).plan()
    for server in SERVERS:
        line = site.status()[site_leader(site, server)]
        assert int(line.split(" connections")[0].rpartition(" ")[2]) <= plan.connections_at_most() + OTHERS


def test_a_version_that_does_not_start_replaces_nothing(
    site: RunningCluster, bob: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: part.pid for name, part in site.state.parts.items()}
    with monkeypatch.context() as broken:
        broken.setenv("EMAIL_URL", "pigeon://")
        refused = site.run("restart", check=False)
    assert refused.returncode == 1 and "web-accounts-0 ended" in refused.stderr
    assert {name: part.pid for name, part in site.state.parts.items()} == before
    assert bob.get("/settings/").status_code == 200


def test_a_killed_process_is_back_and_others_served_meanwhile(site: RunningCluster, bob: Member) -> None:
    with Crowd({"feed": lambda: bob.get("/feed/?a").status_code}) as crowd:
        for name in ("web-feed-0", "web-feed-1"):
            pid = site.pid(name)
            os.killpg(pid, signal.SIGKILL)
            site.wait(lambda name=name, pid=pid: site.pid(name) != pid and site.status()[name].startswith("ok"))
    wrong = sum(count for status, count in crowd.of("feed").items() if status != 200)
    assert wrong <= 2, crowd.answers  # what the two processes held
    for name in ("worker-feeds", "redis-cache", "proxy"):
        pid = site.pid(name)
        os.killpg(pid, signal.SIGKILL)
        site.wait(lambda name=name, pid=pid: site.pid(name) != pid and site.status()[name].startswith("ok"))


def test_a_lost_follower_holds_up_commits_for_seconds_and_is_told_of(site: RunningCluster, alice: Member) -> None:
    leader = site_leader(site, "content0")
    follower = "content0-b" if leader == "content0-a" else "content0-a"
    os.kill(site.pid(follower), signal.SIGKILL)
    said: list[str] = []
    with databases(site).connect(leader, "content0") as connection:
        connection.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
        connection.execute("SET statement_timeout = '5s'")
        connection.execute("CREATE TABLE trial_of_a_lost_follower (number integer)")
    assert said == [], "the commit had to be told not to wait any longer"
    site.wait(lambda: "WITHOUT A FOLLOWER" in site.status()[leader], 10)
    assert site.status()[leader].startswith("ALARM")
    refused = site.run("promote", "content0", check=False)
    assert refused.returncode == 1 and "out of step" in refused.stderr
    site.up()
    site.wait(lambda: site.status()[leader].startswith("ok"))


def test_a_lost_leader_takes_no_acknowledged_write_with_it(site: RunningCluster) -> None:
    """A writer of its own numbers what the leader acknowledged; the leader is killed in the middle."""
    leader = site_leader(site, "content1")
    connect = databases(site).connect
    with connect(leader, "content1") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS trial (number integer)")
    acknowledged: list[int] = []

    def write() -> int:
        with connect(leader, "content1") as connection:
            for number in itertools.count(len(acknowledged)):
                connection.execute("INSERT INTO trial VALUES (%s)", [number])
                acknowledged.append(number)
        return 0

    def write_until_it_ends() -> int:
        try:
            return write()
        except psycopg.Error:
            crowd.stopping.set()
            return 1

    with Crowd({"write": write_until_it_ends}) as crowd:
        site.wait(lambda: len(acknowledged) > 200)
        os.kill(site.pid(leader), signal.SIGKILL)
    site.run("promote", "content1")
    promoted = site_leader(site, "content1")
    assert promoted != leader
    with connect(promoted, "content1") as connection:
        rows = {number for (number,) in connection.execute("SELECT number FROM trial").fetchall()}
    assert set(acknowledged) <= rows and len(acknowledged) > 200


def test_while_a_leader_is_changed_only_its_shard_pauses(site: RunningCluster, alice: Member, bob: Member) -> None:
    acts = {
        "log in": lambda: requests.get(f"{site.url}/login/", timeout=20).status_code,
        "settings": lambda: bob.get("/settings/").status_code,
        "save": lambda: alice.post("/settings/", {"display_name": "Alice"}),
        "posts": lambda: bob.api("GET", "/users/alice/posts/").status_code,
    }
    with Crowd(acts) as crowd:
        for server in ("content0", "content1"):  # alice's is one of them
            site.run("promote", server)
    assert set(crowd.of("log in")) == {200} and set(crowd.of("settings")) == {200}, crowd.answers
    assert set(crowd.of("posts")) <= {200, 503}, crowd.answers
    assert bob.api("GET", "/users/alice/posts/").status_code == 200
    alice.share("Lighthouse")
    site.wait(lambda: "Lighthouse" in bob.get("/feed/?a").text)
    site.up()  # the former leaders follow
    site.wait(lambda: all(line.startswith("ok") for line in site.status().values()))


def test_up_starts_what_is_missing_and_nothing_twice(site: RunningCluster) -> None:
    before = {name: part.pid for name, part in site.state.parts.items()}
    killed = ("store-rgw", "content0-a", "redis-broker")
    os.kill(site.pid("watcher"), signal.SIGSTOP)
    for name in killed:
        os.kill(site.pid(name), signal.SIGKILL)
    os.kill(site.pid("watcher"), signal.SIGCONT)
    site.up()
    site.wait(lambda: all(line.startswith("ok") for line in site.status().values()))
    after = {name: part.pid for name, part in site.state.parts.items()}
    assert {name for name in before if before[name] != after[name]} == set(killed)


def test_down_leaves_nothing(site: RunningCluster) -> None:
    """Last: the other tests want the cluster."""
    parts = site.state.parts.values()
    pids = [part.pid for part in parts]
    shared = {path for part in parts if part.kind == "postgres" for path in shared_memory_of(part.pid)}
    assert shared and all(path.exists() for path in shared)
    site.down()
    assert not site.data.exists()
    assert processes_of(site.data) == []
    assert [pid for pid in pids if start_of(pid) is not None] == []
    assert [path for path in shared if path.exists()] == []
    assert site.run("status", check=False).stderr.startswith("cluster: there is no cluster")
    assert "There is no cluster" in site.run("down").stdout


def shared_memory_of(pid: int) -> set[Path]:
    mapped = [line.split()[-1] for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    return {Path(name) for name in mapped if name.startswith("/dev/shm/PostgreSQL.")}
