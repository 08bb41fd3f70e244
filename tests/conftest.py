import os
from collections.abc import Callable

import hypothesis
import pytest
from django.test import Client

from photoapp import outbox
from tests import people
from users.models import User

# New histories are drawn wherever people run the tests. CI asks whether a change broke something, and draws the same
# ones for every change.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.fixture(autouse=True)
def failed_rows_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the test to deliver them: this process is no web process, although it may have loaded its application."""
    monkeypatch.setattr(outbox.owed, "tries", False)


@pytest.fixture
def alice(db: None) -> User:
    return people.make_user("alice", shard=10)


@pytest.fixture
def bob(alice: User) -> User:
    """Follows alice; lives on another server of every group."""
    bob = people.make_user("bob", shard=1000)
    people.follow(bob, alice)
    outbox.drain()
    return bob


@pytest.fixture
def charlie(db: None) -> User:
    return people.make_user("charlie", shard=600)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser's client, logged in; its requests come from the site's own pages."""

    def log_in(user: User) -> Client:
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in
