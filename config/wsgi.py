"""What web processes serve: Django, behind what refuses more than can be done, behind the front door of the feed, whose
answers cost too little to be refused. What comes too late for an answer is refused before all of it."""

import os
import time
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.app_sets import active_sets
from config.warm_up import settle_memory, warm_up
from photoapp import draining, overload, redis_roles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
THREADS = int(os.environ.get("GRANIAN_BLOCKING_THREADS", 32))

application: Any = get_wsgi_application()
overload.bound_queries(settings.DATABASES)
application = overload.in_turn(application, threads=THREADS, only_uploads=active_sets() == ["upload"])

if "feed" in active_sets():
    from feeds import proxy_front
    from feeds.front import front_door

    application = front_door(application)
    if settings.TRUSTED_PROXIES:
        proxy_front.tell_for_ever()
warm_up()
settle_memory()
draining.listen()
application = overload.on_time(application, began=time.time())

from photoapp import outbox  # noqa: E402  (after Django is set up)

outbox.owed.tries = True
redis_roles.warn_at_start()
