"""Prepares this machine (requirements; servers, where apt may install them) and hands over to script/topology."""

from __future__ import annotations

import os
import sys

from bootstrap import PYTHON, ROOT, ensure_environment
from test_command import install_missing_parts


def main() -> int:
    ensure_environment()
    if sys.argv[1:2] == ["up"]:
        install_missing_parts(without=("chromium-headless-shell", "fonts-dejavu-core"))
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", "script.topology", *sys.argv[1:]])  # noqa: S606
