"""olivia operates the site (a superuser); mike moderates it (staff with rights on posts and comments alone)."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission
from django.db import connections
from django.test import Client

from tests import people
from tests.parts.process import free_port
from users.models import User


@pytest.fixture
def olivia(db: None) -> User:
    return people.make_user("olivia", shard=300, is_staff=True, is_superuser=True)


@pytest.fixture
def mike(db: None) -> User:
    mike = people.make_user("mike", shard=301, is_staff=True)
    rights = [f"{act}_{model}" for act in ("view", "change", "delete") for model in ("post", "comment")]
    mike.user_permissions.set(Permission.objects.filter(codename__in=rights, content_type__app_label="media"))
    return mike


@pytest.fixture
def admin_client(olivia: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(olivia)


@contextmanager
def server_down(alias: str) -> Generator[None, None, None]:
    """What a dead server looks like: nothing listens on its port, or its file cannot be opened."""
    connection = connections[alias]
    connection.close()
    settings = dict(connection.settings_dict)
    if connection.vendor == "postgresql":
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(free_port()))
    else:
        connection.settings_dict.update(NAME="/nowhere/at/all.sqlite3")
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(settings)
