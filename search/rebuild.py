"""Builds the index anew while the site runs: for one that is new, was lost, or whose rules changed.

Documents are written over the old ones, so what is found meanwhile is old or new, never nothing. What changes meanwhile
is written by the outbox's handlers as always; both read the truth under its lock.
"""

from collections.abc import Callable, Iterator

from django.db import connections, transaction
from django.utils import timezone

from media.models import Post
from photoapp.shards import AUTH, CONTENT, servers
from search import services, terms
from search.engines import PEOPLE, POSTS, engine_of
from search.models import Rebuild
from users.models import User

CHUNK = 500

Progress = Callable[[int], object]  # told how many more are done


def aliases() -> list[str]:
    return [*servers(AUTH), *servers(CONTENT)]


def never_built() -> list[str]:
    built = set(Rebuild.objects.exclude(finished_at=None).values_list("alias", flat=True))
    return [alias for alias in aliases() if alias not in built]


def count(alias: str, after: int) -> int:
    model = User if alias in servers(AUTH) else Post
    return model.objects.using(alias).filter(id__gt=after).count()


def resumed_at(alias: str) -> int:
    """The last id that an earlier run did; 0 when it finished, or there was none."""
    row = Rebuild.objects.filter(alias=alias, finished_at=None).first()
    return row.after if row else 0


def rebuild(alias: str, progress: Progress) -> None:
    """One server's index. Goes on where a run that was stopped left off."""
    people = alias in servers(AUTH)
    model = User if people else Post
    after = resumed_at(alias)
    Rebuild.objects.update_or_create(alias=alias, defaults={"after": after, "finished_at": None})
    for chunk in _chunks(model, alias, after):
        services.index_people(chunk) if people else services.index_posts(chunk)
        Rebuild.objects.filter(alias=alias).update(after=chunk[-1])
        progress(len(chunk))
    _remove_strays(alias, PEOPLE if people else POSTS, model)
    connection = connections[alias]
    if not people:
        with transaction.atomic(using=alias):
            terms.recount(connection)
    if connection.vendor == "postgresql":  # the planner must know how frequent a lexeme is
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {PEOPLE if people else POSTS}")
    Rebuild.objects.filter(alias=alias).update(finished_at=timezone.now())


def _chunks(model: type[User] | type[Post], alias: str, after: int) -> Iterator[list[int]]:
    while True:
        rows = model.objects.using(alias).filter(id__gt=after).order_by("id")
        chunk = list(rows.values_list("id", flat=True)[:CHUNK])
        if not chunk:
            return
        yield chunk
        after = chunk[-1]


def _remove_strays(alias: str, table: str, model: type[User] | type[Post]) -> None:
    """Documents of what does not exist."""
    connection = connections[alias]
    engine = engine_of(connection)
    after = 0
    while chunk := engine.ids(connection, table, after, CHUNK):
        there = set(model.objects.using(alias).filter(id__in=chunk).values_list("id", flat=True))
        engine.remove(connection, table, [id for id in chunk if id not in there])
        after = chunk[-1]
