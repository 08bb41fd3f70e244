"""What the discover page shows. All of it was computed before (trends, suggestions); here it is chosen for a viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from media.models import Post
from media.selectors import visible_cards
from photoapp.pagination import Page
from search import trends
from search.models import Suggestion, Trend
from search.terms import Term
from users.models import User
from users.selectors import Viewer, relations, suggested_people, users_by_ids, with_relations

POSTS, PEOPLE = 48, 6


@dataclass
class Discover:
    posts: Sequence[Post]
    tags: Sequence[Term]
    places: Sequence[Term]
    people: Sequence[User]


def discover(viewer: Viewer) -> Discover:
    """Queries: one for relations, those of visible_cards, three for people; the lists are remembered."""
    lists = trends.current()
    return Discover(
        posts=_posts(lists[Trend.Kind.POST], viewer),
        tags=[Term(key, label, 0) for key, label, _ in lists[Trend.Kind.TAG]],
        places=[Term(key, label, 0) for key, label, _ in lists[Trend.Kind.PLACE]],
        people=_people(viewer),
    )


def _posts(rows: Sequence[Any], viewer: Viewer) -> list[Post]:
    """Not those of people whom the viewer follows: they are in the feed."""
    others = [(int(key), owner_id) for key, _, owner_id in rows if owner_id != viewer.id]
    known = relations(viewer.id, {owner_id for _, owner_id in others}) if viewer.id is not None and others else {}
    new = [id for id, owner_id in others if not (owner_id in known and known[owner_id].follows)]
    return visible_cards(new[:POSTS], viewer)


def _people(viewer: Viewer) -> list[User]:
    """Friends of friends, those of most friends first; where there are too few, the newest members. Each has `friends`
    (how many) and `friend` (the user name of one)."""
    rows = []
    if viewer.id is not None:
        rows = list(Suggestion.objects.for_owner(viewer.id).order_by("-friends", "suggested_id")[: PEOPLE * 3])
    found = users_by_ids([row.suggested_id for row in rows] + [row.friend_id for row in rows])
    people = [found[row.suggested_id] for row in rows if row.suggested_id in found]
    for row, person in ((row, found[row.suggested_id]) for row in rows if row.suggested_id in found):
        friend = found.get(row.friend_id)
        person.friends, person.friend = row.friends, friend.username if friend else ""  # type: ignore[attr-defined]
    if people:
        shown = with_relations(Page(people), viewer).items
        people = [person for person in shown if not (person.relation.follows or person.relation.blocks)][:PEOPLE]  # type: ignore[attr-defined]
    there = {person.id for person in people}
    if len(people) < PEOPLE:
        newest = [person for person in suggested_people(viewer) if person.id not in there]
        people += with_relations(Page(newest[: PEOPLE - len(people)]), viewer).items
    return people
