"""Kills the process it runs in, once, before or after a call of one function.

DIE_AT=before:media.services.publishing._acknowledge:1 dies before the first call; `after:…:2` after the second one.
DIE_MARK names a file that is made first: where it exists, the process lives.
"""

import importlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        when, target, call = os.environ["DIE_AT"].split(":")
        owner_name, _, function_name = target.rpartition(".")
        owner = find(owner_name)
        function = getattr(owner, function_name)
        setattr(owner, function_name, dying(function, when == "before", int(call)))


def find(name: str) -> Any:
    """A module, or something in one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(find(module), attribute)


def dying(function: Callable[..., Any], before: bool, call: int) -> Callable[..., Any]:
    calls = 0

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if before and calls == call:
            die()
        result = function(*args, **kwargs)
        if not before and calls == call:
            die()
        return result

    return wrapper


def die() -> None:
    """At once, with the process that would start another in its place (a pool's parent)."""
    mark = Path(os.environ["DIE_MARK"])
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return
    if os.environ.get("DIE_WITH_PARENT"):
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
