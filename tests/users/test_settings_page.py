"""The settings: profile, privacy, appearance, and the frame around them."""

from collections.abc import Callable

import pytest
from django.test import Client
from knox.models import AuthToken

from media.models import Author
from photoapp import outbox
from tests import people
from tests.queries import counted_queries
from users import selectors, services
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def form(user: User, **changes: object) -> dict[str, object]:
    return {"username": user.username, "display_name": user.display_name, "bio": user.bio, **changes}


def test_the_profile_is_changed(client_of: ClientOf, alice: User) -> None:
    words = form(alice, display_name="Alice W.", bio="By the lake", year_of_birth=1985)
    answer = client_of(alice).post("/settings/", words)
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    alice.refresh_from_db()
    assert (alice.display_name, alice.bio, alice.year_of_birth) == ("Alice W.", "By the lake", 1985)


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


def test_an_account_goes_private_and_back(client_of: ClientOf, alice: User, charlie: User) -> None:
    client = client_of(alice)
    answer = client.post("/settings/privacy/", {"is_private": "on"}, follow=True)
    assert "Your account is private now." in answer.content.decode()
    alice.refresh_from_db()
    assert alice.is_private and Author.objects.for_owner(alice.id).get().is_private
    people.follow(charlie, alice)
    assert "badge--good" in client.get("/settings/people/").content.decode()
    client.post("/settings/privacy/", {})
    outbox.drain()
    assert selectors.relation(charlie, alice.id).follows, "going public accepts who waited"


def test_a_part_leaves_the_others_alone(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    client.post("/settings/privacy/", {"is_private": "on", "display_name": "not here", "is_staff": "on"})
    client.post("/settings/", form(alice, bio="hello"))
    alice.refresh_from_db()
    assert (alice.display_name, alice.bio, alice.is_private, alice.is_staff) == ("Alice", "hello", True, False)


def test_the_colours_are_chosen(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    assert "data-theme" not in client.get("/settings/appearance/").content.decode()
    assert client.post("/settings/appearance/", {"theme": "dark", "remind_alt": "on"}).status_code == 302
    assert 'data-theme="dark"' in client.get("/settings/appearance/").content.decode()
    alice.refresh_from_db()
    assert (alice.theme, alice.language, alice.remind_alt) == ("dark", "", True)
    assert client.post("/settings/appearance/", {"theme": "pink"}).status_code == 400


def test_the_language_is_chosen(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    answer = client.post("/settings/appearance/", {"theme": "auto", "language": "de"})
    assert answer.cookies["language"].value == "de"
    assert '<html lang="de"' in client.get("/settings/").content.decode()
    answer = client.post("/settings/appearance/", {"theme": "auto", "language": ""})
    assert answer.cookies["language"].value == ""
    assert '<html lang="en"' in client.get("/settings/").content.decode()
    assert client.post("/settings/appearance/", {"theme": "auto", "language": "tlh"}).status_code == 400


def test_a_language_chosen_before_signing_up_stays_with_other_choices(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    client.cookies["language"] = "de"
    assert '<option value="de" selected>' in client.get("/settings/appearance/").content.decode()
    client.post("/settings/appearance/", {"theme": "dark", "language": "de"})
    alice.refresh_from_db()
    assert alice.language == "de"


PAGES = ("/settings/", "/settings/security/", "/settings/privacy/", "/settings/appearance/", "/settings/people/")


@pytest.mark.parametrize("path", [*PAGES, "/settings/sessions/", "/settings/delete/", "/settings/avatar/"])
def test_every_page_is_in_the_frame(client_of: ClientOf, alice: User, path: str) -> None:
    text = client_of(alice).get(path).content.decode()
    assert all(f'<a href="{other}"' in text for other in PAGES)
    assert text.count('aria-current="page"') >= 1
    assert "style=" not in text and "<script>" not in text
    assert Client().get(path)["Location"] == f"/login/?next={path}"


def test_pages_cost_the_same_however_many_there_are(client_of: ClientOf, alice: User) -> None:
    def counts() -> dict[str, dict[str, int]]:
        found = {}
        for path in (*PAGES, "/settings/sessions/"):
            with counted_queries() as queries:
                assert client.get(path).status_code == 200
            found[path] = dict(queries)
        return found

    client = client_of(alice)
    counts()
    few = counts()
    for _ in range(20):
        client_of(alice)
        AuthToken.objects.create(user=alice)
    assert counts() == few
