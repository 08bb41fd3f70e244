"""The Celery application; its settings are the CELERY_… names of config.settings."""

import os
from contextlib import ExitStack
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, task_postrun, task_prerun, worker_process_init, worker_ready
from django.conf import settings
from django.db import close_old_connections, connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("photoapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def drop_dead_connections(**kwargs: Any) -> None:
    """Connections live across tasks (a new one costs more than most tasks); broken ones are found here."""
    close_old_connections()


_running = ExitStack()


@before_task_publish.connect
def send_position(headers: dict[str, Any], **kwargs: Any) -> None:
    """A task that reads from followers sees what its sender had written."""
    if settings.FOLLOWERS:
        from photoapp import replicas  # after Django is set up

        headers["positions"] = replicas.to_send()


@task_prerun.connect
def take_position(task: Any, **kwargs: Any) -> None:
    if settings.FOLLOWERS:
        from photoapp import replicas

        _running.enter_context(replicas.task(getattr(task.request, "positions", None) or {}))


@task_postrun.connect
def keep_position(**kwargs: Any) -> None:
    _running.close()


@worker_process_init.connect
def forget_parents_connections(**kwargs: Any) -> None:
    """A connection opened before the fork belongs to the parent's backend process."""
    connections.close_all()


@worker_ready.connect
def look_at_redis(**kwargs: Any) -> None:
    """In the worker's main process, which runs no tasks."""
    from photoapp import cache_evictions, redis_roles  # after Django is set up

    redis_roles.warn_at_start()
    cache_evictions.start_listening()
