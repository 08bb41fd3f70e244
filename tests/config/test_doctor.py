"""manage.py doctor on the real parts: all well, then each part broken in turn and named."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.doctor import databases, outside, queues
from config.doctor.examination import OK, WARN, WRONG, Check, clock_report, examine
from photoapp import ids
from photoapp.models import OUTBOXES, ContentOutbox
from photoapp.shards import alias_for, servers
from tests.admin.conftest import server_down
from tests.parts.isolation import redis_client
from tests.parts.process import ROOT, free_port
from tests.parts.sites import LiveSite, WorkerProcess
from tests.photoapp.redis_server import redis_server, url_of

pytestmark = pytest.mark.django_db


def doctor(**options: Any) -> tuple[dict[str, list[str]], bool]:
    """Its lines by part, "level  message", and whether it found that nothing is wrong."""
    out = StringIO()
    try:
        call_command("doctor", stdout=out, no_color=True, **options)
        well = True
    except CommandError:
        well = False
    lines: dict[str, list[str]] = {}
    for line in out.getvalue().splitlines():
        level, _, rest = line.partition("  ")
        part, colon, message = rest.strip().partition(": ")
        if colon:
            lines.setdefault(part, []).append(f"{level.strip()}  {message}")
    return lines, well


def report(checks: Any, part: str, seconds: float = 20) -> list[str]:
    """What one check alone finds."""
    chosen = [check for check in checks if check.part == part]
    assert len(chosen) == 1
    return [f"{finding.level}  {finding.message}" for finding in examine(chosen, seconds=seconds)]


def test_all_is_well_on_the_real_parts(live_site: LiveSite, live_worker: WorkerProcess) -> None:
    lines, well = doctor()
    assert well, lines
    for alias in connections:
        assert lines[f"database {alias}"][0].startswith("ok  read and written")
    for role in ("cache", "feeds", "broker"):
        assert lines[f"redis {role}"][0].startswith("ok  set, got and deleted")
    for queue in ("default", "feeds", "fanout", "photos"):
        assert lines[f"worker {queue}"][0].startswith("ok  a task came back")
    assert lines["object store"][0] == "ok  put, got and deleted"
    assert lines["site"] == [f"ok  {live_site} answers", "ok  uploads of 419 MB are let through"]
    assert lines["mail"][0].startswith("warn  goes to nobody")


def test_it_leaves_nothing_behind(live_site: LiveSite, live_worker: WorkerProcess) -> None:
    doctor()
    for group, model in OUTBOXES.items():
        assert not any(model.objects.using(alias).exists() for alias in servers(group))
    for variable in ("CACHE_URL", "FEEDS_URL", "BROKER_URL"):
        assert not [key for key in redis_client(variable).scan_iter() if b"doctor" in key]


@pytest.mark.real("postgres")
@pytest.mark.parametrize("alias", ["default", "friends1", "content0"])
def test_a_database_that_is_down(db: None, alias: str) -> None:
    with server_down(alias):
        (line,) = report(databases.checks(), f"database {alias}")
    assert line.startswith("WRONG  OperationalError: connection failed")
    assert "DATABASE_URL" in line


def test_migrations_that_are_not_applied(db: None) -> None:
    with connections["content1"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'search'")
    try:
        (line,) = report(databases.checks(), "database content1")
        assert line.startswith("WRONG  ")
        assert "migrations are not applied (search.0001_initial" in line
        assert "manage.py migrate_all" in line
        assert report(databases.checks(), "database content0")[0].startswith("ok")
    finally:
        call_command("migrate", database="content1", fake=True, verbosity=0)


@pytest.mark.real("postgres")
def test_a_follower_in_a_leaders_place(db: None) -> None:
    with connections["friends0"].cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        (line,) = report(databases.checks(), "database friends0")
    finally:
        with connections["friends0"].cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    assert line.startswith("WRONG  cannot be written")
    assert "FRIENDS_DATABASE_URLS" in line


def test_two_aliases_on_one_database(db: None) -> None:
    one, other = connections["friends0"].settings_dict, connections["content0"].settings_dict
    kept = dict(other)
    other.update({key: one[key] for key in ("NAME", "HOST", "PORT") if key in one})
    try:
        assert report(databases.checks(), "databases") == [
            "WRONG  content0 and friends0 are the same database. Give each server of each group a database of its own."
        ]
    finally:
        other.update(kept)
    assert report(databases.checks(), "databases") == []


def test_an_outbox_that_stands_still(db: None) -> None:
    for shard, fields in ((10, {"parked": True}), (11, {"due_at": timezone.now() - timedelta(hours=1)})):
        row = ContentOutbox(id=ids.new_id(shard), handler="media.trace_like", payload={}, **fields)
        row.save(using=alias_for("content", row.id), force_insert=True)
    lines = report(databases.checks(), "database content0")
    assert any(line.startswith("warn  1 outbox rows are parked") for line in lines)
    assert any(line.startswith("warn  1 outbox rows have been due") and "celery" in line for line in lines)


@pytest.mark.parametrize("variable", ["CACHE_URL", "FEEDS_URL", "BROKER_URL"])
def test_a_redis_that_is_down(settings: Settings, variable: str) -> None:
    setattr(settings, variable, f"redis://127.0.0.1:{free_port()}/0")
    (line,) = report(queues.checks(), f"redis {variable.removesuffix('_URL').lower()}")
    assert line.startswith("WRONG  ConnectionError")
    assert variable in line


@pytest.mark.real("redis")
def test_settings_that_a_redis_role_cannot_live_with(settings: Settings, tmp_path: Path) -> None:
    with redis_server(tmp_path, maxmemory="100mb", save="3600 1") as client:
        for number, variable in enumerate(("CACHE_URL", "FEEDS_URL", "BROKER_URL")):
            setattr(settings, variable, url_of(client, number))
        first, *others = report(queues.checks(), "redis settings")
    assert first.startswith("WRONG  CACHE_URL, FEEDS_URL and BROKER_URL are on one server")
    assert [line.partition(":")[0] for line in others] == [
        "WRONG  cache keeps snapshots",
        "WRONG  feeds keeps snapshots",
    ]


def test_a_redis_that_does_not_tell_its_settings(settings: Settings) -> None:
    for variable in ("CACHE_URL", "FEEDS_URL", "BROKER_URL"):
        setattr(settings, variable, f"redis://127.0.0.1:{free_port()}/0")
    assert report(queues.checks(), "redis settings") == []


def test_two_roles_in_one_redis_database(settings: Settings) -> None:
    settings.BROKER_URL = settings.CACHE_URL
    (line,) = report(queues.checks(), "redis")
    assert line.startswith("WRONG  CACHE_URL and BROKER_URL are the same")


def test_no_worker_on_a_queue(db: None, worker_process: WorkerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    worker_process.stop()
    monkeypatch.setattr(queues, "WORKER_SECONDS", 0.5)
    (line,) = report(queues.checks(), "worker photos")
    assert line.startswith("WRONG  no worker answered")
    assert "celery -A config worker" in line


@pytest.mark.real("s3")
def test_an_object_store_with_a_wrong_key(changed_storage: Callable[[str], None]) -> None:
    url = urlsplit(os.environ["STORAGE_URL"])
    changed_storage(f"s3://{url.username}:wrong@{url.hostname}:{url.port}{url.path}")
    (line,) = report(outside.checks(""), "object store")
    assert line.startswith("WRONG  ClientError")
    assert "STORAGE_URL" in line


@pytest.mark.real("s3")
def test_an_object_store_without_the_bucket(changed_storage: Callable[[str], None]) -> None:
    changed_storage(f"{os.environ['STORAGE_URL']}-that-nobody-made")
    (line,) = report(outside.checks(""), "object store")
    assert "NoSuchBucket" in line


@pytest.mark.real("s3")
def test_a_bucket_that_anybody_can_read(db: None) -> None:
    from django.core.files.storage import storages

    store: Any = storages["default"]
    client, bucket = store.connection.meta.client, store.bucket_name
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
        f'"Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"}}]}}'
    )
    client.put_bucket_policy(Bucket=bucket, Policy=policy)
    try:
        lines = report(outside.checks(""), "object store")
    finally:
        client.delete_bucket_policy(Bucket=bucket)
    assert any(line.startswith("WRONG  the bucket can be read by anybody") for line in lines)
    assert report(outside.checks(""), "object store") == ["ok  put, got and deleted"]


def test_photos_in_a_directory(changed_storage: Callable[[str], None], tmp_path: Any) -> None:
    changed_storage(f"file://{tmp_path}/photos")
    first, second = report(outside.checks(""), "object store")
    assert first == "ok  put, got and deleted"
    assert f"GB are left for photos in {tmp_path}/photos" in second or "photos." in second
    assert not list((tmp_path / "photos").rglob("*.*"))


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((10**8, WRONG), (2 * 10**9, WARN), (10**11, OK)):
        monkeypatch.setattr(outside.shutil, "disk_usage", lambda folder, free=free: type("", (), {"free": free}))
        assert [found for found, _ in outside.disk_space("/srv/photos")] == [level]


def test_mail_that_no_server_takes(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    (line,) = report(outside.checks(""), "mail")
    assert line.startswith("WRONG  ConnectionRefusedError")
    assert "EMAIL_URL" in line


class ListeningBackend(EmailBackend):
    """Stands for a server that takes mail."""


def test_mail_is_sent_only_when_asked(settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.ListeningBackend"
    mail.outbox = []
    assert [line[:2] for line in report(outside.checks(""), "mail")] == ["ok"]
    assert mail.outbox == []
    assert report(outside.checks("olivia@example.org"), "mail")[1] == "ok  a mail is on its way to olivia@example.org"
    assert [message.to for message in mail.outbox] == [["olivia@example.org"]]


@pytest.mark.parametrize(
    ("changes", "level", "named"),
    [
        ({"SECRET_KEY": "short"}, WRONG, "SECRET_KEY can be guessed"),
        ({"SECRET_KEY": "x" * 60}, WRONG, "SECRET_KEY can be guessed"),
        ({"ALLOWED_HOSTS": ["other.example"]}, WRONG, "ALLOWED_HOSTS leaves out localhost"),
        ({"ALLOWED_HOSTS": ["*"]}, WARN, "ALLOWED_HOSTS takes any host"),
        ({"SITE_URL": "http://photos.example", "ALLOWED_HOSTS": [".example"]}, WRONG, "Put TLS in front"),
        ({"SITE_URL": "https://photos.example", "DEBUG": True, "HTTPS": True}, WRONG, "Set DEBUG=0"),
        ({"SITE_URL": "https://photos.example", "HTTPS": True}, WARN, "TRUSTED_PROXIES is not set"),
    ],
)
def test_settings_that_are_wrong(settings: Settings, changes: dict[str, Any], level: str, named: str) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert any(line.startswith(level) and named in line for line in report(outside.checks(""), "settings"))


def test_a_site_that_is_not_started_is_not_tried(settings: Settings) -> None:
    settings.SITE_URL = f"http://localhost:{free_port()}"
    (line,) = report(outside.checks(""), "site")
    assert line.startswith(f"warn  not tried: {settings.SITE_URL} is not reachable from here")


@pytest.fixture
def proxy(live_site: LiveSite, tmp_path: Any) -> Any:
    """nginx in front of the live site, with a limit on uploads; yields a function that starts it."""
    from tests.parts.process import Server, find_binary, port_answers

    started = []

    def start(limit: str) -> str:
        port = free_port()
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;\n"
            f"fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n"
            f"server {{ listen 127.0.0.1:{port}; client_max_body_size {limit};\n"
            f"location / {{ proxy_pass {live_site}; proxy_set_header Host $http_host; }} }} }}"
        )
        server = Server([find_binary("nginx"), "-c", tmp_path / "nginx.conf"], log=tmp_path / "nginx.log")
        started.append(server)
        server.wait_until(lambda: port_answers(port))
        return f"http://127.0.0.1:{port}"

    yield start
    for server in started:
        server.stop()


@pytest.mark.real("nginx")
def test_a_proxy_that_refuses_large_uploads(settings: Settings, proxy: Callable[[str], str]) -> None:
    settings.SITE_URL = proxy("1m")
    ok, line = report(outside.checks(""), "site")
    assert ok == f"ok  {settings.SITE_URL} answers"
    assert line == "WRONG  uploads of 419 MB are refused (413). nginx: client_max_body_size 439m;"
    settings.SITE_URL = proxy("440m")
    assert report(outside.checks(""), "site")[1] == "ok  uploads of 419 MB are let through"


def test_clocks_that_are_apart() -> None:
    assert list(clock_report(100.5, asked=100, answered=101)) == []
    assert list(clock_report(102.0, asked=100, answered=101)) == []
    for theirs in (98.5, 103.0):
        ((level, message),) = clock_report(theirs, asked=100, answered=101)
        assert level == WRONG
        assert "NTP" in message


def test_what_hangs_is_not_waited_for() -> None:
    def hang() -> Any:
        yield OK, "began well"
        while True:
            time.sleep(0.01)

    findings = list(examine([Check("a part", hang, "Look at it.")], seconds=0.2))
    assert [(finding.level, finding.message) for finding in findings] == [
        (OK, "began well"),
        (WRONG, "no answer in time. Look at it."),
    ]


def test_the_command_itself_ends_with_1_and_says_how_much_is_wrong() -> None:
    env = {**os.environ, "CACHE_URL": f"redis://127.0.0.1:{free_port()}/0", "SECRET_KEY": "short"}
    command = [sys.executable, "manage.py", "doctor", "--seconds", "3"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "WRONG  redis cache: ConnectionError" in done.stdout
    assert "WRONG  settings: SECRET_KEY can be guessed" in done.stdout
    assert "things are wrong." in done.stderr
    assert django_settings.BASE_DIR == ROOT
