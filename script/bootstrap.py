"""Makes `.venv` from nothing: standard library only, shared by the commands in this directory.

A bare Debian has Python without pip or ensurepip, so pip itself comes from the package index that pip's own
configuration names. uv then installs in seconds; where it cannot, pip does.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import html.parser
import importlib.util
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALL_LOG = ROOT / "var" / "log" / "install.log"
SIMPLE_INDEX = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


class SetupError(Exception):
    """Ends the command with one line that says what is wrong and what to do."""


def say(message: str) -> None:
    print(message, flush=True)


def ensure_environment(*, dev: bool = False) -> None:
    """Returns with a `.venv` that has the pinned requirements; a stamp says when there is nothing to do."""
    files = [ROOT / "requirements.txt", *([ROOT / "requirements-dev.txt"] if dev else [])]
    stamp = VENV / ("installed-dev" if dev else "installed")
    if up_to_date(stamp, files):
        return
    lock_path = ROOT / "var" / "setup.lock"
    lock_path.parent.mkdir(exist_ok=True)
    with lock_path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once: one installs, the other waits and finds it done
        if up_to_date(stamp, files):
            return
        started = time.monotonic()
        pip_config = PipConfig.read()
        create_venv(pip_config)
        install(files, pip_config)
        stamp.write_text(fingerprint(files))
        if dev:
            (VENV / "installed").write_text(fingerprint(files[:1]))
        say(f"Installed in {time.monotonic() - started:.0f} s")


def up_to_date(stamp: Path, files: list[Path]) -> bool:
    return stamp.exists() and PYTHON.exists() and stamp.read_text() == fingerprint(files)


def fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256(str(ROOT).encode())  # a virtual environment does not survive being moved
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def create_venv(pip_config: PipConfig) -> None:
    works = PYTHON.exists() and run_quietly(PYTHON, "-c", "import sys; assert sys.version_info >= (3, 11)")
    if not works:
        say("Making the virtual environment .venv")
        with_pip = importlib.util.find_spec("ensurepip") is not None
        try:
            venv.EnvBuilder(clear=VENV.exists(), symlinks=True, with_pip=with_pip).create(VENV)
        except subprocess.CalledProcessError:  # Debian without python3-venv can have half of ensurepip
            venv.EnvBuilder(clear=True, symlinks=True, with_pip=False).create(VENV)
    if not run_quietly(PYTHON, "-m", "pip", "--version"):
        with tempfile.TemporaryDirectory() as directory:
            wheel = fetch_pip(pip_config, Path(directory))
            log_run([PYTHON, wheel / "pip", "install", "--quiet", "--no-index", wheel], "pip did not install")


def install(files: list[Path], pip_config: PipConfig) -> None:
    say(f"Installing {' and '.join(file.name for file in files)} into .venv")
    requirements = [argument for file in files for argument in ("-r", str(file))]
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = VENV / "bin" / "uv"
    if uv.exists() or run_quietly(*pip, "uv"):
        command = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            PYTHON,
            *pip_config.uv_arguments(),
            *requirements,
        ]
        if run_quietly(*command, env={**os.environ, **pip_config.uv_environment()}):
            return
        say("uv could not install them; trying pip, which takes a minute")
    log_run([*pip, *requirements], "The requirements did not install; is the package index within reach?")


def run_quietly(*command: object, env: dict[str, str] | None = None) -> bool:
    """Runs with the output in the install log; says whether it succeeded."""
    INSTALL_LOG.parent.mkdir(parents=True, exist_ok=True)
    with INSTALL_LOG.open("a") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n")
        log.flush()
        try:
            return subprocess.run(list(map(str, command)), stdout=log, stderr=log, env=env).returncode == 0
        except OSError as error:
            log.write(f"{error}\n")
            return False


def log_run(command: list[object], complaint: str) -> None:
    if not run_quietly(*command):
        last = INSTALL_LOG.read_text(errors="replace").strip().splitlines()[-1]
        raise SetupError(f"{complaint} The last line of {INSTALL_LOG.relative_to(ROOT)}: {last}")


class PipConfig:
    """What pip's configuration files and PIP_… variables say about where packages come from."""

    def __init__(self, values: dict[str, str]) -> None:
        self.index_url = values.get("index-url", "https://pypi.org/simple").rstrip("/") + "/"
        self.extra_index_urls = values.get("extra-index-url", "").split()
        self.find_links = values.get("find-links", "").split()
        self.no_index = values.get("no-index", "").lower() in ("1", "true", "yes", "on")
        self.cert = values.get("cert", "")
        self.proxy = values.get("proxy", "")
        self.trusted_hosts = values.get("trusted-host", "").split()

    @classmethod
    def read(cls) -> PipConfig:
        """Later ones win, as in pip: global, user, PIP_CONFIG_FILE, then the environment."""
        home = Path.home()
        config_home = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
        files += [home / "Library/Application Support/pip/pip.conf", config_home / "pip" / "pip.conf"]
        named = os.environ.get("PIP_CONFIG_FILE")
        if named == os.devnull:
            files = []
        elif named:
            files.append(Path(named))
        sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
        for file in files:
            parser = configparser.RawConfigParser()
            parser.read(file)  # a missing file is no error
            for section, values in sections.items():
                if parser.has_section(section):
                    values.update({key.replace("_", "-"): value for key, value in parser.items(section)})
        environment = {
            key[4:].lower().replace("_", "-"): value
            for key, value in os.environ.items()
            if key.startswith("PIP_") and value
        }
        return cls({**sections["global"], **sections["install"], **environment})

    def uv_arguments(self) -> list[str]:
        arguments = ["--no-index"] if self.no_index else ["--default-index", self.index_url]
        for url in [] if self.no_index else self.extra_index_urls:
            arguments += ["--index", url]
        for place in self.find_links:
            arguments += ["--find-links", place]
        for host in self.trusted_hosts:
            arguments += ["--allow-insecure-host", host]
        # pip takes the best version of all indexes; uv by default looks only in the first that has the name.
        return [*arguments, "--index-strategy", "unsafe-best-match"]

    def uv_environment(self) -> dict[str, str]:
        environment = {"UV_NATIVE_TLS": "1", "UV_SYSTEM_CERTS": "1"}  # a private CA is in the system's store
        if self.cert:
            environment["SSL_CERT_FILE"] = self.cert
        if self.proxy:
            environment.update({"HTTP_PROXY": self.proxy, "HTTPS_PROXY": self.proxy})
        return environment

    def open(self, url: str, accept: str = "*/*") -> tuple[str, bytes]:
        """Returns the content type and the body."""
        parts = urllib.parse.urlsplit(url)
        context = ssl.create_default_context(cafile=self.cert or None)
        if parts.hostname in self.trusted_hosts:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=context)]
        if self.proxy:
            handlers.append(urllib.request.ProxyHandler({"http": self.proxy, "https": self.proxy}))
        headers = {"Accept": accept, "User-Agent": "photoapp-setup"}
        if parts.username:
            handlers.append(basic_auth(url))
            url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        request = urllib.request.Request(url, headers=headers)  # noqa: S310  (the operator's own index)
        with urllib.request.build_opener(*handlers).open(request, timeout=60) as response:
            return response.headers.get("Content-Type", ""), response.read()


