"""The front door: what a member's first page costs when it is stored, and who gets it."""

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from config.wsgi import application
from feeds import keys, store, withdrawn
from feeds.first_page import renewed_page
from feeds.page_store import field_of
from media import services as posts
from photoapp import ids, outbox
from photoapp.redis_clients import FEEDS, _client
from tests.people import follow, live_post, live_posts, make_user
from tests.queries import counted_queries
from users import services, sessions
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def pairs_of(headers: Any) -> set[tuple[str, Any]]:
    """But for the length; the names in Vary have no order."""
    found = {name.lower(): value for name, value in headers if name != "Content-Length"}
    found["vary"] = frozenset(found["vary"].split(", ")) if "vary" in found else None
    return set(found.items())


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.raw = status, dict(headers), body
        self.pairs = pairs_of(headers)

    @property
    def text(self) -> str:
        raw = gzip.decompress(self.raw) if self.headers.get("Content-Encoding") == "gzip" else self.raw
        return raw.decode()

    @property
    def slugs(self) -> list[str]:
        return re.findall(r'data-post="(\w+)"', self.text)


def ask(client: Client | None, path: str = "/feed/", **more: str) -> Answer:
    """Through the site's own WSGI application, front door included."""
    path, _, query = path.partition("?")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()) if client else ""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": cookies,
        "HTTP_ACCEPT_ENCODING": "gzip",
        "wsgi.url_scheme": "http",
        "wsgi.input": __import__("io").BytesIO(),
        "wsgi.errors": __import__("io").StringIO(),
        **more,
    }
    begun: list[Any] = []
    response = application(environ, lambda status, headers, *rest: begun.extend([status, headers]))
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    return Answer(begun[0], begun[1], body)


