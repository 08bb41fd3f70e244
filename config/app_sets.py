"""The app sets: which URLs a process serves. `APP_SETS=feed,search` serves only those; unset means all.

Each app's urls.py (pages) and api_urls.py (API) sort their patterns into the sets (`URLS`).
"""

from importlib import import_module
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

APP_SETS = ("accounts", "upload", "feed", "interaction", "friends", "search", "admin")
URL_MODULES = (
    *(f"{app}.{module}" for app in ("users", "media", "feeds", "search") for module in ("urls", "api_urls")),
    "photoapp.urls",
)


def active_sets() -> list[str]:
    chosen = environ.Env().list("APP_SETS", default=list(APP_SETS))
    unknown = set(chosen) - set(APP_SETS)
    if unknown:
        raise ImproperlyConfigured(f"APP_SETS names {', '.join(sorted(unknown))}; known are {', '.join(APP_SETS)}")
    return chosen


def urls_of(app_set: str) -> list[Any]:
    return [pattern for module in URL_MODULES for pattern in import_module(module).URLS.get(app_set, [])]
