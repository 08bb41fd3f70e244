"""The settings: the profile's fields, and the end of an account."""

from collections.abc import Callable

import pytest
from django.test import Client
from knox.models import AuthToken

from photoapp import outbox
from tests import people
from users import selectors, services
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def form(user: User, **changes: object) -> dict[str, object]:
    return {"username": user.username, "display_name": user.display_name, "bio": user.bio, **changes}


def test_the_profile_is_changed(client_of: ClientOf, alice: User) -> None:
    words = form(alice, display_name="Alice W.", bio="By the lake", year_of_birth=1985, is_private="on")
    answer = client_of(alice).post("/settings/", words)
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    alice.refresh_from_db()
    assert (alice.display_name, alice.bio, alice.year_of_birth, alice.is_private) == (
        "Alice W.",
        "By the lake",
        1985,
        True,
    )


def test_a_new_name_moves_the_profile(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    client.post("/settings/", form(alice, username="Alice.W"))
    assert client.get("/u/alice.w/").status_code == 200
    assert client.get("/u/alice/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("username", "charlie", "This user name is taken."),
        ("username", "a b", "Use 3 to 30"),
        ("username", "", "required"),
        ("bio", "x" * 501, "at most 500 characters"),
        ("year_of_birth", "1234", "Enter the year"),
    ],
)
def test_refusals_are_at_their_field(
    client_of: ClientOf, alice: User, charlie: User, field: str, value: str, message: str
) -> None:
    answer = client_of(alice).post("/settings/", form(alice, **{field: value}))
    assert answer.status_code == 400
    assert message in str(answer.context["form"].errors[field])
    # The frame still shows who is logged in, not what was refused.
    assert '<a href="/u/alice/"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.username == "alice"


def test_a_name_that_is_taken_meanwhile(client_of: ClientOf, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    update = services.update_profile

    def too_late(**changes: object) -> User:
        people.make_user("quick")
        return update(**changes)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "update_profile", too_late)
    answer = client_of(alice).post("/settings/", form(alice, username="quick"))
    assert answer.status_code == 400
    assert "This user name is taken." in answer.content.decode()


def test_going_public_accepts_who_waited(client_of: ClientOf, alice: User, charlie: User) -> None:
    services.update_profile(user=alice, is_private=True)
    people.follow(charlie, alice)
    assert "badge--good" in client_of(alice).get("/settings/").content.decode()
    client_of(alice).post("/settings/", form(alice))
    outbox.drain()
    assert selectors.relation(charlie, alice.id).follows


def test_deleting_needs_the_password(client_of: ClientOf, alice: User) -> None:
    answer = client_of(alice).post("/settings/delete/", {"password": "wrong"})
    assert answer.status_code == 400
    assert "This is not your password." in answer.content.decode()
    assert User.objects.filter(username="alice", is_active=True).exists()


def test_guessing_the_password_is_slowed_down(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    answers = [client.post("/settings/delete/", {"password": "wrong"}) for _ in range(11)]
    assert answers[-1].status_code == 429
    assert "Too many attempts" in answers[-1].content.decode()


def test_a_deleted_account_is_gone_at_once(client_of: ClientOf, alice: User, bob: User) -> None:
    here, elsewhere = client_of(alice), client_of(alice)
    AuthToken.objects.create(user=alice)
    people.live_post(alice)
    answer = here.post("/settings/delete/", {"password": people.PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert here.get("/settings/").status_code == elsewhere.get("/settings/").status_code == 302
    assert client_of(bob).get("/u/alice/").status_code == 404
    assert not AuthToken.objects.exists()
    refused = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(
        "/login/", {"login": "alice", "password": people.PASSWORD}
    )
    assert refused.status_code == 200 or refused["Location"] == "/inactive/"
    outbox.drain()
    assert not User.objects.filter(username="alice").exists()
    assert selectors.follow_counts(bob.id)["following"] == 0


def test_looking_deletes_nothing(client_of: ClientOf, alice: User) -> None:
    assert client_of(alice).get("/settings/delete/?password=x").status_code == 200
    assert User.objects.filter(username="alice", is_active=True).exists()
