from celery import shared_task

from photoapp import outbox


@shared_task(name="photoapp.deliver_outbox_row")
def deliver_outbox_row(group: str, row_id: int) -> None:
    outbox.deliver(group, row_id)


@shared_task(name="photoapp.sweep_outbox")
def sweep_outbox() -> int:
    return outbox.sweep()
