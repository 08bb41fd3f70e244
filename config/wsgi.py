import os
from typing import Any

from django.core.wsgi import get_wsgi_application

from config.app_sets import active_sets
from photoapp import redis_roles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application: Any = get_wsgi_application()
if "feed" in active_sets():
    from feeds.front import front_door  # after Django is set up

    application = front_door(application)

redis_roles.warn_at_start()
