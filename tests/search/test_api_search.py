import pytest
from rest_framework.throttling import ScopedRateThrottle

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


@pytest.mark.parametrize("kind", ["posts", "tags", "places", "people"])
@pytest.mark.parametrize("query", ["\x01\x02", "from: # @", "مرحبا", "北京", "🌊🌊", "a:b & c | !d"])
def test_odd_queries_get_an_answer_or_a_clear_refusal(alice: User, kind: str, query: str) -> None:
    answer = api_of().get("search/", {"q": query, "type": kind})
    assert answer.status_code in (200, 400)
    assert answer.json()["results"] == [] if answer.status_code == 200 else "q" in answer.json()


@pytest.mark.parametrize(
    ("path", "scope"), [("search/", "search"), ("discover/", "search"), ("search/offers/", "offers")]
)
def test_who_asks_too_often_is_asked_to_wait(
    alice: User, monkeypatch: pytest.MonkeyPatch, path: str, scope: str
) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, scope, "2/min")
    codes = [api_of().get(path, {"q": "al"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
