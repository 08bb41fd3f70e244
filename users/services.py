"""Writes: members, follows, blocks. Each follow and each block has one truth and one mirror.

The truth is a row on the shard of the member who acts; its mirror on the other member's shard is written by an
outbox handler that reads the truth inside a lock on the pair (users/receivers.py). So both sides arrive exactly
once, in whatever order and however often the handlers run.
"""

from typing import Any

from django.contrib.auth.models import update_last_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from knox.models import AuthToken

from photoapp import outbox
from photoapp.ids import new_id_beside
from photoapp.replicas import withdraws
from photoapp.shards import AUTH, FRIENDS, alias_for
from photoapp.transactions import lock
from users.models import Block, BlockedBy, FollowCount, Following, User

FACE_FIELDS = {"display_name", "bio", "year_of_birth", "is_private", "username", "avatar", "is_active"}
PREFERENCE_FIELDS = {"approve_tags", "remind_alt", "theme", "language"}
PROFILE_FIELDS = FACE_FIELDS | PREFERENCE_FIELDS


class Refused(PermissionDenied):
    """Members may not do this to each other (blocked, or to oneself). The message may be shown."""


def pair_lock(using: str, follower_id: int, followee_id: int) -> None:
    lock(using, "follow", follower_id, followee_id)


def follow(*, follower: User, followee: User) -> str:
    """Follows, or asks a private account. Twice is the same as once. Returns "accepted" or "requested"."""
    if follower.id == followee.id:
        raise Refused(_("You cannot follow yourself."))
    using = alias_for(FRIENDS, follower.id)
    with transaction.atomic(using=using):
        pair_lock(using, follower.id, followee.id)
        refuse_blocked(follower.id, followee.id, using)
        row, created = Following.objects.using(using).get_or_create(
            follower_id=follower.id,
            followee_id=followee.id,
            defaults={"accepted": not followee.is_private, "position": new_id_beside(follower.id)},
        )
        if created:
            if row.accepted:
                FollowCount.add(follower.id, using=using, following=1)
            emit_follow_changed(follower.id, followee.id)
    return "accepted" if row.accepted else "requested"


def refuse_blocked(one_id: int, other_id: int, using: str) -> None:
    """Raises Refused when either has blocked the other; `using` is the server of `one`."""
    blocks = Block.objects.using(using).filter(blocker_id=one_id, blocked_id=other_id)
    if blocks.exists():
        raise Refused(_("You have blocked this member. Unblock them first."))
    if BlockedBy.objects.using(using).filter(blocked_id=one_id, blocker_id=other_id).exists():
        raise Refused(_("You cannot follow this member."))


def unfollow(*, follower: User, followee: User) -> None:
    """Ends a follow or withdraws a request."""
    end_follow(follower.id, followee.id)


def remove_follower(*, owner: User, follower: User) -> None:
    """The owner of an account ends somebody's follow, or declines their request."""
    end_follow(follower.id, owner.id)


def end_follow(follower_id: int, followee_id: int) -> None:
    using = alias_for(FRIENDS, follower_id)
    with transaction.atomic(using=using):
        pair_lock(using, follower_id, followee_id)
        if delete_following(follower_id, followee_id, using):
            emit_follow_changed(follower_id, followee_id)


def delete_following(follower_id: int, followee_id: int, using: str) -> bool:
    """Inside a transaction that holds the pair's lock."""
    withdraws()
    row = Following.objects.using(using).filter(follower_id=follower_id, followee_id=followee_id).first()
    if row is None:
        return False
    Following.objects.using(using).filter(follower_id=follower_id, followee_id=followee_id).delete()
    if row.accepted:
        FollowCount.add(follower_id, using=using, following=-1)
    return True


def accept_request(*, owner: User, follower_id: int) -> None:
    """The owner of a private account lets somebody follow."""
    using = alias_for(FRIENDS, follower_id)
    with transaction.atomic(using=using):
        pair_lock(using, follower_id, owner.id)
        asked = Following.objects.using(using).filter(follower_id=follower_id, followee_id=owner.id, accepted=False)
        if asked.update(accepted=True):
            FollowCount.add(follower_id, using=using, following=1)
            emit_follow_changed(follower_id, owner.id)


