"""What a web process reads and compiles before it is asked for the first time, so that nobody waits for it: addresses
with the views behind them, and templates."""

import gc
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver

GARBAGE_EVERY = 10_000  # objects more than before; Python's own is 700


def warm_up() -> None:
    """Costs half a second. Connections are not made here: each belongs to the thread that made it (/readyz makes those
    of the thread that answers it)."""
    get_resolver().url_patterns  # noqa: B018  (imports the views)
    for name in templates():
        get_template(name)


def settle_memory() -> None:
    """What is there by now stays for as long as the process: the search for garbage in cycles leaves it out, and comes
    less often. A request makes thousands of objects, and hardly a cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_EVERY)


def templates() -> Iterator[str]:
    """Names of those of the site's own apps."""
    for app in apps.get_app_configs():
        folder = Path(app.path) / "templates"
        if folder.parent.parent == settings.BASE_DIR:
            yield from (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html")))
