"""The object store: two backends of django-storages and Django with the two calls this project adds; static files."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from storages.backends.s3 import S3Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

S3_DELETE_BATCH = 1000
STORE_PREFIX = "/_store"  # where a proxy in front reaches the object store, for itself alone (deploy/nginx)
SIGNED_SECONDS = 60
PARTIAL = ".partial-"


class FileStore(FileSystemStorage):
    """A directory. A file appears whole or not at all, and under the name that was asked for."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=PARTIAL, delete=False) as file:
            for chunk in content.chunks():
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())  # an acknowledged upload survives a power cut
        Path(file.name).replace(path)
        return name

    def delete_many(self, names: Iterable[str]) -> None:
        """Also what a killed process had begun to write beside them."""
        paths = [Path(self.path(name)) for name in names]
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in paths}:
            for partial in folder.glob(f"{PARTIAL}*"):
                partial.unlink(missing_ok=True)
            with suppress(OSError):  # other files are still in it, or it never was
                folder.rmdir()


class S3Store(S3Storage):
    def redirect_for_proxy(self, name: str) -> str:
        """Where the proxy finds a file: a signed address, good for a minute."""
        signed = urlsplit(self.url(name, expire=SIGNED_SECONDS))
        return f"{STORE_PREFIX}{signed.path}?{signed.query}"

    def delete_many(self, names: Iterable[str]) -> None:
        """Absent names count as deleted."""
        keys = [{"Key": name} for name in names]
        for start in range(0, len(keys), S3_DELETE_BATCH):
            answer = self.bucket.delete_objects(
                Delete={"Objects": keys[start : start + S3_DELETE_BATCH], "Quiet": True}
            )
            if answer.get("Errors"):
                raise OSError(f"not deleted: {answer['Errors'][:3]}")


class StaticStore(CompressedManifestStaticFilesStorage):
    """Names with a hash, immutable and compressed, for what our own modules import, too; our scripts without the lines
    that are comments. (Others' scripts are left as they are: not all of what looks like an import in them is one.)"""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )

    def _save(self, name: str, content: File) -> str:
        if fnmatch(name, "js/*.js"):
            content.seek(0)  # its hash was read before
            content = ContentFile(without_comments(content.read()))
        return super()._save(name, content)


def without_comments(script: bytes) -> bytes:
    return re.sub(rb"^ *//.*\n", b"", script, flags=re.MULTILINE)
