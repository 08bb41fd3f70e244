"""Gives the tests real parts before Django's settings, or anything that needs them, load."""

import pytest

pytest.register_assert_rewrite("tests.parts.plugin")

from tests.parts import plugin  # noqa: E402

plugin.prepare()

pytest_plugins = [
    "tests.parts.plugin",
    "tests.parts.isolation",
    "tests.parts.sites",
    "tests.parts.followers",
    "tests.parts.browser",
]
