"""The first page of a feed, composed from what is stored: ids, cards, the member's own acts.

It is kept for some minutes. On the way to a page, what is missing is made in this order: the feed from the shards,
cards by one query for each content server, the page. Whatever cannot be made so (an empty feed, one that goes on below
what is stored) is left to the view, which asks the databases for all of it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.translation import override
from isal import igzip

from feeds import services, store
from feeds.page_store import Face, Page, State, field_of, keep_face, keep_page, open_page
from feeds.selectors import FIRST_PAGE, SURFACE
from feeds.shell import shell
from feeds.withdrawn import mirror
from media.cards import Card, cards_for, stored_cards
from media.recent import Recent, recent_ids, stored_recent
from photoapp.cache_stats import count
from photoapp.pagination import encode_cursor
from photoapp.replicas import from_leaders
from users.models import User


def stored_page(user_id: int, language: str, session_key: str, *, anew: bool) -> Page | None:
    """For a session that is a member's: the page that is stored (unless it is wanted `anew`), else one that is composed
    without any query. None where that cannot be, or nobody is logged in. Raises redis' errors."""
    found = open_page(user_id, "" if anew else field_of(language), session_key)
    if isinstance(found, Page):
        if _may_be_shown(found, user_id):
            count("page", "hit")
            return found
        found = open_page(user_id, "", session_key)
    if not isinstance(found, State):
        return None
    count("page", "miss")
    return _composed(found, found.face, language, fill=False)


def first_page(user: User, language: str, *, anew: bool = False) -> Page | None:
    """For a member who is known to be logged in: stored (unless it is wanted `anew`), composed, or made from the
    databases. None where the view must make it. Raises redis' errors."""
    mirror.ensure()
    found = None if anew else open_page(user.id, field_of(language))
    if isinstance(found, Page) and _may_be_shown(found, user.id):
        count("page", "hit")
        return found
    return renewed_page(user.id, language)


def _may_be_shown(page: Page, user_id: int) -> bool:
    return not page.has_ended(user_id) and not mirror.refuses(page.began, page.marks)


def is_wanted_anew(cache_control: str) -> bool:
    """What a browser sends when somebody reloads the page: they want to see what others did meanwhile."""
    return "max-age=0" in cache_control or "no-cache" in cache_control


def renewed_page(user_id: int, language: str) -> Page | None:
    """Composed anew, with all that is missing made. Raises redis' errors."""
    state = open_page(user_id, "")
    if isinstance(state, State) and not state.is_built:
        services.rebuild(user_id)
        state = open_page(user_id, "")
    if not isinstance(state, State) or not state.is_built:
        return None
    face = state.face
    if face is None:
        with from_leaders():
            face = Face.of(User.objects.get(id=user_id))
        keep_face(state.version, face)
    return _composed(state, face, language, fill=True)


def _composed(state: State, face: Face | None, language: str, *, fill: bool) -> Page | None:
    """A page, which is then stored. `fill`: with queries for cards and lists that are missing; without it, None where
    something is missing."""
    if face is None or not state.is_built:
        return None
    recents = _recents(state.pulled, fill)
    if recents is None:
        return None
    candidates = _candidates(state, recents)
    cards = _cards(candidates, state, face, language, fill)
    if not cards or (len(cards) <= FIRST_PAGE and not candidates.all):
        return None
    shown, more = cards[:FIRST_PAGE], len(cards) > FIRST_PAGE
    if shown[-1].id < state.known:  # much was withdrawn
        store.forget(face.id)
        return None
    with override(language):
        html = _html(shown, state, face, language, more)
    marks = [*{card.owner_id for card in shown}, *(card.id for card in shown), *state.pulled]
    page = Page(state.now, marks, igzip.compress(html.encode(), mtime=0))
    keep_page(face.id, field_of(language), state, page)
    count("page", "computed")
    return page


def _recents(pulled: list[int], fill: bool) -> list[Recent] | None:
    found = stored_recent(pulled)
    if fill:
        return [recent or recent_ids(author_id) for author_id, recent in found.items()]
    whole = [recent for recent in found.values() if recent is not None]
    return whole if len(whole) == len(found) else None


class Candidates(NamedTuple):
    """`ids`, newest first, between which nothing is missing; `all` when nothing older exists."""

    ids: list[int]
    all: bool


def _candidates(state: State, recents: Iterable[Recent]) -> Candidates:
    parts = [store.IdList(state.ids, state.ends), *(store.IdList(one.ids, one.complete) for one in recents)]
    merged = store.merged(parts)
    return Candidates(merged.ids, merged.complete)


def _cards(candidates: Candidates, state: State, face: Face, language: str, fill: bool) -> list[Card]:
    """The first cards that the member may see, one more than a page shows if there are so many; none when one is
    missing."""
    found: list[Card] = []
    size = FIRST_PAGE + 1
    for start in range(0, len(candidates.ids), size):
        batch = candidates.ids[start : start + size]
        cards = cards_for(batch, language) if fill else stored_cards(batch, language)
        if not fill and len(cards) < len(batch):
            return []
        here = [cards[id] for id in batch if id in cards]
        found += [card for card in here if card.owner_id == face.id or card.owner_id in state.heard]
        if len(found) >= size:
            break
    return found[:size]


def _html(cards: list[Card], state: State, face: Face, language: str, more: bool) -> str:
    now = datetime.fromtimestamp(state.now / 1000, UTC)
    acts = state.acts
    beyond = [card.id for card in cards if card.id not in state.ids]
    if beyond:
        acts |= store.own_acts(face.id, beyond)
    parts = [
        card.html(face, place, language=language, liked=f"l{card.id}" in acts, saved=f"s{card.id}" in acts, now=now)
        for place, card in enumerate(cards, 1)
    ]
    cursor = encode_cursor(cards[-1].id, surface=f"{SURFACE}:{face.id}") if more else ""
    return shell(language, face.theme, more).around("".join(parts), username=face.username, cursor=cursor)
