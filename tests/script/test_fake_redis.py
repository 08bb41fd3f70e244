"""The Redis of the embedded default: where it is used, clients know nothing of it."""

from collections.abc import Generator
from pathlib import Path

import pytest
import redis
from redis.exceptions import NoScriptError, ResponseError

from tests.parts.process import free_port
from tests.parts.redis import Redis

EVALSHA = ("EVALSHA", "0" * 40, 0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Redis, None, None]:
    server = Redis(free_port(), tmp_path_factory.mktemp("redis"), fake=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: Redis) -> Generator[redis.Redis, None, None]:
    """Over one connection, which is not made anew unseen."""
    with redis.Redis(port=server.port, single_connection_client=True, socket_timeout=5) as client:
        yield client


def test_an_error_is_an_answer_after_which_it_goes_on(client: redis.Redis) -> None:
    connection = client.client_id()
    for wrong, error in ((EVALSHA, NoScriptError), (("NO", "SUCH"), ResponseError), (("LPUSH", "a"), ResponseError)):
        with pytest.raises(error):
            client.execute_command(*wrong)
    client.set("text", "x")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        client.lpush("text", "y")
    assert client.get("text") == b"x" and client.client_id() == connection


def test_what_was_sent_behind_an_error_is_answered(client: redis.Redis) -> None:
    with client.pipeline(transaction=False) as pipe:
        pipe.execute_command(*EVALSHA)
        pipe.set("after", "x").get("after")
        refused, *others = pipe.execute(raise_on_error=False)
    assert isinstance(refused, NoScriptError) and others == [True, b"x"]


def test_a_transaction_that_fails_leaves_the_connection_as_it_was(client: redis.Redis) -> None:
    with pytest.raises(ResponseError), client.pipeline() as pipe:
        pipe.execute_command("NO", "SUCH")
        pipe.set("never", "x")
        pipe.execute()
    assert client.get("never") is None


def test_it_ends_when_asked(tmp_path: Path) -> None:
    server = Redis(free_port(), tmp_path, fake=True)
    server.start()
    server.stop()
    with pytest.raises(redis.ConnectionError):
        redis.Redis(port=server.port).ping()
