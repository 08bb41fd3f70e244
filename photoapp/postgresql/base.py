"""Django's PostgreSQL backend, with a health check that costs no round trip.

A connection whose server went away has something to read: the end of the stream. Only then is the server asked.
"""

import select
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from photoapp import replicas


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.alias in settings.FOLLOWERS:
            self.execute_wrappers.append(replicas.note_write)

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()
