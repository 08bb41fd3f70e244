"""A Redis of a test's own, whose settings may be changed without others noticing."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from tests.parts.process import free_port
from tests.parts.redis import Redis


@contextmanager
def redis_server(directory: Path, **config: str) -> Generator[Any, None, None]:
    """A client of it; `config` with underscores for dashes."""
    place = directory / f"redis-{free_port()}"
    place.mkdir()
    server = Redis(int(place.name.removeprefix("redis-")), place)
    server.start()
    try:
        client = redis.Redis.from_url(f"{server.url}/0", protocol=2)
        for name, value in config.items():
            client.config_set(name.replace("_", "-"), value)
        yield client
    finally:
        server.stop()


def url_of(client: Any, database: int = 0) -> str:
    return f"redis://127.0.0.1:{client.connection_pool.connection_kwargs['port']}/{database}"
