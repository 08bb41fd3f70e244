"""What the members' events cause on other shards. Each handler reads the truth anew, under the pair's lock."""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from photoapp.outbox import handles
from photoapp.remember import renew
from photoapp.replicas import withdraws
from photoapp.shards import FRIENDS, alias_for
from users import mails, requests, services, sessions
from users.models import Block, BlockedBy, FollowCount, Follower, Following, User
from users.selectors import ID_CHUNK, PEOPLE


@handles("follow.changed", name="users.mirror_follow", inline=True)
def mirror_follow(follower_id: int, followee_id: int) -> None:
    """Makes the followee's side equal to the follower's. The lock is held while the truth is read, so the run that
    comes last has seen the newest truth."""
    using = alias_for(FRIENDS, followee_id)
    with transaction.atomic(using=using):
        services.pair_lock(using, follower_id, followee_id)
        truth = Following.objects.for_owner(follower_id).filter(followee_id=followee_id).first()
        mine = Follower.objects.using(using).filter(followee_id=followee_id, follower_id=follower_id)
        mirror = mine.first()
        if truth is None:
            mine.delete()
        elif mirror is None:
            Follower.objects.create(
                followee_id=followee_id,
                follower_id=follower_id,
                accepted=truth.accepted,
                muted=truth.muted,
                position=truth.position,
            )
        else:
            mine.update(accepted=truth.accepted, muted=truth.muted)
        change = bool(truth and truth.accepted) - bool(mirror and mirror.accepted)
        if change:
            FollowCount.add(followee_id, using=using, followers=change)


@handles("block.changed", name="users.mirror_block", inline=True)
def mirror_block(blocker_id: int, blocked_id: int) -> None:
    """Makes the blocked member's side equal to the blocker's, and ends the blocked member's follow."""
    withdraws()
    using = alias_for(FRIENDS, blocked_id)
    with transaction.atomic(using=using):
        services.pair_lock(using, blocked_id, blocker_id)
        if not Block.objects.for_owner(blocker_id).filter(blocked_id=blocked_id).exists():
            BlockedBy.objects.using(using).filter(blocked_id=blocked_id, blocker_id=blocker_id).delete()
            return
        BlockedBy.objects.get_or_create(blocked_id=blocked_id, blocker_id=blocker_id)
        if services.delete_following(blocked_id, blocker_id, using):
            services.emit_follow_changed(blocked_id, blocker_id)


@handles("user.changed", name="users.accept_pending")
def accept_pending(user_id: int) -> None:
    """An account that goes public accepts who had asked."""
    user = User.objects.filter(id=user_id, is_private=False, is_active=True).first()
    if user is None:
        return
    while True:
        asked = Follower.objects.for_owner(user_id).filter(accepted=False)
        chunk = list(asked.values_list("follower_id", flat=True)[:ID_CHUNK])
        for follower_id in chunk:
            services.accept_request(owner=user, follower_id=follower_id)
            mirror_follow(follower_id, user_id)
        if len(chunk) < ID_CHUNK:
            return


@handles("user.changed", name="users.hide_who_left", inline=True)
def hide_who_left(user_id: int) -> None:
    """From what is remembered of searches."""
    if not User.objects.filter(id=user_id, is_active=True).exists():
        renew(PEOPLE)


@handles("user.deleted", name="users.erase_member")
def erase_member(user_id: int) -> None:
    """Ends every relation of a deleted member, then the member's row and with it e-mail addresses and tokens."""
    for followee_id in Following.objects.for_owner(user_id).values_list("followee_id", flat=True):
        services.end_follow(user_id, followee_id)
    for follower_id in Follower.objects.for_owner(user_id).values_list("follower_id", flat=True):
        services.end_follow(follower_id, user_id)
        mirror_follow(follower_id, user_id)
    for blocked_id in Block.objects.for_owner(user_id).values_list("blocked_id", flat=True):
        Block.objects.for_owner(user_id).filter(blocked_id=blocked_id).delete()
        mirror_block(user_id, blocked_id)
    for blocker_id in BlockedBy.objects.for_owner(user_id).values_list("blocker_id", flat=True):
        Block.objects.for_owner(blocker_id).filter(blocked_id=user_id).delete()
        mirror_block(blocker_id, user_id)
    FollowCount.objects.for_owner(user_id).delete()
    User.objects.filter(id=user_id, is_active=False).delete()


@handles("session.ended", name="users.bury_sessions", inline=True)
def bury_sessions(keys: list[str]) -> None:
    sessions.bury(keys)


@handles("user.leaving", name="users.mail_leaving")
def mail_leaving(user_id: int, device: str) -> None:
    """Says by when a deletion can be taken back, and how. Not to who has come back meanwhile."""
    user = User.objects.using("default").filter(id=user_id, is_active=False).exclude(delete_after=None).first()
    if user is not None:
        mails.send("users/email/account_leaving", user.email, {"device": device}, user)


@receiver(user_logged_in)
def session_begins(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is not None:
        agent, address = requests.client_of(request)
        sessions.begin(request.session, agent=agent, address=address)


@receiver(password_changed)
@receiver(password_reset)
@receiver(password_set)
def all_ends_with_the_password(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Tokens, and sessions but the one in which it was changed."""
    services.revoke_tokens(user=user)
    sessions.end_all(user.id, keep=request.session.session_key)
