"""`manage.py test` runs the suite through pytest."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings


class PytestRunner:
    """A process of its own: the tests choose databases before settings load, and this one has loaded them."""

    def __init__(self, *, numprocesses: str = "2", faults: bool = False, keyword: str = "", **options: Any) -> None:
        self.arguments = ["-n", numprocesses]
        if faults:
            self.arguments += ["-m", ""]
        if keyword:
            self.arguments += ["-k", keyword]
        if options.get("failfast"):
            self.arguments.append("-x")
        self.arguments += ["-" + "v" * (options["verbosity"] - 1)] if options.get("verbosity", 1) > 1 else []

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        parser.add_argument("-n", "--numprocesses", default="2", help="pytest workers (default 2)")
        parser.add_argument("-k", dest="keyword", default="", help="only tests whose names match, as in pytest")
        parser.add_argument("--faults", action="store_true", help="also the slow lane")

    def run_tests(self, test_labels: list[str], **kwargs: Any) -> int:
        """Exits with pytest's own status, where Django would make every failure a 1."""
        command = [sys.executable, "-m", "pytest", *self.arguments, *test_labels]
        status = subprocess.run(command, cwd=settings.BASE_DIR, env=environment()).returncode
        if status:
            sys.exit(status)
        return 0


def environment() -> dict[str, str]:
    """This one without what a test run around it has set: pytest would take itself for one of its workers."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "DJANGO_SETTINGS_MODULE" and not name.startswith("PYTEST_XDIST_")
    }