def mute(*, follower: User, followee: User, muted: bool = True) -> None:
    """Keeps a followed member's posts out of the follower's feed, or lets them in again. They are not told.

    Twice is the same as once. Raises Refused where there is no follow.
    """
    using = alias_for(FRIENDS, follower.id)
    with transaction.atomic(using=using):
        pair_lock(using, follower.id, followee.id)
        follow = Following.objects.using(using).filter(follower_id=follower.id, followee_id=followee.id, accepted=True)
        if muted and not follow.exists():
            raise Refused(_("You can mute only members whom you follow."))
        if follow.exclude(muted=muted).update(muted=muted):
            emit_follow_changed(follower.id, followee.id)


def emit_follow_changed(follower_id: int, followee_id: int) -> None:
    outbox.emit(
        "follow.changed",
        group=FRIENDS,
        owner_id=follower_id,
        follower_id=follower_id,
        followee_id=followee_id,
    )


def block(*, blocker: User, blocked: User) -> None:
    """Blocks, and ends follows both ways: one's own here, the other's with the mirror."""
    if blocker.id == blocked.id:
        raise Refused(_("You cannot block yourself."))
    using = alias_for(FRIENDS, blocker.id)
    with transaction.atomic(using=using):
        pair_lock(using, blocker.id, blocked.id)
        _row, created = Block.objects.using(using).get_or_create(
            blocker_id=blocker.id, blocked_id=blocked.id, defaults={"position": new_id_beside(blocker.id)}
        )
        if delete_following(blocker.id, blocked.id, using):
            emit_follow_changed(blocker.id, blocked.id)
        if created:
            _emit_block_changed(blocker.id, blocked.id)


def unblock(*, blocker: User, blocked: User) -> None:
    using = alias_for(FRIENDS, blocker.id)
    with transaction.atomic(using=using):
        if Block.objects.using(using).filter(blocker_id=blocker.id, blocked_id=blocked.id).delete()[0]:
            _emit_block_changed(blocker.id, blocked.id)


def _emit_block_changed(blocker_id: int, blocked_id: int) -> None:
    withdraws()
    outbox.emit("block.changed", group=FRIENDS, owner_id=blocker_id, blocker_id=blocker_id, blocked_id=blocked_id)


def update_profile(*, user: User, **changes: Any) -> User:
    """Changes fields of PROFILE_FIELDS. Raises ValidationError by field."""
    unknown = set(changes) - PROFILE_FIELDS
    if unknown:
        raise ValidationError(dict.fromkeys(sorted(unknown), "This cannot be changed here."))
    if "username" in changes:
        changes["username"] = changes["username"].lower()
    for name, value in changes.items():
        setattr(user, name, value)
    user.clean_fields(exclude=[field.name for field in user._meta.fields if field.name not in changes])
    try:
        with transaction.atomic(using="default"):
            user.save(using="default", update_fields=list(changes))
            emit_user_changed(user.id)
    except IntegrityError as error:
        raise ValidationError({"username": "This user name is taken."}) from error
    return user


def emit_user_changed(user_id: int) -> None:
    """Inside a transaction on `default`. Who keeps a copy of a member's public face renews it."""
    withdraws()
    outbox.emit("user.changed", group=AUTH, owner_id=user_id, user_id=user_id)


def issue_token(*, user: User) -> str:
    """A new token of the API, which is stored as a hash alone."""
    _row, token = AuthToken.objects.create(user)
    update_last_login(User, user)
    return token


def revoke_token(*, user: User, token_key: str) -> None:
    withdraws()
    if "\0" not in token_key:  # PostgreSQL takes no such text, not even in a question
        AuthToken.objects.filter(user=user, token_key=token_key).delete()


def revoke_tokens(*, user: User) -> None:
    withdraws()
    AuthToken.objects.filter(user=user).delete()
