"""Which version of the pages this process makes: part of the names of stored HTML, so that after an update, or during
one, no process shows what another version has stored."""

import hashlib
from functools import cache

from django.apps import apps
from django.conf import settings

MAKERS = ("templates/**/*", "templatetags/*.py", "cards.py", "locale/**/*.mo")


@cache
def release() -> str:
    """Eight characters, drawn from the templates, their tags, what stores cards, the catalogs and the names of static
    files."""
    digest = hashlib.sha256()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists():
        digest.update(manifest.read_bytes())
    for app in apps.get_app_configs():
        if settings.BASE_DIR in (folder := settings.BASE_DIR / app.path).parents and ".venv" not in folder.parts:
            for pattern in MAKERS:
                for path in sorted(folder.glob(pattern)):
                    if path.is_file():
                        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]
