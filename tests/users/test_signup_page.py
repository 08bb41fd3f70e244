"""Signing up: who gets in, what is said at which field."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from photoapp import outbox
from tests import people
from users.adapter import AccountAdapter
from users.models import User

pytestmark = pytest.mark.django_db

WORDS = {"username": "dana", "email": "dana@example.org", "password1": "plum tree in snow"}


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


def test_a_visitor_becomes_a_member_and_is_logged_in(visitor: Client) -> None:
    answer = visitor.post("/signup/", {**WORDS, "display_name": "Dana K.", "year_of_birth": "1990"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    dana = User.objects.get(username="dana")
    assert (dana.display_name, dana.year_of_birth, dana.email) == ("Dana K.", 1990, "dana@example.org")
    assert visitor.get("/settings/").status_code == 200
    outbox.drain()
    assert visitor.get("/u/dana/").status_code == 200


def test_the_mail_says_what_to_do(visitor: Client) -> None:
    visitor.post("/signup/", WORDS)
    (message,) = mail.outbox
    assert message.to == ["dana@example.org"]
    assert message.subject == "photoapp: Welcome! Please confirm your e-mail address"
    assert "Open this link to confirm your e-mail address" in message.body
    link = next(word for word in message.body.split() if "/confirm-email/" in word)
    assert "Confirm" in visitor.get(link).content.decode()


def test_user_names_are_kept_in_lower_case(visitor: Client) -> None:
    assert visitor.post("/signup/", {**WORDS, "username": "DaNa"}).status_code == 302
    assert User.objects.get().username == "dana"
    elsewhere = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert elsewhere.post("/login/", {"login": "DANA", "password": WORDS["password1"]}).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("username", "", "This field is required."),
        ("username", "da", "Use 3 to 30 lower-case letters"),
        ("username", "dana k", "Use 3 to 30 lower-case letters"),
        ("username", "../../etc", "Use 3 to 30 lower-case letters"),
        ("username", "ALICE", "already exists"),
        ("email", "nowhere", "Enter a valid email address."),
        ("email", "alice@example.org", "already"),
        ("password1", "12345678", "too common"),
        ("password1", "short", "too short"),
        ("year_of_birth", "1066", "Enter the year you were born in"),
        ("year_of_birth", "2026", "at least 13 years old"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(visitor: Client, alice: User, field: str, value: str, message: str) -> None:
    answer = visitor.post("/signup/", {**WORDS, field: value})
    assert answer.status_code == 400
    form = answer.context["form"]
    assert any(message in error for error in form.errors[field]), form.errors
    assert list(form.errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert User.objects.count() == 1


def test_of_two_who_take_a_name_at_once_one_is_told(visitor: Client, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """The other is faster: between the check of the form and the insert."""

    def too_late(self: Any, request: Any, user: User, form: Any, commit: bool = True) -> User:
        monkeypatch.undo()
        people.make_user("dana")
        return AccountAdapter.save_user(self, request, user, form, commit)

    monkeypatch.setattr(AccountAdapter, "save_user", too_late)
    answer = visitor.post("/signup/", {**WORDS, "email": "other@example.org"})
    assert answer.status_code == 400
    assert "username" in answer.context["form"].errors
    assert User.objects.count() == 1
    assert visitor.get("/settings/").status_code == 302


def test_members_are_sent_on(client_of: Callable[[User], Client], alice: User) -> None:
    assert client_of(alice).get("/signup/")["Location"] == "/"


def test_another_site_cannot_send_the_form(db: None) -> None:
    attacker = Client(headers={"Sec-Fetch-Site": "cross-site"}, enforce_csrf_checks=True)
    assert attacker.post("/signup/", WORDS).status_code == 403
