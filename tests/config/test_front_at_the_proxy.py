"""Stored pages of the feed that nginx answers with by itself: who gets them, and when a process is asked instead.

The process here says nothing but PROCESS, so that each answer tells where it came from; what nginx has to know is
written by the test, as processes write it.
"""

import gzip
import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from threading import Thread
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

import config.proxy
from config.app_sets import APP_SETS
from feeds import keys, page_store, proxy_front, store, tasks, withdrawn
from feeds.first_page import renewed_page
from feeds.page_store import field_of
from media import services as posts
from photoapp import cache_stats, redis_clients
from photoapp.redis_clients import FEEDS, acting
from tests.feeds.storing import make_older
from tests.parts.doors import PROCESS, Process, Processes, Visit, asked_again, pairs_of, session_of
from tests.parts.proxies import RunningProxy, start_nginx
from tests.parts.sites import eventually
from tests.people import live_post, live_posts
from users import services, sessions
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("nginx", "redis")]
ClientOf = Callable[[User], Client]
RELOAD, AWAY = {"Cache-Control": "max-age=0"}, (503, "2", "away")


TURNS = "AT_A_TIME, MOST_WAITING, LONGEST_WAIT = 200, 1000, 2"


@pytest.fixture
def turns() -> str:
    """How many requests of a worker ask Redis, and wait for that, at a time."""
    return TURNS


@pytest.fixture
def many_waiting() -> int:
    """So many requests for pages wait for the process before reloads get stored ones."""
    return 20


