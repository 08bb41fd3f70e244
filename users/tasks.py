from celery import shared_task

from users import deletion


@shared_task(name="users.sweep_deletions")
def sweep_deletions() -> int:
    """Has accounts erased that were deleted, and not taken back in time."""
    return deletion.sweep()
