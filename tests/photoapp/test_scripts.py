"""Scripts and styles: small, from here, and without words of their own."""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

import django_htmx
import pytest

from photoapp.storage import without_comments

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = sorted((ROOT / "photoapp" / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "photoapp" / "static" / "css").glob("*.css"))
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"


def zipped(contents: Iterable[bytes]) -> int:
    return sum(len(gzip.compress(content, 9)) for content in contents)


def test_all_scripts_together_are_under_42_kb() -> None:
    sent = [HTMX.read_bytes(), *(without_comments(path.read_bytes()) for path in OURS)]
    assert zipped(sent) < 42_000


def test_the_frame_s_styles_are_small() -> None:
    frame = [path.read_bytes() for path in STYLES if path.stem in ("tokens", "site")]
    assert zipped(frame) < 7_000


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_colours_have_names(path: Path) -> None:
    """So that there is one list of them for light and dark. White and black over photos are no matter of theme."""
    if path.stem in ("tokens", "admin-caches"):  # the administration has colours of its own
        return
    found = set(re.findall(r"#[0-9a-f]{3,8}\b", path.read_text()))
    assert found <= {"#fff", "#000"}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_what_a_module_imports_is_there(path: Path) -> None:
    """Names are hashed for what is written as `from "./name.js";`, and only for that."""
    written = path.read_text()
    imports = re.findall(r"^(?:import|export)\b[^;]*?[\"']([^\"']*\.js)[\"']\s*;", written, flags=re.MULTILINE)
    assert len(imports) == len(re.findall(r"^import\b", written, flags=re.MULTILINE))
    for name in imports:
        assert name.startswith("./")
        assert path.with_name(name.removeprefix("./")).is_file()


def test_comments_stay_here() -> None:
    assert without_comments(b"// why\nlet a = 1; // b\n  // c\nf(`//`);\n") == b"let a = 1; // b\nf(`//`);\n"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_nothing_is_run_from_text(path: Path) -> None:
    assert not re.search(r"\beval\(|new Function|document\.write", path.read_text())
