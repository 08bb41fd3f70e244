"""Names and captions for script/bench search: names of syllables, words that are used as Zipf's law says."""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate

ONSETS = ("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br", "ch")
ONSETS += ("cl", "dr", "fr", "gr", "kr", "pl", "sh", "st", "th", "tr")
NUCLEI = ["a", "e", "i", "o", "u", "ai", "ea", "ie", "oo"]
CODAS = ["", "", "n", "r", "l", "s", "t", "ck", "nd"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY, TAGS, PLACES = 60_000, 5_000, 2_000


class Words:
    """A vocabulary; `draw` gives its words, the first ones most often."""

    def __init__(self, random: random.Random, size: int, exponent: float = 1.0) -> None:
        made: dict[str, None] = {}
        while len(made) < size:
            made[spoken(random, random.choice((2, 2, 3, 3, 4)))] = None
        self.words = list(made)
        self.weights = list(accumulate((rank + 2.7) ** -exponent for rank in range(size)))

    def draw(self, random: random.Random, count: int) -> list[str]:
        return random.choices(self.words, cum_weights=self.weights, k=count)


def spoken(random: random.Random, syllables: int) -> str:
    return "".join(
        random.choice(ONSETS) + random.choice(NUCLEI) + (random.choice(CODAS) if last else "")
        for last in [*[False] * (syllables - 1), True]
    )


def names(random: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """(user name, display name), user names all different."""
    used: set[str] = set()
    while len(used) < count:
        first, last = spoken(random, 2), spoken(random, 2)
        username = random.choice(
            (f"{first}{last}", f"{first}.{last}", f"{first}_{last}", f"{first}{random.randrange(99)}")
        )
        if len(username) <= 30 and username not in used:
            used.add(username)
            yield username, f"{first.capitalize()} {last.capitalize()}"


def misspelt(random: random.Random, name: str) -> str:
    """With one letter another, left out, added, or swapped with its neighbour; the first one stays."""
    at = random.randrange(1, len(name) - 1)
    before, here, after = name[:at], name[at], name[at + 1 :]
    return random.choice(
        (
            before + random.choice([letter for letter in LETTERS if letter != here]) + after,
            before + after,
            before + here + random.choice(LETTERS) + after,
            before + after[0] + here + after[1:],
        )
    )


def captions(random: random.Random, words: Words, tags: Words) -> Iterator[str]:
    while True:
        said = words.draw(random, random.choice((0, 3, 6, 9, 14)))
        hashed = [f"#{tag}" for tag in tags.draw(random, random.choice((0, 0, 1, 2, 3)))]
        yield " ".join([*said, *hashed])


def queries(
    random: random.Random, words: Words, tags: Words, places: Sequence[str], members: Sequence[str]
) -> Iterator[str]:
    """As people ask: mostly one word, often two, some tags and places, some authors."""
    while True:
        kind = random.random()
        if kind < 0.4:
            yield words.draw(random, 1)[0]
        elif kind < 0.6:
            yield " ".join(words.draw(random, 2))
        elif kind < 0.8:
            yield f"#{tags.draw(random, 1)[0]}"
        elif kind < 0.9:
            yield random.choice(places)
        else:
            yield f"from:{random.choice(members)} {words.draw(random, 1)[0]}"
