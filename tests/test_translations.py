"""Every string that people see is translated, and the compiled catalog is the one that is written (script/messages)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "photoapp", "users", "media", "feeds", "search")
LOCALE = ROOT / "photoapp" / "locale"
LANGUAGES = sorted(path.name for path in LOCALE.iterdir())
# Which arguments of a call are strings to translate; for those with a context, the context first.
PLAIN = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2}
IN_CONTEXT = {"pgettext": 1, "pgettext_lazy": 1, "npgettext": 2, "npgettext_lazy": 2}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|%[sd]")
TAG = re.compile(r"</?\w+")

Message = tuple[str, str]  # context, singular


def messages_of(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        values = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
        if name in PLAIN and values and isinstance(values[0], str):
            yield "", values[0]
        if name in IN_CONTEXT and isinstance(values[0], str) and isinstance(values[1], str):
            yield values[0], values[1]


def messages_in_template(source: str) -> Iterator[Message]:
    """Django writes a template's strings out as calls between filler."""
    code = templatize(source)
    for found in re.finditer(r"\b(?:np?gettext|p?gettext|_)\(", code):
        call = code[found.start() :]
        for end in re.finditer(r"\)", call):
            try:
                tree = ast.parse(call[: end.end()])
            except SyntaxError:
                continue
            for context, text in messages_of(tree):
                yield context, text.replace("%%", "%") if "%(" not in text else text
            break


def messages_of_the_project() -> set[Message]:
    found: set[Message] = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            found |= set(messages_of(ast.parse(path.read_text())))
        for path in (ROOT / app).rglob("*.html"):
            found |= set(messages_in_template(path.read_text()))
    return found - {("", "")}


def test_strings_are_called_so_that_they_are_found() -> None:
    """GNU gettext knows Django's names and `_`, and no other."""
    others = [
        f"{path.relative_to(ROOT)}: {name.name} as {name.asname}"
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.asname not in (None, "_")
    ]
    assert others == []


def catalog(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))


def placeholders(text: str) -> list[str]:
    return sorted({found.group() for found in PLACEHOLDER.finditer(text)})


def test_the_second_language_is_there() -> None:
    assert LANGUAGES == ["de"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_in_the_catalog(language: str) -> None:
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalog(language)}
    assert sorted(messages_of_the_project() - known) == [], "run script/messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language: str) -> None:
    entries = catalog(language)
    assert [entry.msgid for entry in entries if not entry.obsolete and not entry.translated()] == []
    assert [entry.msgid for entry in entries if "fuzzy" in entry.flags] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_what_is_filled_in(language: str) -> None:
    """Placeholders and markup are those of the original; a singular may leave its number out."""
    wrong = []
    for entry in catalog(language).translated_entries():
        given = [(entry.msgid, entry.msgstr)]
        if entry.msgid_plural:
            given = [(entry.msgid_plural, text) for text in entry.msgstr_plural.values()]
        for original, text in given:
            missing = set(placeholders(original)) - set(placeholders(text))
            invented = set(placeholders(text)) - set(placeholders(entry.msgid + original))
            number_alone = (
                entry.msgid_plural and set(placeholders(original)) - set(placeholders(entry.msgid)) >= missing
            )
            if invented or (missing and not number_alone) or sorted(TAG.findall(original)) != sorted(TAG.findall(text)):
                wrong.append((original, text))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalog_is_the_written_one(language: str) -> None:
    def content(entries: polib.POFile | polib.MOFile) -> dict[Message, object]:
        return {
            (entry.msgctxt or "", entry.msgid): entry.msgstr_plural or entry.msgstr for entry in entries if entry.msgid
        }

    written = [entry for entry in catalog(language) if entry.translated()]
    compiled = polib.mofile(str(LOCALE / language / "LC_MESSAGES" / "django.mo"))
    assert content(compiled) == content(written), "run script/messages"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "Save" %}', {("", "Save")}),
        ("{{ x|default:_('None') }}", {("", "None")}),
        ('{% translate "May" context "month" %}', {("month", "May")}),
        (
            "{% blocktranslate count n=n %}{{ n }} like{% plural %}{{ n }} likes{% endblocktranslate %}",
            {("", "%(n)s like")},
        ),
        ('{% blocktranslate trimmed %}\n  "a" (b)\n{% endblocktranslate %}', {("", '"a" (b)')}),
        ("{# translate 'x' #}<p>gettext</p>", set()),
    ],
)
def test_strings_of_templates_are_found(source: str, found: set[Message]) -> None:
    assert set(messages_in_template("{% load i18n %}" + source)) == found
