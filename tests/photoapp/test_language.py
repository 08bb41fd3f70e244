"""In which language a page is: the member's, the cookie's, the browser's."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests import people
from users.models import User

SETTINGS = "/settings/"


def language(answer: object) -> str:
    return answer.content.decode().partition('<html lang="')[2][:2]  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "shown"), [("de-AT,de;q=0.9", "de"), ("fr", "en"), ("fr, de;q=0.3", "de"), ("", "en"), ("%$&", "en")]
)
def test_what_the_browser_prefers(wanted: str, shown: str) -> None:
    answer = Client().get("/", headers={"Accept-Language": wanted})
    assert language(answer) == shown
    assert {"Accept-Language", "Cookie"} <= set(answer["Vary"].split(", "))


@pytest.mark.django_db
def test_a_visitor_chooses_in_the_footer() -> None:
    visitor = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"})
    answer = visitor.post("/language/", {"language": "de", "next": "/login/"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    assert language(visitor.get("/login/")) == "de"


@pytest.mark.django_db
def test_nobody_is_sent_elsewhere_by_it() -> None:
    answer = Client().post("/language/", {"language": "de", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert Client().get("/language/").status_code == 405


def test_a_member_s_choice_goes_with_them(alice: User, client_of: Callable[[User], Client]) -> None:
    User.objects.filter(id=alice.id).update(language="de")
    browser = client_of(alice)
    browser.get(SETTINGS)
    assert browser.cookies["language"].value == "de"
    assert language(browser.get(SETTINGS)) == "de"


def test_a_log_in_brings_it_to_a_new_browser(alice: User) -> None:
    User.objects.filter(id=alice.id).update(language="de")
    browser = Client(headers={"Sec-Fetch-Site": "same-origin"})
    browser.post("/login/", {"login": "alice", "password": people.PASSWORD})
    assert language(browser.get("/feed/")) == "de"


def test_who_chose_nothing_gets_no_cookie(alice: User, client_of: Callable[[User], Client]) -> None:
    browser = client_of(alice)
    browser.get(SETTINGS)
    assert "language" not in browser.cookies


def test_photo_files_are_the_same_in_every_language(alice: User) -> None:
    post = people.upload(alice)
    photo = post.photos.get()
    answer = Client().get(f"/{photo.folder}/320.webp", headers={"Accept-Language": "de"})
    assert answer.status_code == 200
    assert "public" in answer["Cache-Control"]
    assert not {"Accept-Language", "Cookie"} & set(answer.get("Vary", "").split(", "))
    assert not answer.cookies


@pytest.mark.django_db
def test_programs_are_answered_in_it_too() -> None:
    answer = Client().get("/api/v1/nothing/", headers={"Accept-Language": "de"})
    assert "Accept-Language" in answer["Vary"]
