"""The rules of the code (CONTRIBUTING.md) that can be read off the code itself."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "photoapp", "users", "media", "feeds", "search")
LONGEST_MODULE = 400
# Where rows are combined by the database, and why that asks one server only.
ONE_SERVER = {
    ("media/selectors.py", "_own"): "likes and saves lie beside their post, and `alias` is the server of all of these",
    ("users/selectors.py", "_related"): "all three tables are read on the viewer's own friends shard",
}


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


def calls(path: Path) -> Iterator[tuple[str, ast.Call, str]]:
    """Every call in a module: what is called, the call, and the function it stands in."""

    def walk(node: ast.AST, within: str) -> Iterator[tuple[str, ast.Call, str]]:
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else within
            if isinstance(child, ast.Call):
                called = child.func
                name = getattr(called, "attr", None) or getattr(called, "id", "")
                yield name, child, inside
            yield from walk(child, inside)

    yield from walk(ast.parse(path.read_text()), "")


def place(path: Path, call: ast.Call) -> str:
    return f"{path.relative_to(ROOT)}:{call.lineno}"


def transactions_without_alias(path: Path) -> list[str]:
    return [
        place(path, call)
        for name, call, _ in calls(path)
        if name in ("atomic", "on_commit") and not any(keyword.arg == "using" for keyword in call.keywords)
    ]


def test_every_transaction_names_its_database() -> None:
    """`atomic()` and `on_commit()` alone mean `default`: what they hold on a shard, they would not protect."""
    assert [found for path in modules(*APPS) for found in transactions_without_alias(path)] == []


def test_atomic_is_no_bare_decorator() -> None:
    """`@transaction.atomic` without parentheses is the same mistake."""
    bare = [
        f"{path.relative_to(ROOT)}:{decorator.lineno}"
        for path in modules(*APPS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Attribute | ast.Name)
        and (getattr(decorator, "attr", None) or getattr(decorator, "id", "")) == "atomic"
    ]
    assert bare == []


@pytest.mark.parametrize("source", ["transaction.atomic()", "on_commit(work)", "transaction.on_commit(work, robust=1)"])
def test_the_rule_finds_what_it_forbids(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "module.py"
    module.write_text(f"def work():\n    {source}\n")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert transactions_without_alias(module) == ["module.py:2"]


def test_rows_of_several_servers_are_not_combined_by_the_database() -> None:
    """Over the rows of two servers `prefetch_related_objects` drops related rows and `union` gives too few, both
    without an error."""
    found = {
        (str(path.relative_to(ROOT)), within)
        for path in modules(*APPS)
        for name, call, within in calls(path)
        if name == "prefetch_related_objects"
        or (name in ("union", "intersection", "difference") and is_of_querysets(call))
    }
    assert found == set(ONE_SERVER)


def is_of_querysets(call: ast.Call) -> bool:
    """Sets have these methods, too; querysets are told by what builds them or by `all=`."""
    source = ast.unparse(call)
    return ".objects" in source or "using(" in source or any(word.arg == "all" for word in call.keywords)


def test_imports_run_downward(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    status = lint_imports(no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def test_modules_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(*APPS, "script", "tests")
        if (lines := len(path.read_text().splitlines())) > LONGEST_MODULE
    }
    assert long == {}


def test_no_module_is_called_utils() -> None:
    names = {path.stem for path in modules(*APPS, "script", "tests")}
    assert names.isdisjoint({"utils", "util", "helpers", "misc", "common"})


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_nothing_to_say(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--no-cache", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
