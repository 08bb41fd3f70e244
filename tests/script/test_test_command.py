"""What script/test hands to pytest."""

import subprocess
import sys

import pytest

from tests.parts.process import ROOT

# script/ is a directory of commands that import each other by name, as they do when run.
ASK = (
    "import sys; sys.path.insert(0, 'script'); import test_command; print(test_command.pytest_arguments(sys.argv[1:]))"
)


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([], ["-n", "2"]),
        (["-n0", "tests/users"], ["-n0", "tests/users"]),
        (["-n", "4"], ["-n", "4"]),
        (["--pdb"], ["--pdb"]),
        (["--faults", "-k", "kill"], ["-n", "2", "-m", "", "-k", "kill"]),
        (["--embedded", "-x"], ["-n", "2", "-x"]),
    ],
)
def test_arguments(given: list[str], passed: list[str]) -> None:
    answer = subprocess.run([sys.executable, "-c", ASK, *given], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(passed)


def test_manage_py_test_passes_labels_options_and_the_exit_status() -> None:
    command = [
        sys.executable,
        "manage.py",
        "test",
        "-n",
        "0",
        "-k",
        "no_test_has_this_name",
        "tests/script/test_guardian.py",
    ]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "2 deselected" in answer.stdout, answer.stdout + answer.stderr
    assert answer.returncode == 5  # pytest's status for a run that collected nothing
