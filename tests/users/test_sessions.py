"""Where a member is logged in: listed, and ended in database and cache before the answer."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from knox.models import AuthToken

from photoapp import outbox
from photoapp.redis_clients import FEEDS, acting
from tests.api import api_of
from tests.people import PASSWORD
from users import sessions
from users.devices import device_name, is_phone
from users.models import User

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)
NEW = "four candles on a cake"


def log_in(agent: str = FIREFOX) -> Client:
    client = Client(headers={"Sec-Fetch-Site": "same-origin", "User-Agent": agent})
    assert client.post("/login/", {"login": "alice", "password": PASSWORD}).status_code == 302
    return client


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def is_logged_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def forms_of(client: Client) -> list[str]:
    return [device.handle for device in client.get("/settings/sessions/").context["devices"]]


def test_the_key_says_whose_a_session_is(alice: User) -> None:
    client = log_in()
    assert key_of(client).startswith(f"{alice.id:x}.")
    assert len(key_of(client)) == 40
    assert Session.objects.count() == 1, "the visitor's session before is gone"
    client.post("/logout/")
    assert not Session.objects.filter(session_key__startswith=f"{alice.id:x}.").exists()


def test_devices_are_listed(alice: User, bob: User, client_of: Callable[[User], Client]) -> None:
    here, phone = log_in(), log_in(IPHONE)
    client_of(bob)
    page = here.get("/settings/sessions/")
    names = [(device.name, device.is_current, device.is_phone) for device in page.context["devices"]]
    assert names == [("Firefox on Linux", True, False), ("Safari on iPhone", False, True)]
    text = page.content.decode()
    assert "This device" in text and "Last seen" in text and "127.0.0.1" in text
    assert key_of(here) not in text and key_of(phone) not in text, "keys are for cookies alone"


def test_one_device_logs_out_another(alice: User) -> None:
    here, phone, tablet = log_in(), log_in(IPHONE), log_in()
    assert is_logged_in(phone)  # and its record is in the cache
    handle = sessions.handle_of(key_of(phone))
    answer = here.post("/settings/sessions/", {"session": handle}, follow=True)
    assert "The device is logged out." in answer.content.decode()
    assert phone.get("/settings/")["Location"].startswith("/login/")
    assert phone.get("/").status_code == 200
    assert is_logged_in(here) and is_logged_in(tablet)
    assert handle not in forms_of(here)
    answer = here.post("/settings/sessions/", {"session": handle}, follow=True)
    assert "logged out already" in answer.content.decode()


def test_nobody_ends_the_sessions_of_others(alice: User, charlie: User, client_of: Callable[[User], Client]) -> None:
    hers, his = log_in(), client_of(charlie)
    his.post("/settings/sessions/", {"session": sessions.handle_of(key_of(hers))})
    his.post("/settings/sessions/", {"action": "everywhere"})
    assert is_logged_in(hers)
    assert Client().post("/settings/sessions/", {"action": "everywhere"}).status_code == 302


def test_log_out_everywhere(alice: User) -> None:
    here, others, program = log_in(), [log_in(), log_in(IPHONE)], api_of(alice)
    assert all(is_logged_in(other) for other in others)
    answer = here.post("/settings/sessions/", {"action": "everywhere"}, follow=True)
    assert "2 other devices are logged out." in answer.content.decode()
    assert is_logged_in(here) and not any(is_logged_in(other) for other in others)
    assert program.get("me/").status_code == 401
    assert "nowhere else" in here.post("/settings/sessions/", {"action": "everywhere"}, follow=True).content.decode()


def test_a_request_on_the_way_brings_no_session_back(alice: User) -> None:
    """It had read the record before the session ended, and writes it after."""
    phone = log_in(IPHONE)
    stale = sessions.SessionStore(key_of(phone))
    assert stale["_auth_user_id"]
    sessions.end_all(alice.id)
    stale["note"] = "late"
    with pytest.raises(UpdateError):
        stale.save()
    assert not sessions.SessionStore(key_of(phone)).get("_auth_user_id")
    late_copy = sessions.SessionStore(key_of(phone))
    late_copy._cache.set(late_copy.cache_key, {"_auth_user_id": str(alice.id)}, 60, only_new=True)
    assert not is_logged_in(phone)


def test_a_database_that_is_away_while_a_session_is_written_ends_none(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = log_in()
    session = sessions.SessionStore(key_of(here))
    session["note"] = "new"
    with monkeypatch.context() as patch:
        patch.setattr(sessions.db.SessionStore, "save", lambda *args, **kwargs: (_ for _ in ()).throw(OperationalError))
        with pytest.raises(OperationalError):
            session.save()
    assert is_logged_in(here)
    assert "note" not in sessions.SessionStore(key_of(here)), "what was not stored is not shown"


def test_a_token_that_no_database_takes_is_none(alice: User) -> None:
    assert log_in().post("/settings/sessions/", {"token": "a\0b"}).status_code == 302


def test_a_cache_that_forgot_changes_nothing(alice: User) -> None:
    here, phone = log_in(), log_in(IPHONE)
    acting(FEEDS).flushdb()
    assert is_logged_in(phone)
    here.post("/settings/sessions/", {"action": "everywhere"})
    acting(FEEDS).flushdb()
    assert is_logged_in(here) and not is_logged_in(phone)


def test_a_redis_that_was_away_while_somebody_logged_out_hears_of_it(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = log_in()
    copied = Client()
    copied.cookies[settings.SESSION_COOKIE_NAME] = key_of(here)
    assert is_logged_in(copied)
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "acting", lambda role: (_ for _ in ()).throw(ConnectionError("away")))
        assert here.post("/logout/").status_code == 302
    assert outbox.drain()
    assert not is_logged_in(copied)


def test_a_new_password_ends_all_others_at_once(alice: User) -> None:
    here, phone = log_in(), log_in(IPHONE)
    AuthToken.objects.create(user=alice)
    words = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/password/change/", words).status_code == 302
    assert [row.session_key for row in Session.objects.all()] == [key_of(here)]
    assert acting(FEEDS).get(sessions.record_key(key_of(phone))) == b"{}"
    assert is_logged_in(here) and not is_logged_in(phone)
    assert not AuthToken.objects.exists()


def test_a_wrong_password_ends_nothing(alice: User) -> None:
    here, phone = log_in(), log_in(IPHONE)
    words = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    assert here.post("/password/change/", words).status_code == 200
    assert is_logged_in(here) and is_logged_in(phone)


def test_programs_are_listed_and_ended(alice: User, charlie: User, client_of: Callable[[User], Client]) -> None:
    program, client = api_of(alice), client_of(alice)
    token = AuthToken.objects.get()
    assert token.token_key[:8] in client.get("/settings/sessions/").content.decode()
    client_of(charlie).post("/settings/sessions/", {"token": token.token_key})
    assert program.get("me/").status_code == 200
    client.post("/settings/sessions/", {"token": token.token_key})
    assert program.get("me/").status_code == 401


def test_when_it_was_last_seen_is_noted_once_an_hour(alice: User) -> None:
    client = log_in()
    store = sessions.SessionStore(key_of(client))
    store[sessions.SEEN] -= 2 * sessions.SEEN_EVERY
    store.save()
    before = store[sessions.SEEN]
    client.get("/settings/")
    seen = sessions.SessionStore(key_of(client))[sessions.SEEN]
    assert seen - before >= 2 * sessions.SEEN_EVERY
    rows = list(Session.objects.values_list("session_data", flat=True))
    client.get("/settings/")
    assert list(Session.objects.values_list("session_data", flat=True)) == rows


def test_a_key_that_is_not_the_members_own_is_none(alice: User) -> None:
    """Keys of before, or made up elsewhere: nobody could end them."""
    store = sessions.SessionStore("x" * 32)
    store["note"] = "mine"
    store["_auth_user_id"] = str(alice.id)
    store.save(must_create=True)
    assert sessions.SessionStore("x" * 32).load() == {}


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
    ],
)
def test_names_of_devices(agent: str, name: str) -> None:
    assert device_name(agent) == name
    assert is_phone(agent) == (name in ("Safari on iPhone", "Chrome on Android"))
