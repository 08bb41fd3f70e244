from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.test import override_settings

from feeds import store
from photoapp import redis_clients
from photoapp.redis_clients import FEEDS
from tests.parts.process import free_port


@pytest.fixture
def feeds_away() -> Callable[[], AbstractContextManager[None]]:
    """`with feeds_away():` nothing listens where Redis kept the feeds; afterwards it is there again."""

    @contextmanager
    def away() -> Generator[None, None, None]:
        try:
            with override_settings(FEEDS_URL=f"redis://127.0.0.1:{free_port()}/0"):
                begin_anew()
                yield
        finally:
            begin_anew()

    return away


def begin_anew() -> None:
    """With clients of the present settings, and a closed circuit."""
    redis_clients._client.cache_clear()
    store.script.cache_clear()
    redis_clients._breakers[FEEDS] = redis_clients.Breaker()
