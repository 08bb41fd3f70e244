"""The pytest plugin that gives every test process real parts; conftest.py at the root loads it."""

import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.parts.environment import HOW_TO_INSTALL, Parts, browser_binary, plan, want_parts
from tests.parts.process import PartError, find_binary

parts: Parts | None = None  # None in a pytest-xdist worker: its environment came with it
skipped: dict[str, int] = {}


def prepare() -> None:
    """Sets this process's environment and loads Django: to be called before anything imports a model."""
    global parts
    if "PYTEST_XDIST_WORKER" not in os.environ and parts is None:
        try:
            parts = plan()
        except PartError as error:
            sys.exit(f"tests: {error}")
        os.environ.update(parts.environment("main"))
    elif parts is None:
        threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    import django

    django.setup()


def end_with_parent(parent: int) -> None:
    """A worker in the middle of a test would outlive a run that was killed, and with it the processes it started."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(3)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if parts and not session.config.option.collectonly:
        parts.start_when_wanted()


def pytest_collection_finish(session: pytest.Session) -> None:
    if any("_django_db_helper" in getattr(item, "fixturenames", ()) for item in session.items):
        want_parts()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    assert parts
    for spec in specs:
        spec.env.update(parts.environment(spec.id))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if parts:
        parts.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and "needs the real" in report.longrepr[2]:
        report.user_properties.append(("missing part", report.longrepr[2]))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for name, value in report.user_properties:
        if name == "missing part":
            skipped[str(value)] = skipped.get(str(value), 0) + 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if parts is None or not (parts.missing or skipped):
        return
    terminalreporter.section("REAL PARTS ARE MISSING", sep="!", red=True, bold=True)
    for part, consequence in parts.missing.items():
        terminalreporter.line(f"{part} is not installed: {consequence}", red=True)
    for reason, count in skipped.items():
        terminalreporter.line(f"{count} tests did not run. {reason}", red=True)
    terminalreporter.line(f"To run everything: {HOW_TO_INSTALL}; REQUIRE_REAL=1 makes this a failure.")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.real("postgres")`: the test proves nothing on the embedded default."""
    for marker in item.iter_markers("real"):
        for part in marker.args:
            if not is_real(part):
                pytest.skip(f"needs the real {part}")


def is_real(part: str) -> bool:
    return {
        "postgres": os.environ["DATABASE_URL"].startswith("postgres"),
        "s3": os.environ["STORAGE_URL"].startswith("s3"),
        "redis": os.environ.get("TEST_PARTS") != "embedded",
        "browser": browser_binary() is not None,
        "nginx": find_binary("nginx") is not None,
        "squid": find_binary("squid") is not None,
        "cache-purge module of nginx": Path("/usr/lib/nginx/modules/ngx_http_cache_purge_module.so").exists(),
    }[part]
