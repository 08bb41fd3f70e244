import json
import socket
import time

import redis
from celery import shared_task
from django.conf import settings

ANSWER_SECONDS = 60


@shared_task(name="config.answer_doctor")
def answer_doctor(key: str) -> None:
    """Tells `manage.py doctor` that a worker is there, and what time it has."""
    answer = json.dumps({"worker": socket.gethostname(), "time": time.time()})
    redis.Redis.from_url(settings.FEEDS_URL, socket_timeout=3).set(key, answer, ex=ANSWER_SECONDS)
