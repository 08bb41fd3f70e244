"""What somebody types, as what is asked: words, #tags, @people, from:author."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from photoapp.words import tag_key
from search import lexemes
from users.selectors import known_id

LONGEST_QUERY = 100  # characters
MOST_PARTS = 12
OPERATORS = {"from": "authors", "by": "authors", "with": "people"}


@dataclass(frozen=True)
class PostQuery:
    """Lexemes, sorted: what is asked for however it was typed. `words` are without their letter.

    `unknown`: a named member does not exist, so nothing is found.
    """

    words: Sequence[str] = ()
    others: Sequence[str] = ()
    unknown: bool = False

    @property
    def every(self) -> list[str]:
        return [*(lexemes.WORD + word for word in self.words), *self.others]

    @property
    def about(self) -> list[str]:
        """What the posts have that are about these words, and do not only mention them."""
        return [lexemes.ABOUT + word for word in self.words]

    @property
    def key(self) -> str:
        return sha256(json.dumps(self.every).encode()).hexdigest()[:24]

    @property
    def generations(self) -> list[str]:
        return [generation_of(lexeme) for lexeme in self.every]

    def __bool__(self) -> bool:
        return bool(self.words or self.others) and not self.unknown


def generation_of(lexeme: str) -> str:
    """The generation (photoapp/remember.py) of answers to who asks for this."""
    return f"found:{lexeme}"


def typed(text: str) -> str:
    """A query as people type one, cut to size: one blank between words, nothing that cannot be seen."""
    seen = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(seen.split())[:LONGEST_QUERY].strip()


def parse_posts(text: str) -> PostQuery:
    """No query but one for each member who is named, and none for those that are remembered."""
    words: list[str] = []
    others: list[str] = []
    unknown = False
    for part in typed(text).split():
        operator, colon, rest = part.partition(":")
        kind = OPERATORS.get(operator.casefold()) if colon else None
        if part.startswith("@"):
            kind, rest = "people", part
        name = rest.strip("@")
        if kind and name:
            member = known_id(name)
            unknown |= member is None
            others.append(f"{lexemes.AUTHOR if kind == 'authors' else lexemes.PERSON}{member}")
        elif part.startswith("#") and (key := tag_key(part)):
            others.append(lexemes.TAG + key)
        elif not kind:
            words += lexemes.asked_words(part)
    wanted = sorted(set(words))[:MOST_PARTS]
    return PostQuery(tuple(wanted), tuple(sorted(set(others))[:MOST_PARTS]), unknown)


def of_tag(key: str) -> PostQuery:
    return PostQuery(others=(lexemes.TAG + key,))


def of_place(key: str) -> PostQuery:
    return PostQuery(others=(lexemes.PLACE + key,))
