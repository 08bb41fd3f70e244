import os
from typing import Any

from django.core.wsgi import get_wsgi_application

from config.app_sets import active_sets
from photoapp import redis_roles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application: Any = get_wsgi_application()

from photoapp import outbox  # noqa: E402  (after Django is set up)

if "feed" in active_sets():
    from feeds.front import front_door

    application = front_door(application)

outbox.owed.tries = True
redis_roles.warn_at_start()
