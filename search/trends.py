"""What many liked and used lately, computed ahead of time for the discover page.

Likes are counted where they are (in the slots of each post's count, photoapp/counters.py), so nothing is written when
somebody likes, and there is no count that all of them share.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connections, transaction
from django.db.models import Sum
from django.utils import timezone

from media.models import Post, PostCount
from photoapp.ids import first_id_at, time_of
from photoapp.remember import remember, renew
from photoapp.shards import CONTENT, servers
from photoapp.words import place_key, tag_key
from search.engines import engine_of
from search.models import Trend

DISCOVER = "discover"  # the generation of what shows trends
LATELY = timedelta(days=14)
CANDIDATES = 600  # posts of a server
POSTS, TERMS = 300, 24
ENOUGH = 48  # posts: where fewer were liked, the newest follow
OF_ONE = 4  # posts of one author
DOCUMENTS = 50_000  # of a server, whose tags and places are looked at
GRAVITY = 1.4

Row = tuple[str, str, int | None]  # key, label, owner


def compute(now: datetime | None = None) -> dict[str, int]:
    """Writes the lists anew. Returns how long each is. A server that does not answer keeps the others' lists from being
    written: the old ones stay."""
    now = now or timezone.now()
    since = first_id_at(now - LATELY)
    lists: dict[str, list[Row]] = {
        Trend.Kind.POST: _posts(since, now),
        **dict(zip((Trend.Kind.TAG, Trend.Kind.PLACE), _terms(since), strict=True)),
    }
    rows = [
        Trend(kind=kind, place=place, key=key, label=label[:100], owner_id=owner_id)
        for kind, found in lists.items()
        for place, (key, label, owner_id) in enumerate(found)
    ]
    with transaction.atomic(using=servers("auth")[0]):
        Trend.objects.all().delete()
        Trend.objects.bulk_create(rows)
    renew(DISCOVER)
    return {kind: len(found) for kind, found in lists.items()}


def _posts(since: int, now: datetime) -> list[Row]:
    """Likes weigh less the older the post is (the gravity of Hacker News' front page)."""
    scored: list[tuple[float, int, int]] = []
    for alias in servers(CONTENT):
        counts: Any = PostCount.objects.using(alias).filter(post_id__gte=since).values("post_id")
        liked = counts.annotate(sum=Sum("likes")).filter(sum__gt=0).order_by("-sum")[:CANDIDATES]
        totals = {row["post_id"]: row["sum"] for row in liked}
        for id, owner_id in _public(alias).filter(id__in=totals).values_list("id", "owner_id"):
            hours = (now - time_of(id)).total_seconds() / 3600
            scored.append((totals[id] / (max(hours, 0) + 2) ** GRAVITY, id, owner_id))
    chosen = _few_of_each((id, owner_id) for _, id, owner_id in sorted(scored, reverse=True))[:POSTS]
    if len(chosen) < ENOUGH:
        there = {id for id, _ in chosen}
        newest = [row for alias in servers(CONTENT) for row in _newest(alias) if row[0] not in there]
        chosen += sorted(newest, reverse=True)[: ENOUGH - len(chosen)]
    return [(str(id), "", owner_id) for id, owner_id in chosen]


def _public(alias: str) -> Any:
    everybody = {"audience": Post.Audience.EVERYONE, "owner__is_active": True, "owner__is_private": False}
    return Post.objects.using(alias).filter(state=Post.State.LIVE, **everybody)


def _newest(alias: str) -> list[tuple[int, int]]:
    return list(_public(alias).order_by("-id").values_list("id", "owner_id")[:ENOUGH])


def _few_of_each(posts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    shown: dict[int, int] = defaultdict(int)
    kept = []
    for id, owner_id in posts:
        shown[owner_id] += 1
        if shown[owner_id] <= OF_ONE:
            kept.append((id, owner_id))
    return kept


def _terms(since: int) -> tuple[list[Row], list[Row]]:
    """Tags and places, by how many members used them: one who uses it often counts once."""
    tags: dict[str, set[int]] = defaultdict(set)
    places: dict[str, set[int]] = defaultdict(set)
    labels: dict[str, str] = {}
    for alias in servers(CONTENT):
        for document in engine_of(connections[alias]).recent(connections[alias], since, DOCUMENTS):
            for tag in document.tags:
                tags[tag_key(tag)].add(document.owner_id)
                labels.setdefault(tag_key(tag), tag)
            if document.place:
                places[place_key(document.place)].add(document.owner_id)
                labels.setdefault(place_key(document.place), document.place)

    ranked = partial(sorted, key=lambda item: (-len(item[1]), item[0]))
    most: list[list[Row]] = [
        [(key, labels[key], None) for key, _ in ranked(found.items())[:TERMS]] for found in (tags, places)
    ]
    return most[0], most[1]


def drop(**which: int) -> bool:
    """Takes a post (`post_id`) or an author's (`owner_id`) off the list, if it is there."""
    rows = Trend.objects.filter(kind=Trend.Kind.POST)
    rows = rows.filter(key=str(which["post_id"])) if "post_id" in which else rows.filter(**which)
    return rows.delete()[0] > 0


def current() -> dict[str, list[Sequence[Any]]]:
    """The lists of rows, by kind. One query; none when remembered."""

    def compute_rows() -> dict[str, list[Sequence[Any]]]:
        found: dict[str, list[Sequence[Any]]] = {kind: [] for kind in Trend.Kind.values}
        for row in Trend.objects.order_by("kind", "place").values_list("kind", "key", "label", "owner_id"):
            found[row[0]].append(row[1:])
        return found

    return remember("trends", compute_rows, ttl=60, generations=[DISCOVER])
