from celery import shared_task

from photoapp import outbox


@shared_task(name="photoapp.deliver_outbox_rows")
def deliver_outbox_rows(group: str, row_ids: list[int]) -> None:
    outbox.deliver_all(group, row_ids)


@shared_task(name="photoapp.sweep_outbox")
def sweep_outbox() -> int:
    return outbox.sweep()
