"""Each app set in a process of its own, with the database groups that it does not need out of reach."""

import os
from collections.abc import Generator

import pytest
import requests
from django.conf import settings
from django.test import Client

from config.app_sets import APP_SETS, GROUPS_OF
from config.middleware import LAYERS, middleware_of
from config.routes import app_set_of
from feeds.front import SPEAKING
from media.models import Post
from tests import people
from tests.pages import SitePage, build_site
from tests.parts.process import free_port
from tests.parts.sites import LiveSite, WebProcess
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


def own_pages(app_set: str) -> list[SitePage]:
    pages = [page for page in build_site() if page.status != 404] + [SitePage("admin", "/admin/login/")]
    return [page for page in pages if app_set_of(page.path.partition("?")[0]) == app_set]


# --- Middleware

# What differs from one answer to the next to the same question.
OF_THE_MOMENT = {"date", "content-length", "etag", "expires", "set-cookie"}


@pytest.fixture
def beside(app_set: str, db: None) -> Generator[str, None, None]:
    """A process of the set alone, beside one that serves all."""
    process = WebProcess(free_port())
    process.restart(APP_SETS=app_set)
    yield process.url
    process.kill()


def said(answer: requests.Response) -> dict[str, object]:
    """Status, headers, and the names of cookies."""
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in OF_THE_MOMENT}
    for name, between in (("content-security-policy", "; "), ("vary", ", ")):  # in any order
        headers[name] = between.join(sorted(headers.get(name, "").split(between)))
    return {"status": answer.status_code, "cookies": sorted(answer.cookies.keys()), **headers}


@pytest.mark.parametrize(
    ("app_set", "without"),
    [
        ("accounts", set()),
        *((name, {"WhiteNoise", "Account"}) for name in ("upload", "feed", "interaction", "friends", "admin")),
        ("search", {"WhiteNoise", "Account", "WholeBody", "FetchMetadataCsrf"}),
    ],
)
def test_a_set_loads_the_middleware_that_it_needs(app_set: str, without: set[str]) -> None:
    every = middleware_of(APP_SETS)
    assert every == [name for name, _ in LAYERS] == list(settings.MIDDLEWARE)
    loaded = middleware_of([app_set])
    absent = {name.rpartition(".")[2].removesuffix("Middleware") for name in every if name not in loaded}
    assert absent == without
    assert loaded == [name for name in every if name in loaded], "in the same order"
    assert set(SPEAKING) <= set(loaded), "what gives pages their headers"


def test_two_sets_together_load_what_either_needs() -> None:
    assert set(middleware_of(["search", "feed"])) == {*middleware_of(["search"]), *middleware_of(["feed"])}


def test_a_set_alone_answers_with_the_headers_of_the_whole_site(
    app_set: str, beside: str, live_site: LiveSite, client_of: object
) -> None:
    pages = [*own_pages(app_set), SitePage("healthz", "/healthz"), SitePage("nothing", "/nothing/", status=404)]
    browsers = {name: session(name, client_of) for name in {page.viewer for page in pages}}
    different = {}
    for page in pages:
        whole, alone = (
            said(browsers[page.viewer].get(site + page.path, allow_redirects=False, timeout=20))
            for site in (live_site, beside)
        )
        if whole != alone:
            different[page.path] = [(name, whole.get(name), alone.get(name)) for name in {*whole, *alone}]
    assert different == {}
    assert len(pages) > 2
    if app_set in FORMS:
        refuses_what_the_whole_site_refuses(beside + FORMS[app_set])


# An address of each set that takes forms.
FORMS = {"accounts": "/login/", "upload": "/upload/", "feed": "/notifications/", "interaction": "/p/2/like/"}
FORMS |= {"friends": "/u/alice/follow/", "admin": "/admin/logout/"}


def refuses_what_the_whole_site_refuses(url: str) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert requests.post(url, headers=elsewhere, timeout=20).status_code == 403
    assert requests.post(url, data=iter([b"a=1"]), timeout=20).status_code == 411, "a body without a length"


@pytest.mark.parametrize("app_set", sorted(set(APP_SETS) - set(FORMS)))
def test_a_set_that_takes_no_forms_takes_none(app_set: str, beside: str) -> None:
    for path in ("/search/", "/discover/", "/tags/harbour/", "/api/v1/search/?q=a", "/api/v1/discover/"):
        for site in ("same-origin", "cross-site"):
            answer = requests.post(beside + path, data={"q": "a"}, headers={"Sec-Fetch-Site": site}, timeout=20)
            assert answer.status_code in (401, 405), path


@pytest.mark.parametrize("app_set", ["friends"])
def test_a_report_is_limited_where_nobody_logs_in(beside: str, alice: User, bob: User, client_of: object) -> None:
    """The limits are allauth's, whose middleware is not there."""
    browser, form = session("alice", client_of), {"reason": "spam", "text": "Again and again"}
    answer = browser.post(f"{beside}/u/bob/report/", data=form, timeout=20, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/u/bob/report/")


# --- Pages


def test_a_set_alone_serves_its_pages_and_no_others(app_set: str, alone: LiveSite, client_of: object) -> None:
    pages = [page for page in build_site() if page.status != 404] + [SitePage("admin", "/admin/login/")]
    own = [page for page in pages if app_set_of(page.path.partition("?")[0]) == app_set]
    own += [SitePage("readyz", "/readyz")]
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
