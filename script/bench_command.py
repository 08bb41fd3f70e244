"""Prepares this machine as for the tests and runs one benchmark.

    script/bench NAME [--quick]

Prints a table and writes var/bench/NAME.json. --quick takes at most two minutes, and is for seeing that it works:
the published figures (docs/benchmarks.md) come from whole runs.
"""

from __future__ import annotations

import os
import sys

from bootstrap import PYTHON, ROOT, SetupError, ensure_environment, say
from test_command import PACKAGES, install_missing_parts

BENCHES = ROOT / "script" / "benches"


def names() -> list[str]:
    """Each module is a benchmark, apart from those that serve them."""
    return sorted(path.stem for path in BENCHES.glob("*.py") if "def run(" in path.read_text())


def main() -> int:
    arguments = sys.argv[1:]
    wanted = [argument for argument in arguments if not argument.startswith("-")]
    unknown = {argument for argument in arguments if argument.startswith("-")} - {"--quick"}
    if {"-h", "--help"} & set(arguments):
        say(f"{__doc__}\nBenchmarks: {', '.join(names())}")
        return 0
    if len(wanted) != 1 or wanted[0] not in names() or unknown:
        raise SetupError(f"usage: script/bench NAME [--quick]; NAME is one of {', '.join(names())}")
    ensure_environment(dev=True)
    install_missing_parts(PACKAGES | {"wrk": "wrk", "taskset": "util-linux"})
    os.chdir(ROOT)
    sys.stdout.flush()
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    env.pop("DJANGO_SETTINGS_MODULE", None)  # settings must load after the parts' addresses are known
    os.execve(PYTHON, [str(PYTHON), "-m", "script.benches", *arguments], env)  # noqa: S606
