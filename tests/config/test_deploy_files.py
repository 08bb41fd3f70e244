"""The files for several machines, each by its own validator where this machine has it."""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from config.app_sets import APP_SETS
from config.databases import databases_from, followers_from
from config.proxy import Proxy
from config.storage import storages_from
from tests.parts.process import ROOT
from tests.parts.sites import QUEUES

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def environment(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


EXAMPLE = environment((DEPLOY / "environment.example").read_text())


def not_checked(what: str, by: str) -> None:
    warnings.warn(f"{what} was read, but not checked by {by}: it is not on this machine", stacklevel=2)


def variables_of_the_readme() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))


class Env:
    """As environ.Env reads a mapping."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def str(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)


def test_the_example_names_variables_that_there_are_and_values_that_are_accepted() -> None:
    assert set(EXAMPLE) <= variables_of_the_readme()
    databases, servers = databases_from(Env(EXAMPLE))  # type: ignore[arg-type]
    assert servers == {"friends": ["friends0", "friends1"], "content": ["content0", "content1"]}
    assert databases["content1"]["HOST"] == "10.0.1.23,10.0.1.24"
    assert databases["content1"]["OPTIONS"]["target_session_attrs"] == "read-write"
    followers = followers_from(Env(EXAMPLE), databases, servers)  # type: ignore[arg-type]
    assert followers["content1"] == ["content1_replica0"]
    assert databases["content1_replica0"]["HOST"] == "10.0.1.24,10.0.1.23"
    assert storages_from(EXAMPLE["STORAGE_URL"])


def test_a_list_of_databases_that_is_none_is_refused() -> None:
    broken = {**EXAMPLE, "FRIENDS_DATABASE_URLS": "10.0.0.1,10.0.0.2"}
    with pytest.raises(ImproperlyConfigured, match="FRIENDS_DATABASE_URLS"):
        databases_from(Env(broken))  # type: ignore[arg-type]


# --- systemd


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        not_checked(unit.name, "systemd-analyze verify")
        return
    assert verified(unit.read_text(), unit.name, tmp_path) == ""


def test_systemd_refuses_a_broken_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    text = UNITS[0].read_text().replace("Restart=always", "Restarts=always")
    assert "Restarts" in verified(text, UNITS[0].name, tmp_path)


def verified(text: str, name: str, folder: Path) -> str:
    """What systemd has against a unit; the programs of other machines are put here."""
    text = re.sub(r"/srv/photoapp/\.venv/bin/\w+", "/bin/true", text).replace("User=photoapp\n", "")
    (folder / name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(folder / name)], capture_output=True, text=True)
    return done.stderr


def test_units_run_what_there_is() -> None:
    commands = {unit.name: re.search(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE) for unit in UNITS}
    assert len(commands) == 3
    for name, found in commands.items():
        assert found, name
        assert (ROOT / ".venv" / "bin" / Path(found[1].split()[0]).name).exists()


# --- Containers


def test_compose_has_a_service_for_each_set_and_queue_and_names_nothing_that_is_not_there() -> None:
    services = COMPOSE["services"]
    assert {one["environment"]["APP_SETS"] for name, one in services.items() if name.startswith("web-")} == set(
        APP_SETS
    )
    queues = {one["command"][one["command"].index("-Q") + 1] for name, one in services.items() if "worker" in name}
    assert queues == set(QUEUES)
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= set(COMPOSE["volumes"]), name
    proxy = Proxy.read(DEPLOY / "nginx" / "compose.toml")
    assert {server.partition(":")[0] for servers in proxy.upstreams.values() for server in servers} <= set(services)


def test_composes_variables_are_accepted() -> None:
    env = COMPOSE["x-environment"]
    assert set(env) <= variables_of_the_readme()
    databases, _ = databases_from(Env(env))  # type: ignore[arg-type]
    assert {one["HOST"] for one in databases.values()} <= set(COMPOSE["services"])
    assert storages_from(env["STORAGE_URL"])


def test_compose_is_what_its_schema_asks_for(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert refused_by_schema(text, tmp_path) == ""
    assert "'port' was unexpected" in refused_by_schema(text.replace("    ports: [", "    port: ["), tmp_path)


def refused_by_schema(text: str, folder: Path) -> str:
    """The schema is Compose's own (compose-spec)."""
    (folder / "compose.yaml").write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.stdout if done.returncode else ""


def test_compose_is_accepted_by_its_own_program() -> None:
    asked = ["docker", "compose", "version"]
    if not shutil.which("docker") or subprocess.run(asked, capture_output=True).returncode:
        return  # its schema has been asked
    command = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    env = {**os.environ, "SECRET_KEY": "x" * 50}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in lines]  # type: ignore[misc]


def test_the_containerfile_copies_what_there_is() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "CMD"}
    assert {name for name, _ in instructions()} <= known
    targets = [words.split(" AS ")[1] for name, words in instructions() if name == "FROM"]
    assert targets == ["site", "proxy"]
    assert {service["build"]["target"] for service in COMPOSE["services"].values() if "build" in service} == set(
        targets
    )
    copied = [words.split()[:-1] for name, words in instructions() if name == "COPY" and "--from" not in words]
    assert [source for sources in copied for source in sources if not (ROOT / source).exists()] == []
    ignored = (ROOT / ".containerignore").read_text().split()
    assert not set(ignored) & {source for sources in copied for source in sources}
    assert all(json.loads(words) for name, words in instructions() if name == "CMD")
    not_checked("Containerfile", "podman build")
