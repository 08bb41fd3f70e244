"""The object store, the disk, mail, and the site as its visitors reach it."""

import http.client
import secrets
import shutil
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import EmailMessage, get_connection
from django.http.request import validate_host

from config.doctor.examination import OK, WARN, WRONG, Check, Report
from photoapp.storage import FileStore, S3Store

GIGABYTE = 10**9
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PATIENCE_SECONDS = 3
MAIL_TO_NOBODY = ("console", "dummy", "locmem", "filebased")


def checks(send_to: str) -> Iterator[Check]:
    yield Check(
        "object store",
        examine_store,
        "Check STORAGE_URL: the server, the bucket (it is not made by itself), the key and its rights.",
    )
    yield Check("mail", lambda: examine_mail(send_to), "Check EMAIL_URL (smtp+tls://user:password@host:587).")
    yield Check("settings", examine_settings, "Check the environment.")
    yield Check("site", examine_site, "Check SITE_URL, the load balancer and its certificate.")


def examine_store() -> Report:
    store: Any = storages["default"]
    name, content = f"doctor/{secrets.token_hex(16)}", secrets.token_bytes(1000)
    store.save(name, ContentFile(content))
    try:
        with store.open(name) as file:
            same = file.read() == content
        public = isinstance(store, S3Store) and readable_by_anybody(store, name)
    finally:
        store.delete_many([name])
    if not same or store.exists(name):
        yield WRONG, "what was put is not what was got, or was not deleted. Is there a cache in front of the store?"
        return
    yield OK, "put, got and deleted"
    if public:
        yield WRONG, "the bucket can be read by anybody, private photos included. Make the bucket private."
    if isinstance(store, FileStore):
        yield from disk_space(str(store.location))


def readable_by_anybody(store: S3Store, name: str) -> bool:
    client = store.connection.meta.client
    url = f"{client.meta.endpoint_url}/{store.bucket_name}/{name}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:  # noqa: S310 (the store's own URL)
            return bool(response.status == 200)
    except (urllib.error.HTTPError, OSError):
        return False


def disk_space(folder: str) -> Report:
    usage = shutil.disk_usage(folder)
    left = f"{usage.free / GIGABYTE:.1f} GB are left for photos in {folder}"
    if usage.free < GIGABYTE:
        yield WRONG, f"{left}. Free some, or move STORAGE_URL to a larger disk."
    elif usage.free < 5 * GIGABYTE:
        yield WARN, f"{left}: about {usage.free // 1_000_000:,} photos."
    else:
        yield OK, left


def examine_mail(send_to: str) -> Report:
    backend = settings.EMAIL_BACKEND.rpartition(".")[0].rpartition(".")[2]
    if backend in MAIL_TO_NOBODY:
        yield WARN, f"goes to nobody ({backend}): no password can be reset. Set EMAIL_URL."
        return
    connection = get_connection(timeout=PATIENCE_SECONDS)
    connection.open()
    connection.close()
    yield OK, f"{settings.EMAIL_HOST} takes our login"
    if send_to:
        text = "This is the mail that manage.py doctor was asked to send."
        EmailMessage("photoapp: a trial", text, to=[send_to], connection=connection).send()
        yield OK, f"a mail is on its way to {send_to}"


def examine_settings() -> Report:
    host = urlsplit(settings.SITE_URL).hostname or ""
    public = host not in LOOPBACK
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 5:
        yield (
            WRONG,
            "SECRET_KEY can be guessed, and with it sessions be forged. Set 50 random characters: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(50))"',
        )
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield WRONG, f"ALLOWED_HOSTS leaves out {host}, the host of SITE_URL: every page is refused. Add it."
    if "*" in settings.ALLOWED_HOSTS:
        yield WARN, "ALLOWED_HOSTS takes any host: links in mails can be made to lead elsewhere. Name the hosts."
    if settings.DEBUG and public:
        yield WRONG, "DEBUG shows settings and code to visitors. Set DEBUG=0."
    if public and not settings.HTTPS:
        yield WRONG, "passwords and sessions cross the network readable. Put TLS in front, SITE_URL=https://…"
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield (
            WARN,
            "TRUSTED_PROXIES is not set: behind a proxy that ends TLS, every request looks like http and comes from "
            "one address.",
        )
    yield OK, f"read; the site is {settings.SITE_URL}"


def examine_site() -> Report:
    parts = urlsplit(settings.SITE_URL)
    try:
        status, body = request("GET", "/healthz")
    except ssl.SSLError as error:
        yield WRONG, f"{settings.SITE_URL}: {error}. Renew the certificate, or correct its names."
        return
    except OSError as error:
        yield WARN, f"not tried: {settings.SITE_URL} is not reachable from here ({error}). Is the site started?"
        return
    if status != 200 or body.strip() != b"ok":
        yield WRONG, f"{parts.netloc}/healthz answers {status}: that is not this site. Check SITE_URL and routes."
        return
    yield OK, f"{settings.SITE_URL} answers"
    yield from upload_limit()


def upload_limit() -> Report:
    """Announces the largest upload and sends nothing: a proxy with a lower limit refuses at once, one without waits."""
    size = settings.MAX_PHOTO_BYTES * settings.MAX_PHOTOS_PER_POST
    try:
        status, _ = request("POST", "/upload/", {"Content-Length": str(size)})
    except TimeoutError:
        status = 100
    except OSError as error:
        yield WARN, f"not tried: the size of uploads ({error})"
        return
    if status == 413:
        megabytes = size // 1_000_000
        yield WRONG, f"uploads of {megabytes} MB are refused (413). nginx: client_max_body_size {megabytes + 20}m;"
    else:
        yield OK, f"uploads of {size // 1_000_000} MB are let through"


def request(method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body. Raises OSError (TimeoutError, ssl.SSLError)."""
    parts = urlsplit(settings.SITE_URL)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.putrequest(method, path)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.read(10_000)
    except http.client.HTTPException as error:
        raise ConnectionError(f"no HTTP: {error!r}") from error
    except socket.gaierror as error:
        raise ConnectionError(f"{parts.hostname}: {error.strerror}") from error
    finally:
        connection.close()
