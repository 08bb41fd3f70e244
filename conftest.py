"""Gives the tests real parts before Django's settings, or anything that needs them, load."""

import pytest

pytest.register_assert_rewrite("tests.parts.plugin")

from tests.parts import plugin  # noqa: E402

plugin.prepare()

PARTS = ("plugin", "isolation", "sites", "followers", "proxies", "browser")
pytest_plugins = [f"tests.parts.{name}" for name in PARTS]