@pytest.fixture
def posted(alice: User, bob: User) -> list[str]:
    """The slugs of alice's posts, newest first; bob follows her. The mirror of withdrawals has begun."""
    withdrawn.mirror.ensure()
    withdrawn.mirror.ask()
    return [ids.encode(post.id) for post in live_posts(alice, [f"Post {n}" for n in range(8)])][::-1]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What goes over the wire to Redis, a batch each: round trips."""
    sent: list[bytes] = []
    for name in ("send_packed_command",):
        original = getattr(redis.connection.AbstractConnection, name)

        def spy(self: Any, command: Any, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
            sent.append(b"".join(command) if isinstance(command, list) else command)
            return _original(self, command, *args, **kwargs)

        monkeypatch.setattr(redis.connection.AbstractConnection, name, spy)
    return sent


def test_a_warm_page_is_one_round_trip_and_no_query(
    client_of: ClientOf, bob: User, posted: list[str], commands: list[bytes]
) -> None:
    client = client_of(bob)
    ask(client)
    assert ask(client).slugs == posted[:5]
    withdrawn.mirror.ask()
    commands.clear()
    with counted_queries() as counts:
        answer = ask(client)
    own = [command for command in commands if b"withdrawn" not in command]  # the mirror asks beside the requests
    assert answer.slugs == posted[:5] and answer.status == "200 OK"
    assert counts == {} and len(own) == 1


def test_a_page_that_is_gone_is_composed_without_a_query(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    first = ask(client)
    _client(FEEDS, 1.0, 1).delete(keys.page_key(bob.id))
    with counted_queries() as counts:
        again = ask(client)
    assert counts == {} and again.text == first.text


@pytest.mark.parametrize("path", ["/", "/feed/"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_is_the_page_that_django_makes_with_the_same_headers(
    client_of: ClientOf, bob: User, posted: list[str], path: str, encoding: str, scheme: str, settings: Settings
) -> None:
    from feeds import front

    settings.SECURE_HSTS_SECONDS = 1000
    front.headers_of.cache_clear()
    client = client_of(bob)
    more = {"HTTP_ACCEPT_ENCODING": encoding, "wsgi.url_scheme": scheme}
    ask(client, path, **more)
    made = client.get(path, secure=scheme == "https", headers={"Accept-Encoding": encoding})
    stored = ask(client, path, **more)
    whole = made.content if encoding == "identity" else gzip.decompress(made.content)
    assert stored.text == whole.decode()
    assert stored.pairs == pairs_of(made.headers.items())
    front.headers_of.cache_clear()


def test_it_is_byte_for_byte_what_the_long_way_makes(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    posts.like(post=live_post(make_user("erin"), "x"), user=bob)
    stored = ask(client).text
    long_way = client.get("/feed/?long=1").content.decode().replace("long=1&amp;", "")
    assert stored == long_way


def test_a_reload_shows_what_others_did_meanwhile(
    client_of: ClientOf, bob: User, charlie: User, posted: list[str]
) -> None:
    client = client_of(bob)
    assert "1 like" not in likes_of(ask(client))
    posts.like(post=posts_of(charlie, posted[0]), user=charlie)
    assert "1 like" not in likes_of(ask(client)), "a page that is stored, for some minutes"
    for reload in ("max-age=0", "no-cache"):
        assert "1 like" in likes_of(ask(client, HTTP_CACHE_CONTROL=reload))
    assert "1 like" in likes_of(ask(client)), "from then on"
    posts.unlike(post=posts_of(charlie, posted[0]), user=charlie)
    reloaded = client.get("/feed/", headers={"Cache-Control": "max-age=0"})
    assert "1 like" not in likes_of(reloaded.content.decode()), "by the long way, too"


def likes_of(page: Answer | str) -> str:
    """Without what a press of the button would show."""
    return (page if isinstance(page, str) else page.text).replace('data-other="1 like"', "")


def test_nobody_else_gets_it(client_of: ClientOf, alice: User, bob: User, charlie: User, posted: list[str]) -> None:
    client = client_of(bob)
    ask(client)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    owner, _, secret = key.partition(".")
    forged = Client()
    for value in (f"{alice.id:x}.{secret}", f"{owner}.{'x' * len(secret)}", secret, f"{owner}.", owner):
        forged.cookies[settings.SESSION_COOKIE_NAME] = value
        answer = ask(forged)
        assert answer.status.startswith("302"), value
    assert ask(None).status.startswith("302")
    assert ask(client_of(charlie)).slugs == []


def test_a_wrong_host_is_refused(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    ask(client)
    assert ask(client, HTTP_HOST="evil.example").status.startswith("400")


def test_each_language_has_its_own(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    for _ in range(2):
        assert '<html lang="en"' in ask(client).text
        assert '<html lang="de"' in ask(client, HTTP_ACCEPT_LANGUAGE="de-AT,de;q=0.9").text


def test_logging_out_ends_it_at_once(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    here, there = client_of(bob), client_of(bob)
    copied = Client()
    copied.cookies[settings.SESSION_COOKIE_NAME] = here.cookies[settings.SESSION_COOKIE_NAME].value
    assert ask(here).slugs and ask(copied).slugs
    here.post("/logout/")
    assert ask(copied).status.startswith("302"), "the same session elsewhere"
    assert ask(there).slugs, "another device"
    sessions.end_all(bob.id)
    assert ask(there).status.startswith("302")


def test_who_is_suspended_sees_nothing_more(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    from users import deletion

    client = client_of(bob)
    assert ask(client).slugs
    deletion.delete_account(user=bob)
    assert ask(client).status.startswith("302")


def test_a_message_that_waits_is_shown_once(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    ask(client)
    slug = posted[0]
    live = live_post(bob, "Mine")
    outbox.drain()
    client.post(f"/p/{ids.encode(live.id)}/delete/", {"action": "delete"})
    assert settings.SESSION_COOKIE_NAME in client.cookies and "messages" in client.cookies
    told = ask(client)
    assert "The post is deleted." in told.text and slug in told.slugs


# --- Whatever changes a page


def test_own_acts_show_on_the_next_load(client_of: ClientOf, alice: User, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    assert 'value="unlike"' not in ask(client).text
    for action, on in (("like", True), ("unlike", False), ("save", True), ("unsave", False)):
        kind = action.removeprefix("un")
        client.post(f"/p/{posted[1]}/{kind}/", {"action": action})
        text = ask(client).text
        assert (f'value="un{kind}"' in text) is on, action
        if kind == "like":
            assert ("1 like" in text.replace('data-other="1 like"', "")) is on
    services.unfollow(follower=bob, followee=alice)
    assert ask(client).slugs == []
    follow(bob, alice)
    assert ask(client).slugs == posted[:5]
    client.post("/settings/appearance/", {})
    services.update_profile(user=bob, theme="dark")
    assert 'data-theme="dark"' in ask(client).text
    services.update_profile(user=bob, username="robert")
    text = ask(client).text
    assert "/u/robert/" in text and "/u/bob/" not in text


def test_a_push_shows_on_the_next_load(client_of: ClientOf, alice: User, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    ask(client)
    post = live_post(alice, "New")
    store.push(post.id, [bob.id])
    assert ask(client).slugs == [ids.encode(post.id), *posted[:4]]


@pytest.mark.parametrize("act", ["delete", "archive", "suspend", "rename", "edit", "be blocked", "be removed"])
def test_what_was_withdrawn_is_on_no_page(
    client_of: ClientOf, alice: User, bob: User, posted: list[str], act: str
) -> None:
    client = client_of(bob)
    assert ask(client).slugs == posted[:5]
    post = posts_of(alice, posted[2])
    if act == "delete":
        posts.delete_post(post=post, by=alice)
    elif act == "archive":
        posts.archive_post(post=post, by=alice)
    elif act == "suspend":
        User.objects.filter(id=alice.id).update(is_active=False)
        services.update_profile(user=alice, is_active=False)
    elif act == "rename":
        services.update_profile(user=alice, username="alicia", display_name="Alicia")
    elif act == "edit":
        posts.edit_post(post=post, editor=alice, caption="Quite another")
    elif act == "be blocked":
        services.block(blocker=alice, blocked=bob)
    else:
        services.remove_follower(owner=alice, follower=bob)
    answer = ask(client)
    if act in ("delete", "archive"):
        assert answer.slugs == [slug for slug in posted if slug != posted[2]][:5]
    elif act == "rename":
        assert answer.slugs == posted[:5] and "Alicia" in answer.text and "/u/alice/" not in answer.text
    elif act == "edit":
        assert "Quite another" in answer.text and "Post 5" not in answer.text
    else:
        assert answer.slugs == []


def posts_of(owner: User, slug: str) -> Any:
    from media.selectors import visible_post

    return visible_post(ids.decode(slug), owner)


def test_a_process_that_has_not_heard_lately_serves_no_stored_page(
    client_of: ClientOf, bob: User, posted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(bob)
    ask(client)
    page = keys.page_key(bob.id)
    assert _client(FEEDS, 1.0, 1).exists(page)
    monkeypatch.setattr(withdrawn, "FRESH_SECONDS", -1.0)
    _client(FEEDS, 1.0, 1).hset(page, field_of("en"), b"9999999999999 1\n" + gzip.compress(b"an old page"))
    assert ask(client).slugs == posted[:5]


def test_a_page_from_before_the_marks_began_is_refused(client_of: ClientOf, bob: User, posted: list[str]) -> None:
    client = client_of(bob)
    ask(client)
    _client(FEEDS, 1.0, 1).hset(keys.page_key(bob.id), field_of("en"), b"1000 1\n" + gzip.compress(b"an old page"))
    assert ask(client).slugs == posted[:5]


def test_a_page_that_was_begun_before_an_act_is_not_stored_after_it(
    bob: User, posted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from feeds import first_page

    original = first_page._html

    def slow(*args: Any, **kwargs: Any) -> str:
        store.turn(bob.id)
        return original(*args, **kwargs)

    monkeypatch.setattr(first_page, "_html", slow)
    assert renewed_page(bob.id, "en") is not None
    assert not _client(FEEDS, 1.0, 1).exists(keys.page_key(bob.id))


# --- "New posts"


def test_whether_there_is_anything_new_costs_no_query_while_there_is_not(
    client_of: ClientOf, alice: User, bob: User, posted: list[str]
) -> None:
    client = client_of(bob)
    ask(client)
    with counted_queries() as counts:
        answer = ask(client, f"/feed/new/?after={posted[0]}")
    assert json.loads(answer.text) == {"new": 0} and counts == {}
    made = client.get(f"/feed/new/?after={posted[0]}")
    assert answer.pairs == pairs_of(made.headers.items())
    post = live_post(alice, "New")
    store.push(post.id, [bob.id])
    assert json.loads(ask(client, f"/feed/new/?after={posted[0]}").text) == {"new": 1}
