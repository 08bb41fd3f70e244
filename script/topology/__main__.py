"""The commands of script/cluster."""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

from config.app_sets import APP_SETS
from script.topology import site, status
from script.topology.bringing_up import BringingUp, make_cluster
from script.topology.databases import Databases
from script.topology.plan import SERVERS
from script.topology.rolling import restart
from script.topology.scaling import scale
from script.topology.state import Cluster
from tests.parts.process import ROOT, PartError

# In this order they go: whoever asks before whoever answers.
GOING = (("watcher",), ("proxy",), ("web", "beat"), ("worker",), ("postgres", "redis"))


def main() -> int:
    options = parse(sys.argv[1:])
    data = options.data.resolve()
    try:
        return options.run(data, options) or 0
    except PartError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/cluster", description="The whole topology on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, help: str) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
        added = commands.add_parser(name, help=help, description=help)
        added.add_argument(
            "--data",
            type=Path,
            default=ROOT / "var" / "cluster",
            metavar="DIR",
            help="its directory (default var/cluster)",
        )
        added.set_defaults(run=run)
        return added

    added = command("up", up, "starts what is missing, and returns when it serves")
    added.add_argument("--port", type=int, default=8080, help="of the proxy, on loopback (default 8080)")
    added.add_argument("--demo", action="store_true", help="with members, photos and follows")
    command("status", show_status, "says how each part is")
    command("restart", restart_processes, "restarts web processes and workers one by one")
    added = command("scale", scale_set, "starts or ends clones of an app set's process")
    added.add_argument("app_set", choices=APP_SETS)
    added.add_argument("number", type=int, help="of processes from now on")
    added = command("promote", promote, "makes a follower the leader; the leader ends")
    added.add_argument("server", choices=SERVERS)
    added.add_argument("--even-if-behind", action="store_true", help="lose commits that the follower does not have")
    added = command("down", down, "ends every process, and removes the directory")
    added.add_argument("--keep-data", action="store_true", help="keep the directory")
    return parser.parse_args(arguments)


def up(data: Path, options: argparse.Namespace) -> None:
    started = time.monotonic()
    cluster = make_cluster(data, options.port)
    with cluster.one_command():
        BringingUp(cluster, say).run(demo=options.demo)
    say(f"Ready in {time.monotonic() - started:.1f} s: {cluster.plan().url}")
    logins = data / "demo.json"
    for login in json.loads(logins.read_text()).values() if logins.exists() else []:
        say(f"    log in as {login['username']:<6} with {login['password']}")
    if not site.PURGE_MODULE.exists():
        say("nginx has no module cache-purge here: what is withdrawn leaves the proxy by itself, within a minute.")
    say(f"Data and logs are in {data}. script/cluster down ends it.")


def show_status(data: Path, options: argparse.Namespace) -> int:
    table = status.rows(Cluster(data))
    status.print_table(table)
    return 0 if all(health == status.FINE for _, _, health, _ in table) else 2


def restart_processes(data: Path, options: argparse.Namespace) -> None:
    cluster = Cluster(data)
    cluster.read()
    with cluster.one_command():
        restart(cluster, say)


def scale_set(data: Path, options: argparse.Namespace) -> None:
    cluster = Cluster(data)
    cluster.read()
    with cluster.one_command():
        scale(cluster, options.app_set, options.number, say)


def promote(data: Path, options: argparse.Namespace) -> None:
    cluster = Cluster(data)
    cluster.read()
    with cluster.one_command():
        began = time.monotonic()
        node = Databases(cluster, cluster.plan()).promote(options.server, even_if_behind=options.even_if_behind)
    say(f"{options.server}-{node} leads after {time.monotonic() - began:.1f} s.")
    say("It has no follower now: script/cluster up makes one.")


def down(data: Path, options: argparse.Namespace) -> None:
    cluster = Cluster(data)
    if not cluster.exists:
        say(f"There is no cluster in {data}.")
        return
    with cluster.one_command():
        state = cluster.read()
        for kinds in GOING:
            cluster.stop(state.of_kind(*kinds))
        # Ceph takes seconds to write down what is removed anyway.
        cluster.stop(state.of_kind("store"), patience=None if options.keep_data else 0)
    if not options.keep_data:
        shutil.rmtree(data)
    say("Every process has ended." + ("" if options.keep_data else f" {data} is removed."))


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
