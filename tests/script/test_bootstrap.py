"""Setting up from nothing: where pip comes from, and whose word counts."""

import hashlib
import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from script import bootstrap
from script.bootstrap import PipConfig, SetupError

WHEEL = b"a wheel"
SHA256 = hashlib.sha256(WHEEL).hexdigest()


class Index(ThreadingHTTPServer):
    """A package index on loopback: path → (content type, body)."""

    pages: dict[str, tuple[str, bytes]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple"


class Handler(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        content_type, body = self.server.pages.get(self.path, ("", b""))
        self.send_response(200 if content_type else 404)
        self.send_header("Content-Type", content_type)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def index() -> Generator[Index, None, None]:
    server = Index(("127.0.0.1", 0), Handler)
    server.pages = {"/files/pip-26.3-py3-none-any.whl": ("application/zip", WHEEL)}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def pip_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration file, in a home of its own."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True)
    return path


def json_page(*files: dict[str, object]) -> tuple[str, bytes]:
    return "application/vnd.pypi.simple.v1+json", json.dumps({"files": files}).encode()


def test_configuration_file_names_the_index(pip_conf: Path) -> None:
    pip_conf.write_text(
        "[global]\nindex-url = https://mirror.example/simple\nextra_index_url = file:///a\n  file:///b\n"
    )
    config = PipConfig.read()
    assert config.index_url == "https://mirror.example/simple/"
    assert config.extra_index_urls == ["file:///a", "file:///b"]


def test_environment_wins_over_the_install_section_which_wins_over_global(
    pip_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_conf.write_text(
        "[global]\nfind-links = /global\ncert = /global\n[install]\ncert = /install\nfind-links = /install\n"
    )
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels /more-wheels")
    config = PipConfig.read()
    assert config.find_links == ["/wheels", "/more-wheels"]
    assert config.cert == "/install"


def test_a_password_with_percent_signs_is_read_as_it_is(pip_conf: Path) -> None:
    pip_conf.write_text("[global]\nindex-url = https://me:p%40ss@mirror.example/simple\n")
    assert PipConfig.read().index_url == "https://me:p%40ss@mirror.example/simple/"


def test_uv_is_told_what_pip_would_know(pip_conf: Path) -> None:
    pip_conf.write_text("[global]\nindex-url = https://m/simple\nextra-index-url = https://x/simple\nfind-links = /w\n")
    arguments = PipConfig.read().uv_arguments()
    assert arguments[:6] == [
        "--default-index",
        "https://m/simple/",
        "--index",
        "https://x/simple",
        "--find-links",
        "/w",
    ]
    assert arguments[-1] == "unsafe-best-match"


def test_fetches_the_newest_final_release_from_a_json_index_with_relative_urls(index: Index, tmp_path: Path) -> None:
    hashes = {"sha256": SHA256}
    index.pages["/simple/pip/"] = json_page(
        {"url": "../../files/pip-9.0.3-py3-none-any.whl", "hashes": hashes},
        {"url": "../../files/pip-26.3-py3-none-any.whl", "hashes": hashes},
        {"url": "../../files/pip-27.0b1-py3-none-any.whl", "hashes": hashes},
        {"url": "../../files/pip-28.0-py3-none-any.whl", "hashes": hashes, "yanked": "broken"},
        {"url": "../../files/pip-26.4.tar.gz", "hashes": hashes},
    )
    wheel = bootstrap.fetch_pip(PipConfig({"index-url": index.url}), tmp_path)
    assert wheel.name == "pip-26.3-py3-none-any.whl"
    assert wheel.read_bytes() == WHEEL


def test_reads_an_html_index_too(index: Index, tmp_path: Path) -> None:
    page = f'<a href="/files/pip-26.3-py3-none-any.whl#sha256={SHA256}">pip</a>'
    index.pages["/simple/pip/"] = ("text/html", page.encode())
    assert bootstrap.fetch_pip(PipConfig({"index-url": index.url}), tmp_path).read_bytes() == WHEEL


def test_refuses_a_wheel_whose_hash_differs(index: Index, tmp_path: Path) -> None:
    file = {"url": "/files/pip-26.3-py3-none-any.whl", "hashes": {"sha256": "0" * 64}}
    index.pages["/simple/pip/"] = json_page(file)
    with pytest.raises(SetupError, match="hash"):
        bootstrap.fetch_pip(PipConfig({"index-url": index.url}), tmp_path)
    assert not list(tmp_path.iterdir())


def test_refuses_a_wheel_without_a_hash(index: Index, tmp_path: Path) -> None:
    index.pages["/simple/pip/"] = json_page({"url": "/files/pip-26.3-py3-none-any.whl", "hashes": {}})
    with pytest.raises(SetupError):
        bootstrap.fetch_pip(PipConfig({"index-url": index.url}), tmp_path)


def test_an_index_out_of_reach_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"package index cannot be reached .*network") as failure:
        bootstrap.fetch_pip(PipConfig({"index-url": "http://127.0.0.1:9/simple"}), tmp_path)
    assert "\n" not in str(failure.value)


def test_installs_again_only_when_the_requirements_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requirements, stamp, python = tmp_path / "requirements.txt", tmp_path / "installed", tmp_path / "python"
    monkeypatch.setattr(bootstrap, "PYTHON", python)
    requirements.write_text("django==5.2.19\n")
    python.touch()
    assert not bootstrap.up_to_date(stamp, [requirements])
    stamp.write_text(bootstrap.fingerprint([requirements]))
    assert bootstrap.up_to_date(stamp, [requirements])
    requirements.write_text("django==5.2.20\n")
    assert not bootstrap.up_to_date(stamp, [requirements])
