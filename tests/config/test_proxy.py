"""nginx' configuration, rendered from the template and a file of machines."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from config.app_sets import APP_SETS
from config.proxy import Proxy, render
from tests.parts.process import ROOT, find_binary, free_port

MACHINES = ROOT / "deploy" / "nginx" / "machines.toml"
UPSTREAMS = {name: [f"10.0.0.{number}:80"] for number, name in enumerate(APP_SETS)}


def proxy(**values: object) -> Proxy:
    return Proxy(**{"upstreams": UPSTREAMS, "listens": ["80"], "static": "/srv/static", **values})  # type: ignore[arg-type]


def test_the_command_prints_what_nginx_reads(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("nginx", str(MACHINES))
    printed = capsys.readouterr().out
    assert printed.strip() == render(Proxy.read(MACHINES)).strip()
    assert "listen 443 ssl http2;" in printed and "server 10.0.0.13:8003" in printed
    assert "&quot;" not in printed and "{%" not in printed


@pytest.mark.real("nginx")
@pytest.mark.parametrize("file", ["machines.toml", "compose.toml"])
def test_nginx_accepts_it(file: str, tmp_path: Path) -> None:
    text = render(Proxy.read(MACHINES.with_name(file)))
    assert check_with_nginx(text, tmp_path) == ""


@pytest.mark.real("nginx")
def test_nginx_refuses_a_broken_one(tmp_path: Path) -> None:
    text = render(Proxy.read(MACHINES)).replace("proxy_pass http://$processes;", "proxy_pass_to http://$processes;")
    assert "proxy_pass_to" in check_with_nginx(text, tmp_path)


def check_with_nginx(text: str, folder: Path) -> str:
    """What nginx has against a configuration; addresses and files of other machines are put here."""
    for number, name in enumerate(APP_SETS):
        text = text.replace(f"web-{name}:8000", f"127.0.0.1:{9000 + number}")
    text = text.replace("listen 10.0.0.5:8081", f"listen 127.0.0.1:{free_port()}")
    text = text.replace("server store:9000", "server 127.0.0.1:9999").replace("user www-data;", "")
    text = text.replace("/run/photoapp-nginx", str(folder)).replace("/var/cache/photoapp-nginx", str(folder))
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=photos.example.org"]
    subprocess.run([*certificate, "-keyout", folder / "key", "-out", folder / "pem"], check=True, capture_output=True)
    text = text.replace("/etc/ssl/photos.example.org.pem", str(folder / "pem"))
    text = text.replace("/etc/ssl/private/photos.example.org.key", str(folder / "key"))
    (folder / "nginx.conf").write_text(text)
    command = [str(find_binary("nginx")), "-t", "-q", "-e", "stderr", "-c", str(folder / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def test_a_set_without_servers_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="search"):
        proxy(upstreams={**UPSTREAMS, "search": []})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("store =", "shop ="), "shop"),
        (lambda text: text.replace("listens =", "# "), "listens"),
        (lambda text: text + 'video = ["10.0.0.1:80"]\n', "video"),
        (lambda text: "[", "machines.toml|Invalid|Expected"),
    ],
)
def test_a_file_that_says_something_else_is_refused(change: Callable[[str], str], said: str, tmp_path: Path) -> None:
    (tmp_path / "machines.toml").write_text(change(MACHINES.read_text()))
    with pytest.raises(CommandError, match=said):
        call_command("nginx", str(tmp_path / "machines.toml"))


def test_a_socket_is_always_asked_and_a_machine_left_alone_when_it_did_not_answer() -> None:
    """Two processes that end one after the other would both be left alone: nobody would be asked."""
    text = render(proxy(upstreams={**UPSTREAMS, "feed": ["unix:/run/a.sock", "unix:/run/b.sock"]}))
    for name in "ab":
        assert text.count(f"server unix:/run/{name}.sock max_conns=400 max_fails=0;") == 2
    assert "server 10.0.0.0:80 max_conns=400 max_fails=2 fail_timeout=2s;" in text


def test_without_the_module_nothing_is_purged_and_without_a_store_nothing_redirected() -> None:
    text = render(proxy())
    assert "proxy_cache_purge" not in text and "object_store" not in text
    assert "proxy_cache_purge" in render(proxy(purges=True)) and "object_store" in render(proxy(store="10.0.0.9:9000"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("rediss://10.0.0.1:6379/0", "redis:// or unix://"),
        ("redis://name:secret@10.0.0.1/0", "redis:// or unix://"),
        ("redis://feeds:6379/0", "resolver"),
        ("10.0.0.1:6379", "feeds"),
    ],
)
def test_a_redis_that_the_front_door_cannot_reach_is_refused(url: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        render(proxy(feeds=url))


def test_the_front_door_is_told_where_the_feeds_are_and_without_them_there_is_none() -> None:
    text = render(proxy(feeds="redis://:secret@10.0.0.1:7000/3"))
    assert 'host = "10.0.0.1", port = 7000' in text and 'db = 3, password = "secret"' in text
    assert 'path = "/run/redis.sock"' in render(proxy(feeds="unix:///run/redis.sock?db=0"))
    assert "resolver 10.0.0.2;" in render(proxy(feeds="redis://feeds:6379/0", resolver="10.0.0.2"))
    assert "lua" not in render(proxy())
