from celery import shared_task

from media import services


@shared_task(name="media.sweep_uploads")
def sweep_uploads() -> int:
    """Removes reservations whose upload never came to an end, and photos that were never shared."""
    return services.sweep_uploads() + services.sweep_staged()


@shared_task(name="media.sweep_deleted")
def sweep_deleted() -> int:
    """Has deleted posts erased once they cannot be brought back any more."""
    return services.sweep_deleted()
