"""Redis goes away and comes back with all that it had, as after a broken network: what was done meanwhile, and could
not be told to it, is told at once by the process that did it, without a worker."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import requests

from feeds.keys import page_key
from feeds.page_store import field_of
from media.models import Post
from tests.faults.test_withdrawals import logged_in, with_token
from tests.parts.process import free_port
from tests.parts.redis import Redis
from tests.parts.sites import WebProcess, eventually
from tests.people import live_posts
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.faults, pytest.mark.real("redis")]


class KeptRedis(Redis):
    @property
    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port)

    def leave(self) -> None:
        """With a dump, which it reads when it starts again."""
        self.client.save()
        self.stop()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptRedis]:
    tmp_path.chmod(0o755)
    server = KeptRedis(free_port(), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def processes(kept: KeptRedis) -> Iterator[list[WebProcess]]:
    started = [WebProcess(free_port()) for _ in range(2)]
    for process in started:
        process.restart(FEEDS_URL=f"{kept.url}/0", BROKER_URL=f"redis://127.0.0.1:{free_port()}/0")
    yield started
    for process in started:
        process.stop()


def unfollow(url: str, alice: User, bob: User, post: Post) -> requests.Response:
    return with_token(bob).delete(f"{url}/api/v1/users/alice/follow/", timeout=30)


def block(url: str, alice: User, bob: User, post: Post) -> requests.Response:
    return with_token(alice).put(f"{url}/api/v1/users/bob/block/", timeout=30)


def delete(url: str, alice: User, bob: User, post: Post) -> requests.Response:
    return with_token(alice).delete(f"{url}/api/v1/posts/{post.id}/", timeout=30)


@pytest.mark.parametrize("act", [unfollow, block, delete])
def test_what_was_done_while_redis_was_away_shows_when_it_is_back(
    alice: User,
    bob: User,
    charlie: User,
    kept: KeptRedis,
    processes: list[WebProcess],
    act: Callable[..., requests.Response],
) -> None:
    posts = live_posts(alice, [f"Older {number}" for number in range(7)])
    card = f'data-post="{posts[-1].get_absolute_url().split("/")[2]}"'
    browser, other = logged_in(bob), logged_in(charlie)

    def sees(process: WebProcess) -> bool:
        answer = browser.get(f"{process.url}/feed/", timeout=30)
        assert answer.status_code == 200
        return card in answer.text

    def shows_stored_pages(process: WebProcess) -> bool:
        stored = b"9999999999999 1\n" + gzip.compress(b"as it is stored")
        kept.client.hset(page_key(charlie.id), field_of("en"), stored)
        return other.get(f"{process.url}/feed/", timeout=30).text == "as it is stored"

    assert all(sees(process) for process in processes)
    assert kept.client.exists(page_key(bob.id))
    kept.leave()
    answer = act(processes[0].url, alice, bob, posts[-1])
    assert answer.ok, answer.text
    assert not any(sees(process) for process in processes), "the databases say it"
    kept.start()
    for process in processes:
        eventually(lambda process=process: shows_stored_pages(process))  # type: ignore[misc]
    eventually(lambda: not any(sees(process) for process in processes), seconds=20)
