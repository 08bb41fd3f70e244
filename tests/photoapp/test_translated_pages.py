"""Pages have no words that cannot be translated: under a catalog that marks each string, all else is data."""

import re
from collections.abc import Generator
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils.translation import trans_real
from django.utils.translation.trans_real import DjangoTranslation

from feeds import shell
from media.templatetags import cards, posts
from tests import pages
from users.models import User

# Names, and what is said the same in every language.
DATA = re.compile(
    r"""photoapp|English|Deutsch|API|(?:alice|bob|dora|mallory|nobody)(?:@example\.org)?|quokkas?|zebra|xanadu
    |likes\ quokkas|asleep|with|JPEG|WebP|AVIF|HEIC|PNG|GIF|[KM]B|px|UTC|UTC\+?\d*""",
    re.IGNORECASE | re.VERBOSE,
)
SPOKEN = {"alt", "title", "aria-label", "placeholder", "aria-description", "content"}
WORD = re.compile(r"[^\W\d_]{2,}")
UNSEEN = {"script", "style", "code", "kbd"}


class Marked(DjangoTranslation):
    """German in which every string is put between marks."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message else ""

    def ngettext(self, one: str, many: str, number: int) -> str:
        return f"⟦{one if number == 1 else many}⟧"


class Reader(HTMLParser):
    """Collects the texts that people see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        given = dict(attributes)
        for name, value in given.items():
            # Of <meta>, what is written for people; words that scripts use are in data- attributes.
            if name == "content" and not re.search(
                "description|title", given.get("property") or given.get("name") or ""
            ):
                continue
            spoken = name in SPOKEN or (name.startswith("data-") and " " in (value or ""))
            if value and spoken:
                self.texts.append(value)

    def handle_endtag(self, tag: str) -> None:
        while tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not UNSEEN & set(self.open[-1:]):
            self.texts.append(data)


def unmarked(html: str) -> set[str]:
    """Words outside the marks; what is filled into a marked string lies within them. A link's text may be cut from
    its sentence by its tag, so marks are matched over the whole page."""
    reader = Reader()
    reader.feed(html)
    found, depth = set(), 0
    for text in reader.texts:
        outside = ""
        for sign in text:
            depth += {"⟦": 1, "⟧": -1}.get(sign, 0)
            outside += sign if not depth else " "
        rest = DATA.sub(" ", outside.replace("⟧", " "))
        if WORD.search(rest):
            found.add(" ".join(text.split())[:80])
    return found


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Generator[None, None, None]:
    monkeypatch.setitem(trans_real._translations, "de", Marked("de"))
    forget_kept_words()
    yield
    forget_kept_words()


def forget_kept_words() -> None:
    """What this process keeps for each language: other tests have read it, or will."""
    for module in (cards, posts, shell):
        for kept in vars(module).values():
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()


def client_of(viewer: str) -> Client:
    client = Client(raise_request_exception=False, headers={"Accept-Language": "de", "Sec-Fetch-Site": "same-origin"})
    if viewer:
        client.post("/login/", {"login": viewer, "password": pages.people.PASSWORD})
    return client


@pytest.mark.django_db
def test_every_word_can_be_translated(marked: None) -> None:
    listed = pages.build_site()
    User.objects.update(language="de")
    clients = {viewer: client_of(viewer) for viewer in {page.viewer for page in listed}}
    wrong = {}
    for page in listed:
        answer = clients[page.viewer].get(page.path)
        if answer.status_code != page.status:
            wrong[page.name] = {f"{answer.status_code} {answer.get('Location', '')}"}
        elif words := unmarked(answer.content.decode()):
            wrong[page.name] = words
    assert not wrong, "\n".join(f"{name}: {sorted(words)}" for name, words in wrong.items())


@pytest.mark.django_db
def test_every_page_has_its_place_here() -> None:
    assert pages.pages_without_a_place(pages.build_site()) == set(), "list it in tests/pages.py, or say why not"


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>⟦Save⟧</p>", set()),
        ("<p>Save</p>", {"Save"}),
        ('<img alt="Photo">', {"Photo"}),
        ("<p>⟦By <b>alice ⟦x⟧</b> today⟧ 5</p>", set()),
        ("<p>⟦By⟧ alice</p> and", {"and"}),
        ('<div data-words="No such thing"></div><script>let words</script>', {"No such thing"}),
    ],
)
def test_what_is_not_marked_is_found(html: str, words: set[str]) -> None:
    assert unmarked(html) == words
