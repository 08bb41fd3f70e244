"""Friends of friends: who is followed by several of those whom a member follows. Computed ahead of time."""

from collections import Counter
from collections.abc import Iterable

from django.db import transaction

from photoapp.shards import FRIENDS, alias_for, by_server
from search.models import Suggestion
from users.models import Following
from users.selectors import relations, users_by_ids

FRIENDS_ASKED = 50  # the last whom the member followed
OF_EACH = 100  # follows of each of these, on average: the last
KEPT = 30


def compute(user_id: int) -> int:
    """Writes a member's suggestions anew; returns how many. One query on each friends server, four more."""
    friends = [followee_id for _, followee_id in _follows(alias_for(FRIENDS, user_id), [user_id], FRIENDS_ASKED)]
    shared: Counter[int] = Counter()
    through: dict[int, int] = {}
    for alias, here in by_server(FRIENDS, friends).items():
        for friend_id, other_id in _follows(alias, here, len(here) * OF_EACH):
            shared[other_id] += 1
            through.setdefault(other_id, friend_id)
    for known in (user_id, *friends):
        shared.pop(known, None)
    likely = [id for id, _ in shared.most_common(KEPT * 4)]
    related = relations(user_id, likely) if likely else {}
    people = users_by_ids(id for id in likely if id not in related)
    chosen = [id for id in likely if id in people and not people[id].is_private][:KEPT]
    using = alias_for(FRIENDS, user_id)
    rows = [Suggestion(user_id=user_id, suggested_id=id, friends=shared[id], friend_id=through[id]) for id in chosen]
    with transaction.atomic(using=using):
        Suggestion.objects.for_owner(user_id).delete()
        Suggestion.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _follows(alias: str, follower_ids: Iterable[int], limit: int) -> Iterable[tuple[int, int]]:
    """The last follows of these members: (follower, followee), newest first."""
    rows = Following.objects.using(alias).filter(follower_id__in=follower_ids, accepted=True).order_by("-position")
    return rows.values_list("follower_id", "followee_id")[:limit]


def forget(user_id: int) -> None:
    Suggestion.objects.for_owner(user_id).delete()
