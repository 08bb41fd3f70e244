"""One spelling for what people write in many ways: of words, tags and places, in addresses and in the search index."""

import re
import unicodedata
from functools import cache
from urllib.parse import quote

LONGEST = 60  # letters of a word: what is longer agrees in these
ACCENTS = re.compile("[\u0300-\u036f\u064b-\u0652\u0670\ufe0e\ufe0f]")  # of Latin, Greek, Cyrillic; of Arabic


def normalised(text: str) -> str:
    """Lower case, without accents, one spelling for what looks alike: "Café" is "cafe", "ß" is "ss"."""
    plain = ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFKC", plain)


@cache
def word_pattern() -> re.Pattern[str]:
    """Letters and digits with the marks that belong to them (vowels of Hindi are marks), or one picture sign."""
    signs: dict[str, list[str]] = {"M": [], "So": []}
    for code in (*range(0x300, 0xE000), *range(0x1D000, 0x20000)):
        category = unicodedata.category(chr(code))
        for kind, found in signs.items():
            if category.startswith(kind):
                found.append(re.escape(chr(code)))
    return re.compile(f"[\\w{''.join(signs['M'])}]+|[{''.join(signs['So'])}]")


def tag_key(tag: str) -> str:
    """ "#Café" is cafe."""
    return normalised(tag.lstrip("#"))[:LONGEST]


def place_key(place: str) -> str:
    """ "Lisbon, Portugal" is lisbon-portugal."""
    return "-".join(word_pattern().findall(normalised(place)))[:100].strip("-_")


def tag_url(key: str) -> str:
    return f"/tags/{quote(key)}/"


def place_url(key: str) -> str:
    return f"/places/{quote(key)}/"
