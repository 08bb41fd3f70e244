"""Gives the tests real parts before Django's settings, or anything that needs them, load."""

from tests.parts import plugin

plugin.prepare()

pytest_plugins = ["tests.parts.plugin", "tests.parts.isolation", "tests.parts.sites", "tests.parts.browser"]
