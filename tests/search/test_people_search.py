"""Finding people by the beginning of their names."""

from collections.abc import Callable

import pytest
from django.test import Client

from photoapp import outbox
from tests.people import make_user
from users import deletion, services
from users.models import User

pytestmark = pytest.mark.django_db


def found(client: Client, query: str) -> list[str]:
    answer = client.get("/search/", {"q": query})
    assert answer.status_code == 200
    return [person.username for person in answer.context["people"]]


@pytest.fixture
def members(alice: User, charlie: User) -> None:
    make_user("alina", display_name="Zoë Field")
    outbox.drain()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("al", ["alice", "alina"]),
        ("ALI", ["alice", "alina"]),
        ("@alice", ["alice"]),
        ("field", ["alina"]),
        ("zoe", ["alina"]),
        ("fie zo", ["alina"]),
        ("alcie", ["alice"]),
        ("alise", ["alice"]),
        ("alic", ["alice"]),
        ("allice", ["alice"]),
        ("alxxe", []),
        ("feild zoe", ["alina"]),
        ("charlie", ["charlie"]),
        ("алиса", []),
        ("zzz", []),
        ("", []),
        ("  ", []),
        ("%", []),
        ("a" * 500, []),
        ("\0", []),
    ],
)
def test_by_user_name_and_by_name(members: None, query: str, expected: list[str]) -> None:
    assert found(Client(), query) == expected


def test_deleted_members_are_not_found(alice: User) -> None:
    deletion.delete_account(user=alice)
    assert found(Client(), "alice") == []


def test_who_blocked_the_viewer_is_not_found(client_of: Callable[[User], Client], alice: User, charlie: User) -> None:
    services.block(blocker=alice, blocked=charlie)
    assert found(client_of(charlie), "alice") == []
    assert found(client_of(alice), "charlie") == ["charlie"]


def test_what_was_typed_is_escaped(db: None) -> None:
    text = Client().get("/search/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in text


def test_a_form_without_javascript(db: None) -> None:
    text = Client().get("/search/").content.decode()
    assert '<form class="search" action="/search/"' in text
    assert Client().post("/search/").status_code in (403, 405)
