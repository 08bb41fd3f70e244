"""The end of an account: out of sight at once, erased after days in which it can be taken back.

    active --delete_account--> leaving (not active, delete_after) --sweep--> erased by the handlers of user.deleted
       ^-----restore_account------'                  erase_account, of the admin, goes there from anywhere

A suspended account is not active either, but has no `delete_after`: its owner cannot bring it back.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from photoapp import outbox
from photoapp.shards import AUTH
from users import services, sessions
from users.models import User

GRACE = timedelta(days=14)
SWEEP_BATCH = 1000
RESTORE_KEY = "restore"  # in the session of who has just proved that a leaving account is theirs


def delete_account(*, user: User, device: str = "") -> datetime:
    """Hides an account, logs it out everywhere and tells the member by mail. Returns when it will be erased."""
    until = timezone.now() + GRACE
    with transaction.atomic(using="default"):
        if User.objects.filter(id=user.id, is_active=True).update(is_active=False, delete_after=until):
            services.revoke_tokens(user=user)
            services.emit_user_changed(user.id)
            outbox.emit("user.leaving", group=AUTH, owner_id=user.id, user_id=user.id, device=device)
    sessions.end_all(user.id)
    user.is_active, user.delete_after = False, until
    return until


def is_restorable(user: User) -> bool:
    return not user.is_active and user.delete_after is not None and user.delete_after > timezone.now()


def restore_account(*, user: User) -> bool:
    """Takes a deletion back; False when it is too late, or when the account was not deleted by its owner."""
    leaving = User.objects.filter(id=user.id, is_active=False, delete_after__gt=timezone.now())
    with transaction.atomic(using="default"):
        if not leaving.update(is_active=True, delete_after=None):
            return False
        services.emit_user_changed(user.id)
    user.is_active, user.delete_after = True, None
    return True


def erase_account(*, user: User) -> None:
    """Ends an account for good, at once."""
    with transaction.atomic(using="default"):
        User.objects.filter(id=user.id).update(is_active=False, delete_after=None)
        services.revoke_tokens(user=user)
        services.emit_user_changed(user.id)
        emit_user_deleted(user.id)
    sessions.end_all(user.id)
    user.is_active, user.delete_after = False, None


def sweep(now: datetime | None = None) -> int:
    """Has the accounts erased whose time is over. Returns how many."""
    over = User.objects.using("default").filter(is_active=False, delete_after__lte=now or timezone.now())
    swept = 0
    for user_id in list(over.values_list("id", flat=True)[:SWEEP_BATCH]):
        with transaction.atomic(using="default"):
            if over.filter(id=user_id).update(delete_after=None):  # nobody else swept it, nor did it come back
                emit_user_deleted(user_id)
                swept += 1
    return swept


def emit_user_deleted(user_id: int) -> None:
    outbox.emit("user.deleted", group=AUTH, owner_id=user_id, user_id=user_id)
