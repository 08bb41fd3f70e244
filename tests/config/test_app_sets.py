"""Each app set in a process of its own, with the database groups that it does not need out of reach."""

import os
from collections.abc import Generator

import pytest
import requests
from django.conf import settings
from django.test import Client

from config.app_sets import APP_SETS, GROUPS_OF
from config.routes import app_set_of
from media.models import Post
from tests import people
from tests.pages import SitePage, build_site
from tests.parts.sites import LiveSite
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("postgres")]
NOBODY = "postgres://app@127.0.0.1:1/nobody"
VARIABLES = {"auth": "DATABASE_URL", "friends": "FRIENDS_DATABASE_URLS", "content": "CONTENT_DATABASE_URLS"}


def out_of_reach(app_set: str) -> dict[str, str]:
    """The environment in which only what the set needs can be reached."""
    absent = set(VARIABLES) - set(GROUPS_OF[app_set])
    return {VARIABLES[group]: ",".join(NOBODY for _ in os.environ[VARIABLES[group]].split(",")) for group in absent}


@pytest.fixture(params=APP_SETS)
def app_set(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def alone(app_set: str, live_site: LiveSite) -> Generator[LiveSite, None, None]:
    live_site.process.restart(APP_SETS=app_set, **out_of_reach(app_set))
    yield live_site


def session(username: str, client_of: object) -> requests.Session:
    browser = requests.Session()
    browser.headers["Sec-Fetch-Site"] = "same-origin"
    if username:
        client: Client = client_of(User.objects.get(username=username))  # type: ignore[operator]
        browser.cookies.set(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
    return browser


def test_a_set_alone_serves_its_pages_and_no_others(app_set: str, alone: LiveSite, client_of: object) -> None:
    pages = [page for page in build_site() if page.status != 404]
    own = [page for page in pages if app_set_of(page.path.partition("?")[0]) == app_set]
    own += [SitePage("readyz", "/readyz"), SitePage("admin", "/admin/login/", status=200)][: 1 + (app_set == "admin")]
    others = [page for page in pages if page not in own][::7]
    browsers = {name: session(name, client_of) for name in {page.viewer for page in pages}}
    wrong = []
    for page in own:
        answer = browsers[page.viewer].get(alone + page.path, allow_redirects=True, timeout=20)
        if answer.history and answer.url.startswith(f"{alone}/login/"):
            continue
        if answer.status_code != page.status:
            wrong.append((page.name, page.path, answer.status_code))
    assert wrong == []
    assert len(own) > 1
    assert {browsers[page.viewer].get(alone + page.path, timeout=20).status_code for page in others} == {404}


def test_an_upload_needs_no_friends(live_site: LiveSite, alice: User, client_of: object) -> None:
    live_site.process.restart(APP_SETS="upload", **out_of_reach("upload"))
    answer = session("alice", client_of).post(
        f"{live_site}/upload/",
        data={"caption": "Harbour"},
        files={"photos": ("a.jpg", people.jpeg().read())},
        timeout=20,
        allow_redirects=False,
    )
    assert answer.status_code == 302
    assert Post.objects.for_owner(alice.id).get().caption == "Harbour"


@pytest.mark.parametrize("app_set", ["feed", "search"])
def test_what_a_set_needs_is_missed(app_set: str, live_site: LiveSite, bob: User, client_of: object) -> None:
    """The tests above would see it."""
    live_site.process.restart(APP_SETS=app_set, FRIENDS_DATABASE_URLS=f"{NOBODY},{NOBODY}")
    path = {"feed": "/feed/?a", "search": "/search/?q=bob"}[app_set]
    assert session("alice", client_of).get(live_site + path, timeout=20).status_code == 503
    assert requests.get(f"{live_site}/readyz", timeout=20).status_code == 503
