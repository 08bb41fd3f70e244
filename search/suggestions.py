"""Friends of friends: who is followed by several of those whom a member follows. Computed ahead of time."""

from collections import Counter
from collections.abc import Iterator

from django.db import transaction

from photoapp.shards import FRIENDS, alias_for
from search.models import Suggestion
from users.models import Following
from users.selectors import relations, users_by_ids

FRIENDS_ASKED = 50  # the last whom the member followed
OF_EACH = 100  # the last whom each of these followed
KEPT = 30


def compute(user_id: int) -> int:
    """Writes a member's suggestions anew; returns how many. One query for each of FRIENDS_ASKED, three more."""
    friends = list(_followed(user_id, FRIENDS_ASKED))
    shared: Counter[int] = Counter()
    through: dict[int, int] = {}
    for friend_id in friends:
        for other_id in _followed(friend_id, OF_EACH):
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


def _followed(user_id: int, limit: int) -> Iterator[int]:
    rows = Following.objects.for_owner(user_id).filter(accepted=True).order_by("-position")
    return iter(rows.values_list("followee_id", flat=True)[:limit])


def forget(user_id: int) -> None:
    Suggestion.objects.for_owner(user_id).delete()
