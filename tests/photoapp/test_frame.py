"""The frame of every page: what it must not need, load or leave out."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from photoapp.pagination import Page
from photoapp.views import server_error


class NobodyCanAsk:
    """Stands for a session or member whose database is away."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"asked for {name}")


def test_the_page_for_our_own_errors_asks_nobody_who_is_logged_in() -> None:
    request = RequestFactory().get("/u/alice/")
    request.user = request.session = NobodyCanAsk()  # type: ignore[assignment]
    answer = server_error(request)
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/login/", "/search/", "/nothing/here/"])
def test_nothing_inline_and_nothing_from_elsewhere(path: str) -> None:
    answer = Client().get(path)
    text = answer.content.decode().replace(settings.SITE_URL, "")
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)
    assert '"includeIndicatorStyles": false, "allowEval": false' in text
    assert '<a class="skip-link" href="#main">' in text


@pytest.mark.django_db
def test_what_says_nothing_by_itself_belongs_to_who_asked_for_it() -> None:
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert visitor.get("/nothing/here/")["Cache-Control"] == "private, no-cache"
    assert "no-store" in visitor.post("/login/", {"login": "nobody"})["Cache-Control"]


def test_the_pager_is_a_plain_link_first() -> None:
    request = RequestFactory().get("/search/", {"q": "al"})
    context = {"page": Page([1], "abc"), "list": "#people", "tag": "li"}
    text = render_to_string("partials/more.html", context, request)
    assert 'rel="next" href="?q=al&amp;cursor=abc"' in text
    assert 'hx-select="#people > *"' in text
    assert not render_to_string("partials/more.html", {"page": Page([1])}, request).strip()
