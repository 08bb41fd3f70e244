import pytest

from tests.api import api_of
from users import services
from users.models import User

pytestmark = pytest.mark.django_db


def found(client, **parameters: str) -> list[str]:
    answer = client.get("search/", parameters)
    assert answer.status_code == 200
    assert answer.json()["next"] is None
    return [person["username"] for person in answer.json()["results"]]


def test_people_are_found_by_the_beginning_of_their_name(alice: User, charlie: User) -> None:
    assert found(api_of(), q="al", type="people") == ["alice"]
    assert found(api_of(), q="@ALICE") == ["alice"]
    assert found(api_of(), q="zz") == found(api_of(), q="") == found(api_of()) == []


def test_who_blocked_the_caller_is_not_found(alice: User, charlie: User) -> None:
    services.block(blocker=alice, blocked=charlie)
    assert found(api_of(charlie), q="alice") == []
    assert found(api_of(alice), q="charlie") == ["charlie"]


def test_accounts_that_ended_are_not_found(alice: User) -> None:
    User.objects.update(is_active=False)
    assert found(api_of(), q="alice") == []


def test_what_cannot_be_looked_for_is_said(alice: User) -> None:
    for parameters in ({"type": "planets"}, {"q": "\0"}, {"q": "x" * 101}):
        answer = api_of().get("search/", parameters)
        assert (answer.status_code, list(answer.json())) == (400, list(parameters))
