"""Turns STORAGE_URL into Django's STORAGES: an S3 bucket, or a directory."""

from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured

STATIC = {"BACKEND": "photoapp.storage.StaticStore"}


def storages_from(url: str) -> dict[str, Any]:
    """`s3://key:secret@host:port/bucket` (`s3s://` for TLS) or `file:///directory`."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        options: dict[str, Any] = {"location": unquote(parts.path)}
        return {
            "default": {"BACKEND": "photoapp.storage.FileStore", "OPTIONS": options},
            "staticfiles": STATIC,
        }
    if parts.scheme in ("s3", "s3s") and parts.hostname and parts.username and parts.path.strip("/"):
        options = {
            "access_key": unquote(parts.username),
            "secret_key": unquote(parts.password or ""),
            "bucket_name": parts.path.strip("/"),
            "endpoint_url": f"{'https' if parts.scheme == 's3s' else 'http'}://{parts.netloc.rpartition('@')[2]}",
            "region_name": "us-east-1",
            "default_acl": None,
            "file_overwrite": True,
            "client_config": Config(
                s3={"addressing_style": "path"},
                connect_timeout=3,
                read_timeout=20,
                retries={"total_max_attempts": 2, "mode": "standard"},  # with full jitter and a budget
            ),
        }
        return {"default": {"BACKEND": "photoapp.storage.S3Store", "OPTIONS": options}, "staticfiles": STATIC}
    raise ImproperlyConfigured(
        f"STORAGE_URL is {url!r}; it must look like s3://key:secret@host:9000/bucket or file:///srv/photos"
    )