@pytest.fixture
def proxy(
    tmp_path_factory: pytest.TempPathFactory, turns: str, many_waiting: int, monkeypatch: pytest.MonkeyPatch
) -> Generator[RunningProxy, None, None]:
    Process.goes_on.set()
    process = Processes(("127.0.0.1", 0), Process)
    Thread(target=process.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    upstreams = {name: [f"127.0.0.1:{process.server_port}"] for name in APP_SETS}
    directory = tmp_path_factory.mktemp("nginx")
    changed = directory / "front_door.lua"
    changed.write_text(config.proxy.FRONT_DOOR.read_text().replace(TURNS, turns))
    assert turns in changed.read_text()
    monkeypatch.setattr(config.proxy, "FRONT_DOOR", changed)
    monkeypatch.setattr(config.proxy, "MANY_WAITING", many_waiting)
    server, running = start_nginx(directory, upstreams, feeds=os.environ["FEEDS_URL"])
    yield running
    said = server.log.read_text()
    server.stop()
    process.shutdown()
    assert "lua" not in said and "exited on signal" not in said, said


@pytest.fixture
def visit(proxy: RunningProxy, client_of: ClientOf, alice: User, bob: User) -> Visit:
    """bob's, who follows alice. His page is stored, and nginx knows what it has to."""
    withdrawn.mirror.ask()
    live_posts(alice, [f"Post {n}" for n in range(8)])
    proxy_front.tell()
    visit = Visit(proxy, session_of(client_of(bob)))
    assert renewed_page(bob.id, "en")
    eventually(visit.is_shown)
    return visit


def test_it_is_the_page_that_django_makes_with_the_same_headers(
    visit: Visit, client_of: ClientOf, bob: User, settings: Settings
) -> None:
    made = client_of(bob).get("/feed/", headers={"Accept-Encoding": "gzip"})
    for path in ("/", "/feed/"):
        answer = visit.answer(path)
        assert answer.text == gzip.decompress(made.content).decode()
        assert pairs_of(answer.headers) == pairs_of(made.headers)


def test_it_is_counted_as_a_page_that_a_process_found(visit: Visit) -> None:
    def counted() -> int:
        proxy_front.tell()
        cache_stats.write()
        return cache_stats.totals()["page", "hit"]

    asked_again()
    before = counted()
    for _ in range(5):
        eventually(visit.is_shown)
    asked_again()
    assert counted() == before + 5


def test_whatever_only_a_process_can_answer_goes_to_one(visit: Visit) -> None:
    for path in ("/feed/?cursor=x", "/feed/new/?after=x", "/feed", "/settings/"):
        assert not visit.is_shown(path), path
    assert not visit.is_shown(method="HEAD") and not visit.is_shown(method="POST")
    for encoding in ("identity", "br", "gzip;q=0"):
        assert not visit.is_shown(**{"Accept-Encoding": encoding}), encoding
    assert not Visit(visit.proxy, {**visit.cookies, "messages": "x"}).is_shown()
    assert not visit.is_shown(Host="evil.example")
    assert not visit.is_shown(**{"Cache-Control": "max-age=0"}), "who reloads it wants it anew"


def test_nobody_else_gets_it(visit: Visit, client_of: ClientOf, alice: User, charlie: User) -> None:
    name, key = settings.SESSION_COOKIE_NAME, visit.cookies[settings.SESSION_COOKIE_NAME]
    owner, _, secret = key.partition(".")
    wrong = [f"{alice.id:x}.{secret}", f"{owner}.{'x' * len(secret)}", secret, f"{owner}.", owner, f"0{key}", f"{key}x"]
    for value in wrong:
        assert not Visit(visit.proxy, {name: value}).is_shown(), value
    assert not Visit(visit.proxy, {"other": key}).is_shown() and not Visit(visit.proxy, {}).is_shown("/")
    assert not Visit(visit.proxy, session_of(client_of(charlie))).is_shown()


def test_each_language_has_its_own(visit: Visit, bob: User) -> None:
    german = {"Accept-Language": "de-AT,de;q=0.9"}
    assert not visit.is_shown(**german)
    assert renewed_page(bob.id, "de")
    assert '<html lang="de"' in visit.answer(**german).text
    assert '<html lang="en"' in visit.answer().text
    assert '<html lang="de"' in Visit(visit.proxy, {**visit.cookies, "language": "de"}).answer().text


def test_a_session_that_ended_gets_nothing_more(visit: Visit, client_of: ClientOf, bob: User) -> None:
    other = Visit(visit.proxy, session_of(client_of(bob)))
    eventually(other.is_shown)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = visit.cookies[settings.SESSION_COOKIE_NAME]
    client.post("/logout/")
    assert not visit.is_shown() and other.is_shown()
    sessions.end_all(bob.id)
    assert not other.is_shown()


def test_a_message_that_waits_is_for_a_process_to_show(visit: Visit) -> None:
    key = sessions.record_key(visit.cookies[settings.SESSION_COOKIE_NAME])
    record = acting(FEEDS).get(key).decode()
    acting(FEEDS).set(key, record.replace("{", '{"_messages": "x", ', 1))
    assert not visit.is_shown()


def test_own_acts_and_new_posts_take_the_page_away_at_once(visit: Visit, alice: User, bob: User) -> None:
    post = live_post(alice, "New")
    store.push(post.id, [bob.id])
    assert not visit.is_shown()
    assert renewed_page(bob.id, "en") and "New" in visit.answer().text
    posts.like(post=post, user=bob)
    assert not visit.is_shown()


@pytest.mark.parametrize("act", ["delete", "suspend", "be blocked"])
def test_what_was_withdrawn_is_on_no_page_a_second_later(visit: Visit, alice: User, bob: User, act: str) -> None:
    """The page is there as before (it is put back): that nginx refuses it is what is tested."""
    page = keys.page_key(bob.id)
    before = acting(FEEDS).hget(page, field_of("en"))
    if act == "delete":
        posts.delete_post(post=post_on(before), by=alice)
    elif act == "suspend":
        services.update_profile(user=alice, is_active=False)
    else:
        services.block(blocker=alice, blocked=bob)
    withdrawn.tell(alice.id)
    acting(FEEDS).hset(page, field_of("en"), before)
    eventually(lambda: not visit.is_shown(), seconds=1)
    assert acting(FEEDS).hget(page, field_of("en")) == before


def post_on(page: bytes) -> Any:
    from media.models import Post

    return Post.objects.by_ids([page_store.Page.parsed(page).marks[1]])[0]


def test_a_page_that_was_composed_after_it_is_shown(visit: Visit, alice: User, bob: User) -> None:
    withdrawn.tell(alice.id)
    eventually(lambda: not visit.is_shown())
    withdrawn.mirror.ask()
    assert renewed_page(bob.id, "en")
    eventually(visit.is_shown)


def test_pages_from_before_redis_lost_the_marks_are_refused(visit: Visit, bob: User) -> None:
    acting(FEEDS).delete(withdrawn.KEY)
    eventually(lambda: not visit.is_shown(), seconds=1)
    withdrawn.mirror.ask()  # a process notices, and the marks begin anew
    proxy_front.tell()
    assert acting(FEEDS).zscore(withdrawn.KEY, withdrawn.EPOCH)
    asked_again()
    assert not visit.is_shown()
    assert renewed_page(bob.id, "en")
    eventually(visit.is_shown)


def test_nothing_is_shown_by_a_worker_that_has_not_heard_for_a_second(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can read pages, but not the marks."""
    monkeypatch.setitem(redis_clients._breakers, FEEDS, redis_clients.Breaker())  # this process cannot, either
    acting(FEEDS).rename(withdrawn.KEY, "elsewhere")
    acting(FEEDS).set(withdrawn.KEY, "no marks")
    eventually(lambda: not visit.is_shown(), seconds=3)
    acting(FEEDS).rename("elsewhere", withdrawn.KEY)
    eventually(visit.is_shown)


def test_after_an_update_only_pages_of_the_new_release_are_shown(
    visit: Visit, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (proxy_front, page_store):
        monkeypatch.setattr(module, "release", lambda: "newer")
    proxy_front.tell()
    eventually(lambda: not visit.is_shown())
    assert renewed_page(bob.id, "en")
    eventually(visit.is_shown)


def test_whatever_processes_say_anew_is_followed(visit: Visit, settings: Settings) -> None:
    """Also what changes alone, with the same pages and the same headers."""
    settings.ALLOWED_HOSTS = ["other.example"]
    proxy_front.tell()
    eventually(lambda: not visit.is_shown())
    eventually(lambda: visit.is_shown(Host="other.example"))


def test_nothing_is_shown_once_no_process_has_told_for_a_while(visit: Visit) -> None:
    assert 0 < acting(FEEDS).ttl(proxy_front.KEY) <= proxy_front.LIVES_SECONDS
    acting(FEEDS).delete(proxy_front.KEY)  # as when that is over
    eventually(lambda: not visit.is_shown())


def test_a_redis_that_does_not_answer_costs_a_moment(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(redis_clients._breakers, FEEDS, redis_clients.Breaker())  # this process asks it meanwhile, too
    acting(FEEDS).client_pause(700)
    assert not visit.is_shown()
    eventually(visit.is_shown)


def at_once(visit: Visit, count: int) -> list[requests.Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: visit.answer(), range(count)))


@pytest.mark.parametrize("turns", ["AT_A_TIME, MOST_WAITING, LONGEST_WAIT = 1, 1000, 0.5"])
def test_a_crowd_meanwhile_is_answered_by_processes(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who wait for their turn ask Redis no more when it has not answered those before them."""
    monkeypatch.setitem(redis_clients._breakers, FEEDS, redis_clients.Breaker())
    acting(FEEDS).client_pause(900)
    assert {answer.status_code for answer in at_once(visit, 100)} == {200}, "else the last would have waited too long"


@pytest.mark.parametrize("turns", ["AT_A_TIME, MOST_WAITING, LONGEST_WAIT = 1, 1, 2"])
def test_more_than_can_be_answered_in_time_is_refused_at_once(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(redis_clients._breakers, FEEDS, redis_clients.Breaker())
    acting(FEEDS).client_pause(900)
    answers = at_once(visit, 20)
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused, "one asks, one waits"
    for answer in refused:
        assert (answer.status_code, answer.headers["Retry-After"], answer.headers["X-Refused"]) == AWAY
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("turns", ["AT_A_TIME, MOST_WAITING, LONGEST_WAIT = 2, 1000, 2"])
def test_workers_of_a_reloaded_proxy_answer_a_crowd(visit: Visit) -> None:
    """The semaphore of the door is theirs: with one that was made before they began, they died, some of the time (the
    fixture looks)."""
    before_workers, _, in_each = config.proxy.FRONT_DOOR.read_text().partition("function door.begin(")
    assert "semaphore.new" not in before_workers and "semaphore.new" in in_each
    for _ in range(3):
        visit.proxy.reload()
        eventually(visit.is_shown)
        assert {answer.status_code for answer in at_once(visit, 100)} == {200}


@pytest.mark.parametrize("turns", ["AT_A_TIME, MOST_WAITING, LONGEST_WAIT = 1, 1000, 2"])
def test_nobody_gets_the_answer_to_a_question_before_theirs(visit: Visit, proxy: RunningProxy, bob: User) -> None:
    """All of them over the same connection to Redis, which answers otherwise to who is not logged in."""
    [(name, key)] = visit.cookies.items()
    stranger = Visit(proxy, {name: key[:-4] + "gone"})
    for _ in range(5):
        assert not stranger.is_shown()
        eventually(visit.is_shown)
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda one: (one, one.answer()), [stranger, visit] * 10))
        for one, answer in answers:
            is_page = b"<html" in answer.content
            assert answer.status_code == 200 and not (is_page and one is stranger)
            assert not is_page or bob.username.encode() in answer.content


@pytest.mark.parametrize("many_waiting", [10])
def test_where_many_wait_for_a_process_who_reloads_gets_the_stored_page(visit: Visit, bob: User) -> None:
    """All others wait, too; and the log does not grow by a line for each."""
    Process.goes_on.clear()
    with ThreadPoolExecutor(30) as pool:
        crowd = [pool.submit(visit.answer, **RELOAD) for _ in range(20)]
        shown = [one.result() for one in islice(as_completed(crowd), 10)]
        assert {(answer.status_code, b"<html" in answer.content) for answer in shown} == {(200, True)}
        acting(FEEDS).delete(keys.page_key(bob.id))
        waiting = [pool.submit(visit.answer, **headers) for headers in (RELOAD, {"Accept-Encoding": "identity"})]
        Process.goes_on.set()
    assert [one.result().content for one in [*crowd, *waiting]].count(PROCESS) == 12
    assert "limiting connections" not in visit.proxy.log.read_text()


@pytest.mark.parametrize("many_waiting", [10])
@pytest.mark.parametrize("meanwhile", ["nothing", "a like", "a deletion", "a new page", "its end"])
def test_where_many_wait_a_page_that_has_ended_or_was_overtaken_is_shown(
    visit: Visit, alice: User, bob: User, meanwhile: str
) -> None:
    """Unless the member has acted since, or a post on it was withdrawn; when a newer one is stored, it is that one."""
    shows_stored = meanwhile in ("nothing", "a new page", "its end")
    stored = acting(FEEDS).hget(keys.page_key(bob.id), field_of("en"))
    post = live_post(alice, "Sunrise")
    store.push(post.id, [bob.id])
    assert not visit.is_shown(), "few wait: a process composes the next"
    if meanwhile == "a like":
        posts.like(post=post, user=bob)
    elif meanwhile == "a deletion":
        posts.delete_post(post=post_on(stored), by=alice)
    elif meanwhile == "a new page":
        assert renewed_page(bob.id, "en")
        eventually(visit.is_shown)
    elif meanwhile == "its end":
        assert renewed_page(bob.id, "en")
        make_older(bob, page_store.shown_for(bob.id) + 1)
    asked_again()
    assert visit.is_shown() is (meanwhile == "a new page")
    Process.goes_on.clear()
    with ThreadPoolExecutor(30) as pool:
        headers = RELOAD if meanwhile == "a new page" else {}
        crowd = [pool.submit(visit.answer, **headers) for _ in range(20)]
        if shows_stored:
            shown = [one.result().text for one in islice(as_completed(crowd), 10)]
            assert ["<html" in page for page in shown] == [True] * 10
            assert ["Sunrise" in page for page in shown] == [meanwhile != "nothing"] * 10
        Process.goes_on.set()
    answered_by_process = [one.result().content for one in crowd].count(PROCESS)
    assert answered_by_process == (10 if shows_stored else 20)


def test_who_looked_is_noted_so_that_their_next_page_is_composed_ahead(
    visit: Visit, client_of: ClientOf, alice: User, bob: User, charlie: User
) -> None:
    acting(FEEDS).delete(keys.seen_key(bob.id))
    wrong = Visit(visit.proxy, {settings.SESSION_COOKIE_NAME: f"{charlie.id:x}.{'x' * 30}"})
    assert not wrong.is_shown() and visit.is_shown()
    eventually(lambda: 0 < acting(FEEDS).ttl(keys.seen_key(bob.id)) <= store.FEED_TTL)
    assert not acting(FEEDS).exists(keys.seen_key(charlie.id)), "nobody is logged in there"
    store.push(post_id := live_post(alice, "New").id, [bob.id])
    tasks.compose_pages([bob.id], post_id)
    assert visit.is_shown() and "New" in visit.answer().text


def test_a_page_that_will_end_soon_is_said_to_be_looked_at(
    visit: Visit, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And composed again before it goes; once, however often it is looked at meanwhile."""
    page = keys.page_key(bob.id)
    asked_again()
    assert not acting(FEEDS).exists(proxy_front.AGING), "it is new"
    began = acting(FEEDS).hget(page, field_of("en"))
    make_older(bob, page_store.AGING_SECONDS + 100)
    acting(FEEDS).expire(page, 100)
    eventually(lambda: visit.is_shown() and acting(FEEDS).exists(proxy_front.AGING))
    assert acting(FEEDS).smembers(proxy_front.AGING) == {f"{bob.id:x}:{field_of('en')}".encode()}
    assert 0 < acting(FEEDS).ttl(proxy_front.AGING) <= 60
    monkeypatch.setattr(proxy_front, "renew_soon", tasks.renew_pages)
    proxy_front.tell()
    eventually(lambda: acting(FEEDS).hget(page, field_of("en")) > began and acting(FEEDS).ttl(page) > 100)
    assert not acting(FEEDS).exists(proxy_front.AGING)
