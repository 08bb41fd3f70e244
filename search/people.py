"""Finding members by their names: as one types, and with one letter wrong."""

from collections.abc import Sequence

from django.db import connections

from photoapp.pagination import Page
from photoapp.remember import remember
from photoapp.shards import AUTH, servers
from search import lexemes
from search.engines import PEOPLE, Asked, engine_of
from users.models import User
from users.selectors import PEOPLE as PEOPLE_GENERATION
from users.selectors import Viewer, users_by_ids, with_relations

MOST = 200  # candidates that are looked at
BEST = 60  # of which these are kept
SECONDS = 30
ENOUGH = 3  # found as typed: nobody meant anything else


def find_people(text: str, viewer: Viewer, size: int = 20) -> list[User]:
    """Active members, each with `relation` to the viewer, without those who blocked them. The exact name first, then
    names that begin so, then names in which words begin so, then those that are one letter away.

    Queries: one for the members, one for the relations; one to three more when the answer is not remembered.
    """
    words = list(dict.fromkeys(lexemes.words(text.replace("_", " "))))[:5]
    if not words:
        return []
    key = f"people:{' '.join(words)}"
    found: list[int] = remember(key, lambda: _ranked(words), ttl=SECONDS, generations=[PEOPLE_GENERATION])
    people = users_by_ids(found)
    return with_relations(Page([people[id] for id in found if id in people]), viewer).items[:size]


def _ranked(words: Sequence[str]) -> list[int]:
    joined = ["".join(words)]
    found = dict(_with([[f"{lexemes.NAME}{word}*"] for word in words]))
    found |= {user.id: f"{user.username} {user.display_name}" for user in _named(joined[0])}
    if len(found) < ENOUGH:
        for meant in (words, joined) if len(words) > 1 else (words,):
            found |= {id: names for id, names in _with([_near(word) for word in meant]) if _fits(meant, names)}
    return sorted(found, key=lambda id: _rank(words, found[id]))[:BEST]


def _named(name: str) -> list[User]:
    """Whose user name begins with what was typed: also among very many they must not be cut off."""
    return list(User.objects.filter(username__startswith=name, is_active=True).order_by("username")[:BEST])


def _with(some: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    connection = connections[servers(AUTH)[0]]
    return engine_of(connection).query(connection, PEOPLE, Asked(some=some), MOST)


def _near(word: str) -> list[str]:
    """Lexemes of the names that may be one letter away from a word."""
    if len(word) < lexemes.SHORTEST_MISSPELT:
        return [f"{lexemes.NAME}{word}*", lexemes.SHORTENED + word]
    return [f"{lexemes.NAME}{word}*", *sorted(lexemes.SHORTENED + part for part in lexemes.shortened(word))]


def _fits(words: Sequence[str], names: str) -> bool:
    known = _known(names)
    return all(any(name.startswith(word) or lexemes.one_letter_apart(word, name) for name in known) for word in words)


def _known(names: str) -> list[str]:
    username, _, display_name = names.partition(" ")
    return lexemes.name_words(username, display_name)


def _rank(words: Sequence[str], names: str) -> tuple[int, int, str]:
    """The smaller, the further up."""
    username = names.partition(" ")[0]
    known, joined = _known(names), "".join(words)
    plain = "".join(lexemes.words(username.replace("_", " ")))
    if plain == joined:
        tier = 0
    elif plain.startswith(joined):
        tier = 1
    elif all(word in known for word in words):
        tier = 2
    elif all(any(name.startswith(word) for name in known) for word in words):
        tier = 3
    else:
        tier = 4
    return tier, len(username), username
