"""Searches behind nginx and behind Squid: a frequent term reaches the databases once in its time, and what is
somebody's own is in nobody else's answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.conf import settings
from django.test import Client

from photoapp import cache_stats
from photoapp.redis_clients import CACHE, acting
from search.services import index_posts
from tests.parts.proxies import RunningProxy
from tests.parts.sites import LiveSite, eventually
from tests.people import live_post
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("nginx", "squid", "redis")]

ClientOf = Callable[[User], Client]
ADDRESSES = ["/search/?q=quokka", "/search/?q=quokka&type=posts", "/tags/quokka/", "/discover/"]


@pytest.fixture(params=["nginx", "squid"])
def proxy(request: pytest.FixtureRequest) -> RunningProxy:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def posts(alice: User, bob: User) -> None:
    made = [live_post(bob, "Public quokka #quokka"), live_post(alice, "Hidden quokka #quokka", audience="followers")]
    index_posts(post.id for post in made)


def get(proxy: RunningProxy, path: str, **more: object) -> requests.Response:
    answer = requests.get(proxy.url + path, timeout=20, **more)  # type: ignore[arg-type]
    assert answer.status_code == 200
    return answer


def test_a_frequent_term_reaches_the_databases_once(
    proxy: RunningProxy, posts: None, live_site: LiveSite, request: pytest.FixtureRequest
) -> None:
    path = "/search/?q=quokka&type=posts"
    if "nginx" not in request.node.callspec.params.values():  # whose fixture did the same
        live_site.process.restart()  # with what it had counted of other tests and not written down
    cache_stats.write()  # so has this one
    acting(CACHE).delete(cache_stats.TOTAL)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: get(proxy, path), range(40)))
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert "HIT" in get(proxy, path).headers["X-Cache"]
    eventually(lambda: cache_stats.totals()["found", "computed"])  # the process writes down all that it counted at once
    counted = cache_stats.totals()
    assert counted["found", "computed"] == counted["search", "computed"] == 1
    asked = sum(times for (family, _), times in counted.items() if family == "search")
    assert asked < 20, "the proxy answered the others, or had them wait for the first one's"


@pytest.mark.parametrize("path", ADDRESSES)
def test_what_is_ones_own_is_in_no_shared_answer(
    proxy: RunningProxy, posts: None, client_of: ClientOf, alice: User, path: str
) -> None:
    own = {settings.SESSION_COOKIE_NAME: client_of(alice).cookies[settings.SESSION_COOKIE_NAME].value}
    for _ in range(2):  # the member first, then the visitor, and once more in this order
        hers = get(proxy, path, cookies=own)
        others = get(proxy, path)
        if path != "/discover/":
            assert "Hidden quokka" in hers.text
        assert "Hidden quokka" not in others.text and "/settings/" not in others.text
        assert hers.headers["Cache-Control"].startswith("private")
        assert "s-maxage=30" in others.headers["Cache-Control"]
        assert "stale-while-revalidate" in others.headers["Cache-Control"]
        assert "Set-Cookie" not in others.headers
