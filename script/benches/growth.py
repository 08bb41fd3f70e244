"""What a member costs, and each page, at 1,000 to 1,000,000 members with 20 follows, a post and two likes each.

Each size is a site of its own, on the same servers (PostgreSQL: one for auth, two for friends, four for content; Redis)
and with a process of its own; pages are asked of them in turn, so that all sizes have the same machine. Costs are flat
when the largest site's are at most FLAT times those of the smallest.

A whole run renews the figures, plots and tables of docs/capacity.md.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from media.imaging import render
from script.benches import capacity_page
from script.benches.growing import EACH
from script.benches.images import ours
from script.benches.parts import ROOT, row
from script.benches.residents import painted
from tests.parts.process import guardian

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS, QUICK_ROUNDS = 7, 1
FLAT = 1.5
SMALL_PHOTO = (1600, 1200), 70  # its pixels, and the quality that makes it about 300 KB
WHAT = {"push": "µs a feed"}  # of the rest: milliseconds
POINTS = ROOT / "var" / "bench" / "growth-points.json"

Point = dict[str, Any]


def run(quick: bool = False) -> list[dict[str, Any]]:
    sizes = SIZES[:2] if quick else SIZES
    with sites(sizes) as processes:
        points = [read(process) for process in processes]
        for point, process in zip(points, processes, strict=True):
            point["queries"], point["rounds"] = ask(process), []
        for number in range(QUICK_ROUNDS if quick else ROUNDS):
            turns = list(zip(points, processes, strict=True))
            for point, process in turns if number % 2 else turns[::-1]:
                point["rounds"].append(ask(process))
    rows = [*rows_of_sizes(points), *rows_of_operations(points), *rendering(3 if quick else 11)]
    keep(points, rows, renew=not quick)
    return rows


# --- The sites


@contextmanager
def sites(sizes: Sequence[int]) -> Iterator[list[subprocess.Popen[str]]]:
    """All are made at the same time, the largest first."""
    with ExitStack() as stack:
        found = {}
        for number, size in sorted(enumerate(sizes), reverse=True):
            command = [sys.executable, "-m", "script.benches.growing", str(size)]
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env=environment(size, number + 1),
                start_new_session=True,
            )
            guardian().watch(process.pid)
            stack.callback(process.wait)
            stack.callback(process.kill)
            found[size] = process
        yield [found[size] for size in sizes]


def environment(size: int, number: int) -> dict[str, str]:
    """That of this process with databases of the size's own, and Redis databases."""
    found = dict(os.environ)
    for name in ("DATABASE_URL", "FRIENDS_DATABASE_URLS", "CONTENT_DATABASE_URLS"):
        found[name] = ",".join(f"{url}_{size}" for url in os.environ[name].split(","))
    for name in ("CACHE_URL", "FEEDS_URL", "BROKER_URL"):
        server, _, database = os.environ[name].rpartition("/")
        found[name] = f"{server}/{int(database) + 3 * number}"
    return found


def read(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args} ended with {process.wait()}")
    return json.loads(line)


def ask(process: subprocess.Popen[str]) -> Any:
    assert process.stdin is not None
    print(file=process.stdin, flush=True)
    return read(process)


# --- Rows


def rows_of_sizes(points: list[Point]) -> list[dict[str, Any]]:
    rows = []
    for point in points:
        size = f"{point['members']:,} members"
        grown = {group: point["bytes"][group] - point["empty"][group] for group in point["bytes"]}
        rows += [
            row(f"{size}: bytes a member, {group}", [bytes / point["members"]], "bytes", digits=0)
            for group, bytes in grown.items()
        ]
        rows += [
            row(f"{size}: … of each {what}, {group}", [bytes], "bytes", digits=0)
            for group, of in point["bytes_of"].items()
            for what, bytes in of.items()
        ]
        rows.append(row(f"{size}: Redis for an active member", [point["feed_bytes"]], "bytes", digits=0))
    return rows


def rows_of_operations(points: list[Point]) -> list[dict[str, Any]]:
    rows, first, last = [], points[0], points[-1]
    for name in first["rounds"][0]:
        unit = WHAT.get(name, "ms")
        scale = 1000 if name in WHAT else 1
        for point in points:
            took = [scale * one[name]["ms"] for one in point["rounds"]]
            rows.append(row(f"{name}: {point['members']:,} members", took, unit, digits=2))
        for what, figure in (("time", lambda one: one["ms"]), ("processor time", processor)):
            ratios = [
                figure(after[name]) / figure(before[name])
                for before, after in zip(first["rounds"], last["rounds"], strict=True)
            ]
            rows.append(row(f"{name}: … {what}, most ÷ fewest", ratios, "×", at_most=FLAT, digits=2))
        if name != "search for a word":  # its queries are asked by threads, where they are not counted
            queries = [point["queries"][name] for point in (first, last)]
            rows.append(row(f"{name}: … SQL queries, fewest", [queries[0]], "queries"))
            rows.append(row(f"{name}: … SQL queries, most", [queries[1]], "queries"))
    return rows


def processor(cost: dict[str, float]) -> float:
    return cost["app"] + cost["database"] + cost["redis"]


def rendering(rounds: int) -> list[dict[str, Any]]:
    """A photo as small as docs/capacity.md assumes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        random.seed(1)
        painted(SMALL_PHOTO[0], 18).save(path, "JPEG", quality=SMALL_PHOTO[1])
        render(path)
        runs = [ours(path) for _ in range(rounds)]
        return [
            row("a small photo", [path.stat().st_size / 1000], "KB", digits=0),
            row("a small photo: renditions", [seconds for seconds, *_ in runs], "s", digits=3),
            row("a small photo: bytes of all renditions", [size / 1000 for _, _, size, _ in runs], "KB", digits=0),
        ]


# --- What is kept


def keep(points: list[Point], rows: list[dict[str, Any]], *, renew: bool) -> None:
    """The medians, which the model of docs/capacity.md is made of and checked against."""
    for point in points:
        rounds = point.pop("rounds")
        point["costs"] = {name: medians([one[name] for one in rounds]) for name in rounds[0]}
    mark = "a small photo: "
    photo = {one["measure"].removeprefix(mark): one["value"] for one in rows if one["measure"].startswith(mark)}
    found = json.dumps({"rows": EACH, "points": points, "photo": photo}, indent=1) + "\n"
    POINTS.parent.mkdir(parents=True, exist_ok=True)
    POINTS.write_text(found)
    if renew:
        capacity_page.GROWTH.write_text(found)
        capacity_page.renew()


def medians(costs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(median(cost[name] for cost in costs), 6) for name in costs[0]}
