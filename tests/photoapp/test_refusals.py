"""Error pages: each says what happened and what to do next, in the site's look."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from photoapp import views
from photoapp.refusals import NEXT, refusal


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("a mistake of ours")


def database_away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


def too_often(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


urlpatterns = [
    path("broken/", broken),
    path("away/", database_away),
    path("api/away/", database_away),
    path("often/", too_often),
    path("robots.txt", views.robots),
]
handler404 = views.page_not_found
handler500 = views.server_error


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("status", sorted(NEXT))
def test_each_says_what_to_do_next(status: int, db: None) -> None:
    answer = Client().get("/nothing/") if status == 404 else refusal(request("/here/"), status, "It happened.")
    text = answer.content.decode()
    assert answer.status_code == status
    assert str(NEXT[status]) in text
    assert f"Error {status}" in text
    assert 'href="/"' in text


def request(path: str) -> HttpRequest:
    from django.contrib.auth.models import AnonymousUser

    made = RequestFactory().get(path)
    made.user = AnonymousUser()
    return made


@override_settings(ROOT_URLCONF=__name__)
def test_a_mistake_of_ours_tells_no_details(visitor: Client, db: None) -> None:
    answer = visitor.get("/broken/")
    assert answer.status_code == 500
    assert "Something went wrong on our side." in answer.content.decode()
    assert "a mistake of ours" not in answer.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_a_database_that_is_away_comes_back(visitor: Client) -> None:
    answer = visitor.get("/away/?page=2")
    assert answer.status_code == 503 and 1 <= int(answer["Retry-After"]) <= 10
    assert answer["X-Refused"] == "database"
    assert '<a class="button" href="/away/?page=2">Try again</a>' in answer.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_programs_get_it_as_json(visitor: Client) -> None:
    answer = visitor.get("/api/away/")
    assert (answer.status_code, answer.json()) == (503, {"detail": "The site cannot answer just now."})


@override_settings(ROOT_URLCONF=__name__)
def test_too_many_attempts(visitor: Client, db: None) -> None:
    answer = visitor.get("/often/")
    assert answer.status_code == 429
    assert "Wait a few minutes, then try again." in answer.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_what_takes_no_such_request_says_so(visitor: Client, db: None) -> None:
    answer = visitor.post("/robots.txt", headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert "This address does not take what was sent to it." in answer.content.decode()


def test_a_form_from_elsewhere_is_refused_in_the_site_s_look(db: None) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    answer = strict.post("/login/", {"login": "alice", "password": "x"})
    assert answer.status_code == 403
    assert "This form was not sent from a page of this site" in answer.content.decode()


def test_a_name_that_the_site_does_not_have_tells_visitors_nothing_of_settings(db: None) -> None:
    answer = Client().get("/login/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" not in answer.content.decode()
