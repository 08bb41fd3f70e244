"""/admin/caches/: who may see it, and what it says of counts, memory and settings."""

import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import Permission
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from photoapp import cache_memory, cache_stats
from photoapp.redis_clients import RedisAway
from photoapp.templatetags.caches import percent, time_up
from tests import people
from tests.parts.browser import screenshot_path
from tests.parts.isolation import redis_client
from tests.parts.process import free_port
from tests.parts.redis import Redis
from tests.people import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db
URL = "/admin/caches/"
# Families are invented: processes of other tests may still write what they have counted.
ClientOf = Callable[[User], Client]


def counted(minutes_ago: float, **times: int) -> None:
    """`quokka_hit=5`: as a process would have written it then."""
    client = redis_client("CACHE_URL")
    key = cache_stats._key(int(time.time() - 60 * minutes_ago) // cache_stats.PERIOD_SECONDS)
    for name, number in times.items():
        client.hincrby(key, name.replace("_", ":"), number)


class Cells(HTMLParser):
    """The rows of all tables, as texts."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        self.inside = self.inside or tag in ("td", "th")
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside and self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


def rows_of(client: Client, **query: str) -> list[list[str]]:
    response = client.get(URL, query)
    assert response.status_code == 200
    return Cells(response.content.decode()).rows


def row(rows: list[list[str]], *beginning: str) -> list[str]:
    found = [one for one in rows if one[: len(beginning)] == list(beginning)]
    assert len(found) == 1, (beginning, rows)
    return [cell.replace("\xa0", " ") for cell in found[0][len(beginning) :]]


# --- Who may see it


def test_operators_see_it_and_find_it_in_the_index(admin_client: Client) -> None:
    assert admin_client.get(URL).status_code == 200
    for page in ("/admin/", "/admin/photoapp/", "/admin/users/user/"):
        assert f'href="{URL}"' in admin_client.get(page).content.decode()


def test_staff_who_may_see_an_outbox_see_it(mike: User, client_of: ClientOf) -> None:
    client = client_of(mike)
    assert client.get(URL).status_code == 403
    assert URL not in client.get("/admin/").content.decode()
    mike.user_permissions.add(Permission.objects.get(codename="view_contentoutbox"))
    client = client_of(mike)
    assert client.get(URL).status_code == 200
    assert f'href="{URL}"' in client.get("/admin/").content.decode()


def test_members_are_refused_and_visitors_sent_to_the_login(bob: User, client: Client, client_of: ClientOf) -> None:
    for visitor, status in ((client, 302), (client_of(bob), 403)):
        response = visitor.get(URL)
        while response.status_code == 302 and response["Location"].startswith("/admin/"):
            response = visitor.get(response["Location"])
        assert response.status_code == status
    assert response.status_code == 403


def test_a_member_with_the_right_who_is_no_staff_is_refused(bob: User, client_of: ClientOf) -> None:
    bob.user_permissions.add(Permission.objects.get(codename="view_contentoutbox"))
    response = client_of(bob).get(URL, follow=True)
    assert response.status_code == 403


def test_it_is_read_only_and_never_stored(admin_client: Client) -> None:
    assert admin_client.post(URL).status_code == 405
    assert admin_client.get(URL)["Cache-Control"] == "no-store"


# --- Counts


def test_counts_of_the_last_hour_and_day_by_family(admin_client: Client) -> None:
    counted(
        1,
        quokka_hit=900,
        quokka_local=50,
        quokka_stale=30,
        quokka_miss=15,
        quokka_away=5,
        quokka_computed=12,
        quokka_waited=3,
    )
    counted(300, quokka_hit=1000, quokka_miss=1000, quokka_evicted=7, quokka_overloaded=2)
    counted(1, zebra_hit=1)
    counted(1700, zebra_hit=1000)  # longer than a day ago
    rows = rows_of(admin_client)
    assert row(rows, "quokka", "hour") == ["98.0%", "900", "50", "30", "15", "5", "12", "3", "0", "0"]
    assert row(rows, "24 hours", "66.0%") == ["1,900", "50", "30", "1,015", "5", "12", "3", "2", "7"]
    assert row(rows, "zebra", "hour")[:2] == ["100%", "1"]
    names = [one[0] for one in rows if one[1:2] == ["hour"]]
    assert names.index("quokka") < names.index("zebra")  # the busiest first


def test_a_family_of_which_only_evictions_are_known(admin_client: Client) -> None:
    counted(1, session_evicted=3)
    assert row(rows_of(admin_client), "session", "hour") == ["–", *["0"] * 8, "3"]


def test_nothing_was_counted_yet(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_stats, "history", lambda hours: [])
    assert "Nothing was counted in the last 24 hours" in admin_client.get(URL).content.decode()


def test_plots_are_drawn_without_scripts_and_styles_in_the_page_and_told_in_words(admin_client: Client) -> None:
    counted(1, quokka_hit=75, quokka_miss=25)
    counted(61, quokka_hit=50, quokka_evicted=1)
    body = admin_client.get(URL).content.decode()
    plot = body[body.index('<title id="plot-quokka-title"') :].partition("</svg>")[0]
    assert re.findall(r'class="(caches-\w+)" d="(M[^"]*)', plot)[0][1].count("M") == 2
    assert "v-75h4v75z" in plot  # of the highest bar, 100 high
    assert "quokka, the last 6 hours</title>" in plot
    assert "Most in 5 minutes: 100" in plot and "Some were evicted" in plot
    content = body[body.index('id="content-main"') :]
    assert "style=" not in content and "<script" not in content


def test_plots_of_a_day(admin_client: Client) -> None:
    counted(10 * 60, quokka_hit=75)
    assert '-desc">Nothing was asked for' in admin_client.get(URL).content.decode()
    body = admin_client.get(URL, {"hours": "24"}).content.decode()
    assert "Most in 20 minutes: 75" in body
    for odd in ("7", "", "x", "-1"):
        assert "the last 6 hours" in admin_client.get(URL, {"hours": odd}).content.decode()


# --- Memory and servers


@pytest.mark.real("redis")
def test_memory_by_family_and_what_each_server_says(admin_client: Client) -> None:
    client = redis_client("FEEDS_URL")
    client.flushdb()
    for number in range(10):
        client.set(f"page:{{{number}}}", "x" * 10_000)
        client.rpush(f"feed:{{{number}}}", 1)
    rows = rows_of(admin_client)
    keys, memory, per_key = row(rows, "page")
    assert keys == "10"
    assert float(memory.removesuffix(" KB")) > 97
    assert float(per_key.removesuffix(" KB")) > 9.7
    assert [one[0] for one in rows if one[0] in ("page", "feed") and len(one) == 4] == ["page", "feed"]
    for role in ("cache", "feeds", "broker"):
        used, limit, policy, evicted, *_ = row(rows, role)
        assert used.endswith("MB") and (limit, policy, evicted) == ("none", "noeviction", "0")
    assert "On one server: cache, feeds, broker." in admin_client.get(URL).content.decode()


@pytest.mark.real("redis")
def test_memory_is_estimated_from_a_sample(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_memory, "SAMPLE", 100)
    monkeypatch.setattr(cache_memory, "SCAN_COUNT", 20)
    client = redis_client("FEEDS_URL")
    client.flushdb()
    client.mset({f"heard:{number}": "x" * 1000 for number in range(400)})
    response = admin_client.get(URL)
    feeds = response.context["roles"][1]
    (heard,) = [one for one in feeds.families if one.family == "heard"]
    assert (feeds.sampled, feeds.is_estimated) == (100, True)
    assert abs(heard.keys - 400) <= 20  # the session of who asks may be in the sample, too
    assert 400_000 < heard.bytes < 600_000
    body = response.content.decode()
    assert "Estimated from 100 keys." in body


@pytest.mark.real("redis")
def test_settings_that_are_wrong_are_said_with_what_to_run(admin_client: Client) -> None:
    body = admin_client.get(URL).content.decode()
    assert "CACHE_URL, FEEDS_URL and BROKER_URL are on one server" in body
    assert "<code>notify-keyspace-events</code>" in body


def test_on_the_embedded_defaults_redis_there_is_less(admin_client: Client, settings: Settings, tmp_path: Path) -> None:
    server = Redis(free_port(), tmp_path, fake=True)
    server.start()
    try:
        settings.FEEDS_URL = f"{server.url}/1"
        redis.Redis.from_url(settings.FEEDS_URL).mset({"page:1": "x", "page:2": "x"})
        rows = rows_of(admin_client)
        assert row(rows, "feeds") == ["does not tell"]
        assert row(rows, "page") == ["2", "–", "–"]
    finally:
        server.stop()


def test_a_server_that_is_away_is_named_and_the_others_are_shown(admin_client: Client, settings: Settings) -> None:
    settings.BROKER_URL = f"redis://127.0.0.1:{free_port()}/2"
    rows = rows_of(admin_client)
    assert row(rows, "broker")[0].startswith("does not answer (ConnectionError")
    assert row(rows, "cache")[0] != "does not answer"


def test_without_the_counts_there_is_the_rest(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(hours: int) -> Any:
        raise RedisAway("not asked")

    monkeypatch.setattr(cache_stats, "history", away)
    body = admin_client.get(URL).content.decode()
    assert "Nothing can be shown: the Redis of the role cache does not answer" in body
    assert "What takes the memory" in body


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0%"), (1.0, "100%"), (0.9999, "> 99.9%"), (0.0001, "< 0.1%"), (0.5, "50.0%"), (0.9764, "97.6%")],
)
def test_shares_are_not_rounded_to_all_or_nothing(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_times_are_told_in_the_largest_unit_that_says_something() -> None:
    said = [time_up(seconds) for seconds in (1, 59, 119, 120, 7199, 7200, 172_799, 172_800)]
    assert said == [
        *("a second", "59 seconds", "119 seconds", "2 minutes", "119 minutes", "2 hours", "47 hours", "2 days"),
    ]


# --- In a browser


def fill_a_day() -> None:
    """As a busy site's: a night, a morning, a cache that is full in the evening."""
    rates = {"page": 400, "card": 2600, "profile": 220, "post": 150, "recent": 90, "name": 40}
    for ago in range(288):
        busy = 0.25 + 0.75 * abs(((288 - ago) % 200) - 100) / 100
        for family, rate in rates.items():
            asked = int(rate * busy * (1 + 0.15 * ((ago * 7 + len(family)) % 5)))
            missed = asked // (8 if ago in range(30, 40) else 30)
            some = {f"{family}_hit": asked - missed, f"{family}_miss": missed, f"{family}_computed": missed}
            if family in ("profile", "post"):
                some |= {f"{family}_stale": asked // 50, f"{family}_local": asked // 3, f"{family}_waited": 1}
            if ago in range(30, 36):
                some[f"{family}_evicted"] = asked // 40 + 1
            counted(5 * ago, **some)


@pytest.mark.real("browser")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_is_legible(
    new_page: Callable[..., Page], olivia: User, alice: User, width: int, theme: str
) -> None:
    page = new_page(viewport={"width": width, "height": 850}, color_scheme=theme)
    page.goto(URL)
    page.locator("input[name=login]").fill("olivia")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("heading", name="Caches", exact=True)).to_be_visible()
    fill_a_day()
    people.live_post(alice)
    feeds, cache = redis_client("FEEDS_URL"), redis_client("CACHE_URL")
    with feeds.pipeline() as pipe:
        for number in range(1200):
            pipe.set(f"page:{{{number}}}", "x" * 9000).rpush(f"feed:{{{number}}}", *range(60))
            pipe.set(f"heard:{{{number}}}", "x" * 800).hset(f"member:{{{number}}}", "version", 1)
        pipe.execute()
    cache.mset({f"card:{number}": "x" * 4000 for number in range(900)})
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    served = page.locator(".caches-plot svg path.caches-served").first
    assert served.bounding_box()["height"] > 50  # type: ignore[index]
    fill = served.evaluate("path => getComputedStyle(path).fill")
    assert fill == {"light": "rgb(65, 120, 147)", "dark": "rgb(90, 169, 207)"}[theme]
    expect(page.get_by_role("img", name="card, the last 6 hours")).to_be_visible()
    page.screenshot(path=screenshot_path(f"admin-caches-{width}-{theme}"), full_page=True)
    page.get_by_role("link", name="24 hours").click()
    expect(page.get_by_role("img", name="card, the last 24 hours")).to_be_visible()