def basic_auth(url: str) -> urllib.request.BaseHandler:
    parts = urllib.parse.urlsplit(url)
    passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
    user, password = (urllib.parse.unquote(value or "") for value in (parts.username, parts.password))
    passwords.add_password(None, f"{parts.scheme}://{parts.hostname}", user, password, is_authenticated=True)
    return urllib.request.HTTPBasicAuthHandler(passwords)


def fetch_pip(pip_config: PipConfig, directory: Path) -> Path:
    """Downloads the newest pip wheel, checked against the hash that the index states."""
    say("Fetching pip from the package index")
    indexes = [] if pip_config.no_index else [pip_config.index_url, *pip_config.extra_index_urls]
    wheels: list[tuple[tuple[int, ...], str, str]] = []
    reasons = []
    for index in indexes:
        try:
            wheels += pip_wheels(pip_config, urllib.parse.urljoin(index.rstrip("/") + "/", "pip/"))
        except (OSError, ValueError) as error:
            reasons.append(str(error))
    if not wheels:
        reason = f" ({reasons[0]})" if reasons else ""
        raise SetupError(f"The package index cannot be reached{reason}. Is there a network, or an index in pip.conf?")
    _, url, sha256 = max(wheels)
    body = pip_config.open(url)[1]
    if hashlib.sha256(body).hexdigest() != sha256:
        raise SetupError(f"{Path(url).name} does not have the hash that the package index states; not using it.")
    wheel = directory / Path(urllib.parse.urlsplit(url).path).name
    wheel.write_bytes(body)
    return wheel


def pip_wheels(pip_config: PipConfig, page: str) -> list[tuple[tuple[int, ...], str, str]]:
    """Returns (version, absolute URL, SHA-256) of the final releases on an index page, JSON or HTML."""
    content_type, body = pip_config.open(page, SIMPLE_INDEX)
    if "json" in content_type:
        files = json.loads(body)["files"]
        links = [(f["url"], f.get("hashes", {}).get("sha256", "")) for f in files if not f.get("yanked")]
    else:
        reader = LinkReader()
        reader.feed(body.decode())
        links = reader.links
    wheels = []
    for url, sha256 in links:
        found = re.search(r"/?pip-(\d+(?:\.\d+)*)-py3-none-any\.whl$", url)
        if found and sha256:
            version = tuple(map(int, found.group(1).split(".")))
            wheels.append((version, urllib.parse.urljoin(page, url), sha256))
    return wheels


class LinkReader(html.parser.HTMLParser):
    """Collects (URL, SHA-256) from the anchors of an HTML index page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a" and "data-yanked" not in attributes:
            url, _, sha256 = (attributes.get("href") or "").partition("#sha256=")
            self.links.append((url, sha256))


def main_of(function: object) -> None:
    """Runs a command's main function; a foreseeable failure ends it with one line, an interrupt with 130."""
    try:
        sys.exit(function())  # type: ignore[operator]
    except SetupError as error:
        sys.exit(f"{Path(sys.argv[0]).name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
