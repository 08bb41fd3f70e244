"""Text as what is looked for in it: lexemes, the same for documents and for queries, whatever the database.

A lexeme is a letter that says what it is of, then a word as photoapp/words.py leaves it:

    w   a word of a post: of its caption, tags, place or tagged people     n   a word of a member's names
    s   a word of what the post is about: its tags, place, tagged people   d   such a word with one letter left out
    t   a whole tag             p   a whole place
    u   a tagged member's id    a   the author's id
"""

import re
from collections.abc import Iterator

from photoapp.words import LONGEST, normalised, word_pattern

SHORTEST_MISSPELT = 4  # of a name of three letters, one in three would be another name

WORD, ABOUT, TAG, PLACE, PERSON, AUTHOR, NAME, SHORTENED = "wstpuand"

# Written without blanks between words: found by their signs and pairs of signs.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
RUN = re.compile(f"[{UNSPACED}]+")


def words(text: str) -> Iterator[str]:
    """The words of a text in their order, normalised; of a run without blanks its signs and pairs of signs."""
    for match in word_pattern().finditer(normalised(text)):
        yield from _parts(match[0][:LONGEST])


def _parts(word: str) -> Iterator[str]:
    at = 0
    for run in RUN.finditer(word):
        if before := word[at : run.start()].strip("_"):
            yield before
        yield from run[0]
        yield from (run[0][n : n + 2] for n in range(len(run[0]) - 1))
        at = run.end()
    if rest := word[at:].strip("_"):
        yield rest


def asked_words(text: str) -> list[str]:
    """The words that a query asks for: of a run of signs its pairs, which say more than the signs alone."""
    found: list[str] = []
    for match in word_pattern().finditer(normalised(text)):
        parts = list(dict.fromkeys(_parts(match[0][:LONGEST])))
        pairs = [part for part in parts if len(part) > 1 or not RUN.fullmatch(part)]
        found += pairs or parts
    return list(dict.fromkeys(found))


def shortened(word: str) -> set[str]:
    """The word, and the word with any one letter left out. Two words that differ by one letter (another, one more, one
    less, two swapped) have one of these in common: the symmetric delete of W. Garbe's SymSpell, for distance 1."""
    return {word, *(word[:n] + word[n + 1 :] for n in range(len(word)))}


def one_letter_apart(one: str, other: str) -> bool:
    """Whether at most one letter was typed wrong, left out, added, or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def name_words(username: str, display_name: str = "") -> list[str]:
    """The words of a member's names: "kai_lund", "Kai Lund" has kai, lund and kailund."""
    parts = list(words(username.replace("_", " ")))
    return list(dict.fromkeys([*parts, "".join(parts), *words(display_name)]))


def of_names(username: str, display_name: str) -> list[str]:
    """The lexemes of a member's names."""
    found = name_words(username, display_name)
    misspelt = {part for word in found if len(word) >= SHORTEST_MISSPELT for part in shortened(word)}
    return sorted({NAME + word for word in found} | {SHORTENED + part for part in misspelt})
