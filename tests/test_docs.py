"""The documents say what is so: what they name exists, and what must be named is."""

import ast
import re
from pathlib import Path

import pytest

from photoapp import outbox

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
IN_CODE = re.compile(r"`([^`\n]+)`")
A_FILE = re.compile(r"[\w./-]+\.(?:py|md|html|css|js|toml|txt|in|yaml)|script/\w+|\.ci/run")


def table(document: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    text = (ROOT / document).read_text().partition(f"\n{heading}\n")[2]
    assert text, f"{document} has no heading {heading!r}"
    lines = text[text.index("\n|") :].lstrip().splitlines()
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


def names_in(path: Path) -> set[str]:
    """Functions, classes and their methods (`Class.method`) of a module."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{item.name}" for item in node.body if isinstance(item, ast.FunctionDef)}
    return found


def test_every_station_of_a_photos_journey_exists() -> None:
    stations = table("README.md", "## A photo's journey")
    assert len(stations) > 20
    for _, _, file, functions in stations:
        (path,) = IN_CODE.findall(file)
        assert (ROOT / path).is_file(), path
        wanted = set(IN_CODE.findall(functions))
        assert wanted <= names_in(ROOT / path) if path.endswith(".py") else not wanted, (path, wanted)
        assert wanted or not path.endswith(".py"), f"{path}: which function?"


@pytest.mark.parametrize(
    ("file", "heading"), [("requirements.in", "## To run"), ("requirements-dev.in", "## To develop")]
)
def test_every_dependency_has_its_reason(file: str, heading: str) -> None:
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith(("-", "#"))]
    direct = [re.split(r"[\[<>=!~; ]", line)[0] for line in lines]
    rows = table("docs/dependencies.md", heading)
    assert sorted(name for name, *_ in rows) == sorted(direct)
    assert all(reason and place for _, reason, place in rows)


def test_every_variable_of_the_environment_is_in_the_readme() -> None:
    documented = {IN_CODE.findall(name)[0] for name, *_ in table("README.md", "## Point it at real parts")}
    read = set()
    starting = ROOT / "photoapp" / "serving.py"  # before there are settings
    for path in [*(ROOT / "config").glob("*.py"), starting]:
        text = path.read_text()
        read |= set(re.findall(r"""\benv(?:iron)?(?:\.Env\(\))?\.\w+\(\s*"([A-Z][A-Z_]+)\"""", text))
        read |= set(re.findall(r"""environ(?:\.get\(|\[)"([A-Z][A-Z_]+)\"""", text))
    groups = ("FRIENDS_", "CONTENT_")  # config/databases.py
    read |= {f"{group}DATABASE_{kind}" for group in groups for kind in ("URLS", "REPLICA_URLS")}
    read.add("DATABASE_REPLICA_URLS")
    read -= {"DJANGO_SETTINGS_MODULE", "VIPS_CONCURRENCY"}  # of others, set by ourselves
    assert {"SECRET_KEY", "DATABASE_URL", "APP_SETS"} <= read
    assert documented == read


def test_every_outbox_handler_is_in_the_table_of_events() -> None:
    rows = table("docs/architecture.md", "## The outbox")
    documented = {(event.strip("`"), name) for event, _, names in rows for name in IN_CODE.findall(names)}
    registered = {
        (handler.event, handler.name) for handler in outbox._handlers.values() if not handler.name.startswith("test.")
    }
    assert documented == registered


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_files_that_exist(document: Path) -> None:
    text = document.read_text()
    named = {name for name in IN_CODE.findall(text) if A_FILE.fullmatch(name) and "/" in name}
    named -= {name for name in named if name.startswith(("var/", ".venv/"))}
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target}
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [target for target in linked if target and not (document.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_no_place_on_somebodys_machine(document: Path) -> None:
    found = re.findall(r"(?<![\w.…])/(?:work|home|root|tmp|Users|mnt|opt)/\S*", document.read_text())
    assert found == []


def test_the_pinned_requirements_come_from_the_named_ones() -> None:
    for name in ("requirements", "requirements-dev"):
        pinned = set(re.findall(r"^([\w.-]+?)(?:\[[\w,]+\])?==", (ROOT / f"{name}.txt").read_text(), re.MULTILINE))
        lines = (ROOT / f"{name}.in").read_text().splitlines()
        direct = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in lines if line and line[0] not in "-#"}
        assert direct <= pinned
