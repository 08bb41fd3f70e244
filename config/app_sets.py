"""The app sets: which URLs a process serves. `APP_SETS=feed,search` serves only those; unset means all.

Each app's urls.py (pages) and api_urls.py (API) sort their patterns into the sets (`URLS`).
"""

from importlib import import_module
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

APP_SETS = ("accounts", "upload", "feed", "interaction", "friends", "search", "admin")
# The database groups that a set's pages cannot do without; a process works with the others out of reach.
GROUPS_OF: dict[str, tuple[str, ...]] = {
    "accounts": ("auth", "friends", "content"),
    "upload": ("auth", "content"),
    "feed": ("auth", "friends", "content"),
    "interaction": ("auth", "friends", "content"),
    "friends": ("auth", "friends", "content"),
    "search": ("auth", "friends", "content"),
    "admin": ("auth", "friends", "content"),
}
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


def needed_groups() -> list[str]:
    """Of database servers, by the sets that this process serves."""
    return sorted({group for app_set in active_sets() for group in GROUPS_OF[app_set]})


def urls_of(app_set: str) -> list[Any]:
    return [pattern for module in URL_MODULES for pattern in import_module(module).URLS.get(app_set, [])]
