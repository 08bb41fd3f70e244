"""Runs a benchmark, prints its rows as a table and writes them to var/bench/NAME.json."""

import json
import os
import platform
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from script.benches import parts, whole_cluster

RESULTS = parts.ROOT / "var" / "bench"


def main(name: str, quick: bool) -> int:
    started = time.monotonic()
    with surroundings(name):
        rows = import_module(f"script.benches.{name}").run(quick)
    report = {"name": name, "quick": quick, "commit": commit(), "machine": machine(), "rows": rows}
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(report, indent=1))
    print_table(rows)
    print(f"\n{name} took {time.monotonic() - started:.0f} s; rows are in {file.relative_to(parts.ROOT)}")
    return 0


def surroundings(name: str) -> AbstractContextManager[None]:
    if name == "visitors":
        return whole_cluster.running()
    servers = parts.CONTENT_SERVERS.get(name)
    return parts.site(servers) if servers else parts.nothing()


def print_table(rows: list[dict[str, Any]]) -> None:
    cells = [("measure", "value", "unit", "goal", "met")]
    for row in rows:
        met = {True: "yes", False: "NO", None: ""}[row["met"]]
        cells.append((row["measure"], f"{row['value']:,}", row["unit"], row["goal"] or "", met))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    for line in cells:
        measure, value, *rest = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        print(measure, value.strip().rjust(widths[1]), *rest, sep="  ")


def commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=parts.ROOT)
    return done.stdout.strip()


def machine() -> dict[str, Any]:
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = models[0] if models else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": parts.LOAD_AT_START,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--quick" in sys.argv))
