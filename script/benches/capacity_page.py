"""Renews what docs/capacity.md has from the model (capacity.py): its tables and plots, from the figures in docs/plots/.

    .venv/bin/python -m script.benches.capacity_page [var/bench/visitors.json]

With a report of script/bench visitors it takes the figures from there first.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from script.benches.capacity import GB, KB, LOGICAL_SHARDS, MB, TB, Behaviour, Measured, Plan, visited, work
from script.benches.capacity_plots import draw

ROOT = Path(__file__).resolve().parents[2]
PLOTS = ROOT / "docs" / "plots"
GROWTH, VISITORS = PLOTS / "growth.json", PLOTS / "visitors.json"
PAGE = ROOT / "docs" / "capacity.md"
BEGIN, END = "<!-- script/benches/capacity_page.py: {} -->", "<!-- end of {} -->"
SIZES = (1_000_000, 100_000_000)
RUN = "every 60 s"  # of script/bench visitors
MEMORY = "every 30 s: memory of Redis"  # read at its end


def figures() -> Measured:
    return Measured.at(json.loads(GROWTH.read_text()), json.loads(VISITORS.read_text()))


def renew() -> None:
    measured = figures()
    PAGE.write_text(with_tables(PAGE.read_text(), measured))
    for name, svg in draw(json.loads(GROWTH.read_text()), measured.visitors).items():
        (PLOTS / name).write_text(svg)


def with_tables(text: str, measured: Measured) -> str:
    """The page's text with what stands between its marks made anew."""
    tables = {"sizes": table_of_sizes, "unit costs": table_of_costs, "check": table_of_check}
    for name, make in tables.items():
        begin, end = BEGIN.format(name), END.format(name)
        head, _, rest = text.partition(begin)
        _, found, tail = rest.partition(end)
        if not found:
            raise ValueError(f"docs/capacity.md has no {begin} … {end}")
        text = f"{head}{begin}\n\n{make(measured)}\n\n{end}{tail}"
    return text


def visitors_from(report: dict[str, Any]) -> dict[str, Any]:
    """What the model needs of a report of script/bench visitors."""
    rows = {one["measure"]: one["value"] for one in report["rows"]}
    mark = f"{RUN}: … of "
    cores = {name.removeprefix(mark): value for name, value in rows.items() if name.startswith(mark)}
    return {
        "source": f"script/bench visitors at {report['commit']}, {RUN}",
        "members": rows["members, each with a session and a connection"],
        "loads_a_second": rows[f"{RUN}: loads a second"],
        "cores": {name: value for name, value in cores.items() if name not in ("load", "watcher")},
        "stored": rows[f"{RUN}: pages found"] / 100,
        "redis_mb": rows[MEMORY],
    }


# --- Tables


def table_of_sizes(measured: Measured) -> str:
    plans = [Plan(size, measured) for size in SIZES]
    lines = ["| | 1 million | 100 million |", "|---|---|---|"]
    for label, show in rows(plans[0]):
        lines.append(f"| {label} | {' | '.join(show(plan) for plan in plans)} |")
    return "\n".join(lines)


Show = Callable[[Plan], str]


def rows(example: Plan) -> list[tuple[str, Show]]:
    """Labels, and what a plan has to say to them."""

    def cores(part: str) -> Show:
        return lambda plan: number(plan.cores[part])

    parts = sorted(example.cores, key=lambda part: -example.cores[part])
    return [
        ("**cores**, used in the busiest hour", lambda plan: number(sum(plan.cores.values()))),
        *((f"… of {part}", cores(part)) for part in parts),
        ("… at half load", lambda plan: number(2 * sum(plan.cores.values()))),
        ("**memory**: Redis, for feeds, sessions and pages of all members", lambda plan: size(plan.redis_bytes)),
        ("**disks**: rows after a year: auth", lambda plan: size(plan.databases["auth"])),
        ("… friends", lambda plan: size(plan.databases["friends"])),
        ("… content", lambda plan: size(plan.databases["content"])),
        ("… and each day more", lambda plan: size(plan.growth_a_day)),
        ("photos after a year, each once", lambda plan: size(plan.photo_bytes)),
        ("**network**, busiest hour: in", lambda plan: f"{bits(plan.bits_in)}"),
        ("… out", lambda plan: f"{bits(plan.bits_out)}"),
        ("open connections", lambda plan: f"{plan.at_once:,.0f}"),
        ("… workers of nginx for them", lambda plan: f"{plan.nginx_workers:,}"),
        ("**shards**: servers of friends, each with a follower", lambda plan: f"{plan.servers('friends'):,}"),
        ("… of content, each with a follower", lambda plan: f"{plan.servers('content'):,}"),
        ("… logical shards on one of these", lambda plan: f"{LOGICAL_SHARDS // plan.servers('content'):,}"),
        ("… of Redis for feeds, each with a replica", lambda plan: f"{plan.redis_servers:,}"),
        *((f"**machines**: {part}", machines(part)) for part in example.machines),
        ("… together", lambda plan: f"{sum(plan.machines.values()):,}"),
    ]


def machines(part: str) -> Show:
    return lambda plan: f"{plan.machines[part]:,}"


def table_of_costs(measured: Measured) -> str:
    prices, times = measured.price_list(), Behaviour().times_a_day()
    parts = list(work(times, measured))
    lines = [f"| a member, each day | {' | '.join(parts)} |", f"|---|{'---|' * len(parts)}"]
    for what, price in prices.items():
        cells = [number(price[part]) if part in price else "" for part in parts]
        lines.append(f"| {number(times[what])} × {NAMES[what]} | {' | '.join(cells)} |")
    total = work(times, measured)
    lines.append(f"| together, ms a day | {' | '.join(number(1000 * total[part]) for part in parts)} |")
    return "\n".join(lines)


def table_of_check(measured: Measured) -> str:
    lines = ["| cores | model | measured |", "|---|---|---|"]
    lines += [f"| {part} | {number(model)} | {number(cores)} |" for part, (model, cores) in visited(measured).items()]
    return "\n".join(lines)


NAMES = {
    "load": "the feed's first page",
    "page": "a profile or a post",
    "search for a name": "a search for a name",
    "search for a word": "a search for a word",
    "upload": "an upload",
    "like": "a like",
}


def number(value: float) -> str:
    """With about two digits that count."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def size(bytes: float) -> str:
    for unit, name in ((1000 * TB, "PB"), (TB, "TB"), (GB, "GB"), (MB, "MB")):
        if bytes >= unit:
            return f"{number(bytes / unit)} {name}"
    return f"{number(bytes / KB)} KB"


def bits(a_second: float) -> str:
    return f"{number(a_second / GB)} Gbit/s" if a_second >= GB else f"{number(a_second / MB)} Mbit/s"


if __name__ == "__main__":
    for report in sys.argv[1:]:
        VISITORS.write_text(json.dumps(visitors_from(json.loads(Path(report).read_text())), indent=1) + "\n")
    renew()
