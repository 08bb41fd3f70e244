"""The project's settings, and an app that makes the process die where DIE_AT says."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.inject.FaultsConfig"]
FANOUT_CHUNK = 50  # so that a few hundred followers are many
