"""Reads of the members and of how they relate."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, ExpressionWrapper, F, Q, Value
from knox.models import AuthToken

from photoapp.ids import MAX_ID
from photoapp.pagination import Page, keyset_page
from photoapp.prepared import Prepared
from photoapp.remember import remember
from photoapp.replicas import reading_alias
from photoapp.shards import FRIENDS
from users.models import Block, BlockedBy, FollowCount, Follower, Following, User

LIST_SIZE = 30
PEOPLE = "people"  # the generation of what is found among all members: another one when somebody leaves
ID_CHUNK = 1000

Viewer = User | AnonymousUser


@dataclass(frozen=True)
class Relation:
    """How a viewer stands to a member. For a visitor who is not logged in, everything is False."""

    is_self: bool = False
    follows: bool = False
    requested: bool = False
    muted: bool = False
    blocks: bool = False
    blocked_by: bool = False


STRANGER = Relation()


def active_user(username: str) -> User | None:
    if "\0" in username:  # PostgreSQL takes no such text, not even in a question
        return None
    return User.objects.filter(username=username.lower(), is_active=True).first()


def known_id(username: str) -> int | None:
    """The id of an active member; None where there is none. No query when it is remembered, which may be for a few
    minutes after the member took another name."""

    def compute() -> int:
        user = active_user(username)
        if user is None:
            raise User.DoesNotExist
        return user.id

    try:
        return remember(f"name:{username.lower()}", compute, ttl=60)
    except User.DoesNotExist:
        return None


def visible_member(viewer: Viewer, username: str) -> tuple[User, Relation] | None:
    """An active member and how the viewer stands to them; None if they blocked the viewer. Two queries."""
    member = active_user(username)
    if member is None:
        return None
    known = relation(viewer, member.id)
    if known.blocked_by and not getattr(viewer, "is_staff", False):
        return None
    return member, known


def users_by_ids(ids: Iterable[int]) -> dict[int, User]:
    """Active members by id; one query."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {user.id: user for user in User.objects.filter(id__in=wanted, is_active=True)}


def users_by_names(names: Iterable[str]) -> dict[str, User]:
    wanted = {name.lower() for name in names if "\0" not in name}
    if not wanted:
        return {}
    return {user.username: user for user in User.objects.filter(username__in=wanted, is_active=True)}


def relation(viewer: Viewer, other_id: int) -> Relation:
    """One query on the viewer's own shard."""
    if viewer.id is None:
        return STRANGER
    if viewer.id == other_id:
        return Relation(is_self=True)
    return relations(viewer.id, [other_id]).get(other_id, STRANGER)


def _related(alias: str, viewer_id: int, other_ids: Iterable[int]) -> Any:
    """Rows (id of the other, accepted, muted, kind)."""

    def rows(model: Any, mine: str, other: str, accepted: Any, muted: Any, kind: str) -> Any:
        found = model.objects.using(alias).filter(**{mine: viewer_id, f"{other}__in": other_ids}).order_by()
        return found.values_list(F(other), accepted, muted, Value(kind))

    yes, no = (ExpressionWrapper(Value(value), output_field=BooleanField()) for value in (True, False))
    return rows(Following, "follower_id", "followee_id", F("accepted"), F("muted"), "follow").union(
        rows(Block, "blocker_id", "blocked_id", yes, no, "block"),
        rows(BlockedBy, "blocked_id", "blocker_id", yes, no, "blocked_by"),
        all=True,
    )


_relations = Prepared(_related)


def relations(viewer_id: int, other_ids: Iterable[int]) -> dict[int, Relation]:
    """How a member stands to others: those with any relation, by id. One query on the member's own shard."""
    query = _relations.rows(reading_alias(FRIENDS, viewer_id), viewer_id, list(other_ids))
    kinds: dict[int, dict[str, bool]] = {}
    for other_id, accepted, muted, kind in query:
        kinds.setdefault(other_id, {})[kind] = bool(accepted)
        if muted:
            kinds[other_id]["muted"] = True
    return {
        other_id: Relation(
            is_self=False,
            follows=found.get("follow") is True,
            requested=found.get("follow") is False,
            muted="muted" in found,
            blocks="block" in found,
            blocked_by="blocked_by" in found,
        )
        for other_id, found in kinds.items()
    }


_heard = Prepared(
    lambda alias, follower_id, followee_ids: (
        Following.objects.using(alias)
        .filter(follower_id=follower_id, accepted=True, muted=False, followee_id__in=followee_ids)
        .values_list("followee_id", flat=True)
    )
)


def heard_among(follower_id: int, followee_ids: Iterable[int]) -> set[int]:
    """Which of these members the follower follows now and has not muted. One query on the follower's shard."""
    return set(_heard.rows(reading_alias(FRIENDS, follower_id), follower_id, list(set(followee_ids))))


def heard_ids(follower_id: int) -> list[int]:
    """Everybody whom a member follows (accepted) and has not muted."""
    heard = Following.objects.for_owner(follower_id).filter(accepted=True, muted=False)
    return list(heard.values_list("followee_id", flat=True))


