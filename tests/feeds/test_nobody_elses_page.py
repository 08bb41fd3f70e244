"""No stored byte of one member's page is ever served to another: members × encodings × log-ins × languages × hosts."""

import itertools
import random
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from media.models import Post
from tests.feeds.test_front import Answer, ask
from tests.people import live_posts, make_user
from users import services
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
ENCODINGS = ["gzip", "identity", "br", "gzip;q=0.1, *"]
LANGUAGES = {"en": "en", "de-AT, en;q=0.5": "de", "fr": "en", "": "en"}
HOSTS = ["localhost", "127.0.0.1:8000", "photos.example.org", "evil.example"]
PATHS = ["/feed/", "/"]


@pytest.fixture
def members(alice: User, bob: User, charlie: User) -> dict[str, User]:
    """Each sees another feed, looks otherwise, and has a name that is on no other's page."""
    dana = make_user("dana_private", is_private=True)
    erin = make_user("erin_staff", is_staff=True)
    found = {user.username: user for user in (alice, bob, charlie, dana, erin)}
    for user in found.values():
        live_posts(
            user, [f"secret of {user.username} {number}" for number in range(2)], audience=Post.Audience.FOLLOWERS
        )
    services.update_profile(user=charlie, theme="dark")
    return found


def test_whoever_asks_however_gets_their_own(client_of: ClientOf, members: dict[str, User], settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "photos.example.org"]
    from feeds import front

    front._is_our_host.cache_clear()
    sessions = [(name, client_of(user)) for name, user in members.items()]
    sessions += [("bob", client_of(members["bob"])), ("", Client())]
    ways = list(itertools.product(sessions, ENCODINGS, LANGUAGES, HOSTS, PATHS))
    random.Random(4).shuffle(ways)
    for (name, client), encoding, language, host, path in ways:
        answer = ask(client, path, HTTP_ACCEPT_ENCODING=encoding, HTTP_ACCEPT_LANGUAGE=language, HTTP_HOST=host)
        if host == "evil.example":
            assert answer.status.startswith("400")
            continue
        check(answer, name, path, LANGUAGES[language], encoding, members)
    front._is_our_host.cache_clear()


def check(answer: Answer, name: str, path: str, language: str, encoding: str, members: dict[str, User]) -> None:
    if not name:
        assert answer.status.startswith("302" if path == "/feed/" else "200")
        assert "secret of" not in answer.text
        return
    shown = {"alice", "bob"} if name == "bob" else {name}
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert (answer.headers.get("Content-Encoding") == "gzip") is ("gzip" in encoding)
    assert f'<html lang="{language}"' in answer.text and f'href="/u/{name}/"' in answer.text
    assert ('data-theme="dark"' in answer.text) is (name == "charlie")
    for other in members:
        assert (f"secret of {other} " in answer.text) is (other in shown), (name, other)
        assert f'data-member="{other}"' not in answer.text or other == name


def test_a_session_that_becomes_another_members_shows_that_ones(client_of: ClientOf, members: dict[str, User]) -> None:
    client = client_of(members["alice"])
    assert 'data-member="alice"' in ask(client).text
    client.post("/logout/")
    client.force_login(members["charlie"], "allauth.account.auth_backends.AuthenticationBackend")
    assert 'data-member="charlie"' in ask(client).text
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert cookie.startswith(f"{members['charlie'].id:x}.")
