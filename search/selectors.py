"""Finding: posts on all content servers, members, tags and places. What a viewer may not see is not in the answer.

What is remembered (photoapp/remember.py) are ids that are public, the same for all who ask; the posts themselves are
read for the viewer each time. So a post that went is gone at once, however old the answer is.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core import signing
from django.db import connections

from media.models import Post
from media.selectors import visible_cards
from photoapp import ids
from photoapp.pagination import InvalidCursor, Page
from photoapp.remember import remember
from photoapp.shards import CONTENT, alias_for, servers
from photoapp.words import place_key, tag_key
from search import lexemes, scatter, terms
from search.engines import POSTS, Asked, engine_of
from search.queries import PostQuery, generation_of
from search.terms import Term
from users.selectors import Viewer

PAGE = 24
SECONDS = 30  # that an answer is remembered
ABOUT, MENTIONS = 1, 0  # posts that are about the words, before those that mention them

Rank = tuple[int, int]  # ABOUT or MENTIONS, then the id: the larger, the further up


class Partial(Exception):
    """Some servers did not answer: `found` is what the others have. Not remembered."""

    def __init__(self, found: Any) -> None:
        super().__init__("some servers did not answer")
        self.found = found


@dataclass
class Found(Page[Post]):
    partial: bool = False  # servers are missing


def find_posts(query: PostQuery, viewer: Viewer, cursor: str | None = None, size: int = PAGE) -> Found:
    """Posts with everything that is asked for: first those that are about the words, then those that mention them, the
    newest first. Public posts, and the viewer's own. A page may be short where posts are not for the viewer.

    Raises InvalidCursor. Queries: one or two on each content server, none when remembered; one on the viewer's own
    content server; those of visible_cards.
    """
    if not query:
        return Found([])
    before = _rank_in(cursor, query)
    key = f"found:{query.key}:{before or ''}:{size}"
    partial_answer = False
    try:
        ranked = remember(key, partial(_public, query, before, size), ttl=SECONDS, generations=query.generations)
    except Partial as answer:
        ranked, partial_answer = answer.found, True
    found: list[Rank] = [(tier, id) for tier, id in ranked]
    if viewer.id is not None:
        found = sorted([*found, *_own(query, viewer.id, before, size)], reverse=True)
    shown = found[:size]
    following = _cursor_at(shown[-1], query) if len(found) > size else None
    cards = visible_cards([id for _, id in shown], viewer)
    return Found(cards, following, partial_answer)


def _public(query: PostQuery, before: Rank | None, size: int) -> list[Rank]:
    """The next of all servers, one more than fits the page. Raises Partial."""
    question = partial(_ranked, query=query, before=before, limit=size + 1)
    answers, missing = scatter.ask_all(servers(CONTENT), question)
    found = sorted((rank for ranked in answers.values() for rank in ranked), reverse=True)[: size + 1]
    if missing:
        raise Partial(found)
    return found


def _own(query: PostQuery, viewer_id: int, before: Rank | None, size: int) -> list[Rank]:
    """The viewer's own that others do not find."""
    mine = PostQuery(query.words, (*query.others, f"{lexemes.AUTHOR}{viewer_id}"))
    return _ranked(connections[alias_for(CONTENT, viewer_id)], mine, before, size + 1, public=False)


def _ranked(connection: Any, query: PostQuery, before: Rank | None, limit: int, *, public: bool = True) -> list[Rank]:
    """Of one server. Two lists, each in the order of ids, which an index gives without sorting all that is found."""
    tier, below = before or (ABOUT, None)
    ask = partial(engine_of(connection).query, connection, POSTS)
    found: list[Rank] = []
    if tier == ABOUT:
        asked = Asked([*query.about, *query.others], public=public, before=below)
        found = [(ABOUT, id) for id, _ in ask(asked, limit)]
        below = None
    if query.words and len(found) < limit:
        asked = Asked(query.every, but=query.about, public=public, before=below)
        found += [(MENTIONS, id) for id, _ in ask(asked, limit - len(found))]
    return found


def _signer(query: PostQuery) -> signing.Signer:
    return signing.Signer(salt=f"cursor:search:{query.key}", sep="~")


def _cursor_at(rank: Rank, query: PostQuery) -> str:
    return _signer(query).sign(f"{rank[0]}{ids.encode(rank[1])}")


def _rank_in(cursor: str | None, query: PostQuery) -> Rank | None:
    if not cursor:
        return None
    try:
        text = _signer(query).unsign(cursor)
        return int(text[:1]), ids.decode(text[1:])
    except (signing.BadSignature, ids.InvalidId, ValueError) as error:
        raise InvalidCursor from error


# --- Tags and places ---------------------------------------------------------------------------------------------


def find_terms(kind: str, text: str, size: int = 20) -> list[Term]:
    """Tags or places that begin so, those with the most posts first. No query when remembered; without the servers
    that do not answer."""
    key = tag_key(text) if kind == terms.TAG else place_key(text)
    if not key:
        return []

    def compute() -> list[Any]:
        answers, missing = scatter.ask_all(
            servers(CONTENT), lambda connection: terms.beginning_with(connection, kind, key, size * 2)
        )
        found = [[term.key, term.label, term.posts] for term in terms.merged(answers.values(), size)]
        if missing:
            raise Partial(found)
        return found

    try:
        found = remember(f"terms:{kind}:{key}", compute, ttl=SECONDS)
    except Partial as answer:
        found = answer.found
    return [Term(*row) for row in found]


def named_term(kind: str, key: str) -> Term | None:
    """A tag or place by its key, with all its public posts counted; None if nobody can find one."""

    def compute() -> list[Any]:
        answers, missing = scatter.ask_all(servers(CONTENT), lambda connection: terms.named(connection, kind, key))
        found = [[one.key, one.label, one.posts] for one in terms.merged(([one] for one in answers.values() if one), 1)]
        if missing:
            raise Partial(found)
        return found

    try:
        found = remember(f"term:{kind}:{key}", compute, ttl=SECONDS, generations=[generation_of(kind + key)])
    except Partial as answer:
        found = answer.found
    term = Term(*found[0]) if found else None
    return term if term and term.posts > 0 else None