def follower_id_chunks(followee_id: int, size: int = ID_CHUNK, *, heard: bool = False) -> Iterator[list[int]]:
    """All accepted followers, in chunks, by keyset: memory and locks stay small however many there are. `heard`:
    without those who muted the member."""
    after = 0
    while True:
        rows = _follower_ids(followee_id, heard).filter(follower_id__gt=after)
        chunk = list(rows[:size])
        if chunk:
            yield chunk
        if len(chunk) < size:
            return
        after = chunk[-1]


def follower_id_ranges(followee_id: int, size: int) -> list[tuple[int, int]]:
    """The first and the last id of ranges that hold `size` followers who hear the member, the last one fewer. The ids
    in between stay in the database."""
    rows, starts = _follower_ids(followee_id, heard=True), [1]
    while following := list(rows.filter(follower_id__gte=starts[-1])[size : size + 1]):
        starts += following
    return [(first, after - 1) for first, after in pairwise([*starts, MAX_ID + 1])]


def follower_ids_between(followee_id: int, first: int, last: int) -> list[int]:
    """Those who hear the member, of a range of follower_id_ranges."""
    return list(_follower_ids(followee_id, heard=True).filter(follower_id__range=(first, last)))


def _follower_ids(followee_id: int, heard: bool) -> Any:
    rows = Follower.objects.for_owner(followee_id).filter(accepted=True)
    if heard:
        rows = rows.filter(muted=False)
    return rows.order_by("follower_id").values_list("follower_id", flat=True)


def follow_counts(user_id: int) -> dict[str, int]:
    """{"followers": n, "following": n}; one query."""
    return FollowCount.totals(user_id, "followers", "following")


def follower_count(user_id: int) -> int:
    return FollowCount.totals(user_id, "followers")["followers"]


def followers_page(user: User, cursor: str | None) -> Page[User]:
    rows = Follower.objects.for_owner(user.id).filter(accepted=True)
    return _people_page(rows, "follower_id", cursor, f"followers:{user.id}")


def following_page(user: User, cursor: str | None) -> Page[User]:
    rows = Following.objects.for_owner(user.id).filter(accepted=True)
    return _people_page(rows, "followee_id", cursor, f"following:{user.id}")


def requests_page(user: User, cursor: str | None) -> Page[User]:
    """Who asks to follow a private account."""
    rows = Follower.objects.for_owner(user.id).filter(accepted=False)
    return _people_page(rows, "follower_id", cursor, f"requests:{user.id}")


def blocks_page(user: User, cursor: str | None) -> Page[User]:
    return _people_page(Block.objects.for_owner(user.id), "blocked_id", cursor, f"blocks:{user.id}")


def muted_page(user: User, cursor: str | None) -> Page[User]:
    """Whose posts a member keeps out of the feed."""
    rows = Following.objects.for_owner(user.id).filter(accepted=True, muted=True)
    return _people_page(rows, "followee_id", cursor, f"muted:{user.id}")


def _people_page(rows: Any, field: str, cursor: str | None, surface: str) -> Page[User]:
    page = keyset_page(rows, key="position", cursor=cursor, surface=surface, size=LIST_SIZE)
    people = users_by_ids(getattr(row, field) for row in page.items)
    found = [people.get(getattr(row, field)) for row in page.items]
    return Page([person for person in found if person], page.next_cursor)


def with_relations(page: Page[User], viewer: Viewer) -> Page[User]:
    """The same people, each with `relation` (the viewer's to them), without those who blocked the viewer."""
    known = relations(viewer.id, [person.id for person in page.items]) if viewer.id is not None else {}
    for person in page.items:
        person.relation = known.get(person.id, STRANGER)  # type: ignore[attr-defined]
    return Page([person for person in page.items if not person.relation.blocked_by], page.next_cursor)  # type: ignore[attr-defined]


def api_tokens(user: User) -> list[AuthToken]:
    """With which programs use a member's account, newest first."""
    return list(AuthToken.objects.filter(user=user).order_by("-created"))


def request_count(user_id: int) -> int:
    return Follower.objects.for_owner(user_id).filter(accepted=False).count()


def suggested_people(viewer: Viewer, size: int = 6) -> list[User]:
    """Public members whom the viewer has no relation to: the newest, for an empty feed."""
    newest = (
        User.objects.filter(is_active=True, is_private=False).exclude(id=viewer.id or 0).order_by("-id")[: size * 4]
    )
    people = list(newest)
    known = relations(viewer.id, [person.id for person in people]) if viewer.id is not None else {}
    return [person for person in people if person.id not in known][:size]


def people_by_prefix(prefix: str, size: int = 20) -> list[User]:
    """Active members whose user name begins with, or whose display name contains, a text."""
    text = prefix.replace("\0", "").strip().lower().removeprefix("@")
    if not text:
        return []
    match = Q(username__startswith=text) | Q(display_name__icontains=text)
    return list(User.objects.filter(match, is_active=True).order_by("username")[:size])


def may_see(viewer: Viewer, owner: Any, relation: Relation) -> bool:
    """Whether a viewer may see what an owner posts. `owner` has id, is_private and is_active.

    Staff may, so that moderators can judge what was reported.
    """
    if relation.is_self:
        return True
    if not owner.is_active:
        return False
    if getattr(viewer, "is_staff", False):
        return True
    if relation.blocks or relation.blocked_by:
        return False
    return relation.follows or not owner.is_private
