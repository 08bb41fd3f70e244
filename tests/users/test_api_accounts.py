"""Sign-up, tokens and one's own account in the API."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from knox.models import AuthToken
from rest_framework.throttling import ScopedRateThrottle

from media.models import Author
from photoapp import outbox
from tests.api import api_of
from tests.people import PASSWORD, live_post
from users.models import User

pytestmark = pytest.mark.django_db

DORA = {"username": "Dora", "email": "Dora@example.org", "password": PASSWORD, "display_name": "Dora D."}


def token_for(name: str, password: str = PASSWORD, **more: str):
    return api_of().post("auth/token/", {"username": name, "password": password, **more})


# --- Sign-up -----------------------------------------------------------------------------------------------------


def test_signing_up_makes_a_member() -> None:
    answer = api_of().post("users/", {**DORA, "year_of_birth": 1990})
    assert answer.status_code == 201
    dora = User.objects.get()
    assert answer.json() == {
        "id": str(dora.id),
        "username": "dora",
        "display_name": "Dora D.",
        "avatar": None,
        "url": "http://testserver/u/dora/",
        "email": "dora@example.org",
        "bio": "",
        "year_of_birth": 1990,
        "is_private": False,
    }
    assert dora.check_password(PASSWORD)
    assert "session" not in answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_the_news_of_a_sign_up_reaches_the_content_shard() -> None:
    api_of().post("users/", DORA)
    dora = User.objects.get()
    assert Author.objects.for_owner(dora.id).get().username == "dora"


def test_signing_up_sends_a_mail_that_confirms_the_address() -> None:
    api_of().post("users/", DORA)
    assert [message.to for message in mail.outbox] == [["dora@example.org"]]
    link = re.search(r"http://\S+", mail.outbox[0].body).group()  # type: ignore[union-attr]
    api_of().post(link, headers={"Sec-Fetch-Site": "same-origin"})
    assert EmailAddress.objects.get().verified


def test_a_mail_that_cannot_be_sent_does_not_undo_a_sign_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(EmailAddress, "send_confirmation", refuse)
    assert api_of().post("users/", DORA).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "alice"),
        ("username", "ALICE"),
        ("username", "al"),
        ("username", "a b c"),
        ("username", "dora\0"),
        ("username", ""),
        ("email", "alice@example.org"),
        ("email", "not an address"),
        ("password", "12345678"),
        ("password", "dora"),
        ("year_of_birth", 1492),
        ("year_of_birth", time.gmtime().tm_year - 5),
        ("year_of_birth", "soon"),
        ("display_name", "x" * 61),
    ],
)
def test_what_is_wrong_with_a_sign_up_is_said_at_its_field(alice: User, field: str, value: object) -> None:
    answer = api_of().post("users/", {**DORA, field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert answer.json()[field][0]
    assert User.objects.count() == 1


def test_an_empty_sign_up_names_what_is_missing() -> None:
    answer = api_of().post("users/", {})
    assert (answer.status_code, set(answer.json())) == (400, {"username", "email", "password"})


def test_a_body_that_is_no_json_is_refused() -> None:
    answer = api_of().generic("POST", "users/", b"{", content_type="application/json")
    assert answer.status_code == 400
    assert "JSON" in answer.json()["detail"]
    assert api_of().generic("POST", "users/", b"x", content_type="text/plain").status_code == 415


# --- Tokens ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.org"])
def test_a_password_gives_a_token(alice: User, name: str) -> None:
    answer = token_for(name)
    assert answer.status_code == 200
    client = api_of()
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert client.get("me/").json()["username"] == "alice"


def test_tokens_are_stored_as_hashes(alice: User) -> None:
    token = token_for("alice").json()["token"]
    assert token not in str(AuthToken.objects.values().get())


def test_a_wrong_password_gives_none(alice: User) -> None:
    answer = token_for("alice", "wrong")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "The user name or the password is not right."}
    assert token_for("nobody").json() == answer.json()
    assert not AuthToken.objects.exists()


def test_an_account_that_is_not_active_gets_none(alice: User) -> None:
    User.objects.update(is_active=False)
    answer = token_for("alice")
    assert (answer.status_code, answer.json()) == (403, {"detail": "This account is not active."})


def test_an_old_token_does_not_stand_in_the_way_of_a_new_one(alice: User) -> None:
    client = api_of()
    client.credentials(HTTP_AUTHORIZATION="Token revoked")
    assert client.post("auth/token/", {"username": "alice", "password": PASSWORD}).status_code == 200


def test_guessing_is_slowed_down(alice: User) -> None:
    answers = [token_for("alice", f"wrong {number}").status_code for number in range(6)]
    assert answers == [401] * 5 + [429]
    answer = token_for("alice")
    assert answer.status_code == 429
    assert answer.json()["detail"]


def test_the_second_factor_is_asked_for(alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    answer = token_for("alice")
    assert (answer.status_code, list(answer.json())) == (400, ["code"])
    wrong = token_for("alice", code="000000")
    assert (wrong.status_code, list(wrong.json())) == (400, ["code"])
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    answer = token_for("alice", code=code)
    assert (answer.status_code, list(answer.json())) == (200, ["token"])
    assert token_for("alice", code=code).status_code == 400, "a code works once"


def test_a_recovery_code_works_once(alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    code = RecoveryCodes.activate(alice).generate_codes()[0]
    assert token_for("alice", code=code).status_code == 200
    assert token_for("alice", code=code).status_code == 400
    assert Authenticator.objects.get(type="recovery_codes").last_used_at


def test_the_second_factor_is_not_asked_for_without_the_password(alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    assert token_for("alice", "wrong").status_code == 401


def test_a_token_is_revoked_alone(alice: User) -> None:
    phone, laptop = api_of(alice), api_of(alice)
    assert phone.delete("auth/token/").status_code == 204
    assert phone.get("me/").status_code == 401
    assert laptop.get("me/").status_code == 200


def test_revoking_needs_a_token(alice: User, client_of) -> None:
    assert api_of().delete("auth/token/").status_code == 401
    assert client_of(alice).delete("/api/v1/auth/token/").status_code == 400


def test_a_password_change_revokes_all_tokens(alice: User, client_of) -> None:
    api = api_of(alice)
    new = "a quite different phrase"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client_of(alice).post("/password/change/", form).status_code == 302
    assert api.get("me/").status_code == 401


@pytest.mark.parametrize("token", ["", "x", "Token", "\xff", "a b", "ä" * 8, "0" * 64])
def test_what_is_no_token_is_refused(alice: User, token: str) -> None:
    client = api_of()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    answer = client.get("me/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"


# --- The own account ---------------------------------------------------------------------------------------------


def test_nobody_has_no_account() -> None:
    for method in ("get", "patch", "delete"):
        answer = getattr(api_of(), method)("me/")
        assert (answer.status_code, list(answer.json())) == (401, ["detail"])


def test_reading_the_own_account(alice: User) -> None:
    answer = api_of(alice).get("me/")
    assert answer.json()["email"] == "alice@example.org"
    assert "private" in answer["Cache-Control"]


def test_changing_the_own_account(alice: User) -> None:
    changes = {"display_name": "A.", "bio": "Hello", "year_of_birth": 1980, "is_private": True, "username": "Alicia"}
    answer = api_of(alice).patch("me/", changes)
    assert answer.status_code == 200
    alice.refresh_from_db()
    assert [alice.display_name, alice.bio, alice.year_of_birth, alice.is_private] == ["A.", "Hello", 1980, True]
    assert alice.username == answer.json()["username"] == "alicia"
    author = Author.objects.for_owner(alice.id).get()
    assert (author.username, author.is_private) == ("alicia", True)


def test_what_is_not_named_stays(alice: User) -> None:
    assert api_of(alice).patch("me/", {"is_private": True}).status_code == 200
    alice.refresh_from_db()
    assert alice.display_name == "Alice"
    assert api_of(alice).patch("me/", {}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "charlie"),
        ("username", "a/b/c"),
        ("bio", "x" * 501),
        ("year_of_birth", 3000),
        ("is_private", "perhaps"),
        ("email", "other@example.org"),
        ("is_staff", True),
        ("is_active", False),
        ("avatar", "avatars/of/another"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(alice: User, charlie: User, field: str, value: object) -> None:
    before = User.objects.filter(id=alice.id).values().get()
    client = api_of(alice)
    answer = client.patch("me/", {"display_name": "A.", field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    after = User.objects.filter(id=alice.id).values().get()
    assert {**after, "last_login": None} == {**before, "last_login": None}


def test_an_account_ends_with_its_password(alice: User) -> None:
    post = live_post(alice)
    client = api_of(alice)
    for body in ({}, {"password": "wrong"}):
        answer = client.delete("me/", body)
        assert (answer.status_code, list(answer.json())) == (400, ["password"])
    assert client.delete("me/", {"password": PASSWORD}).status_code == 204
    assert client.get("me/").status_code == 401
    assert api_of().get(f"posts/{post.id}/").status_code == 404
    outbox.drain()
    alice.refresh_from_db()
    assert not alice.is_active and alice.delete_after, "hidden at once, erased later"


def test_an_account_ends_in_a_browser_too(alice: User, client_of) -> None:
    browser = client_of(alice)
    answer = browser.delete("/api/v1/me/", {"password": PASSWORD}, content_type="application/json")
    assert answer.status_code == 204
    assert browser.get("/api/v1/me/").status_code == 401


# --- Sessions, sites and limits ----------------------------------------------------------------------------------


def test_a_browsers_session_counts_on_pages_of_this_site_alone(alice: User, client_of) -> None:
    browser = client_of(alice)
    browser.handler.enforce_csrf_checks = True
    change = {"path": "/api/v1/me/", "data": {"bio": "x"}, "content_type": "application/json"}
    assert browser.patch(**change, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    answer = browser.patch(**change, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_sign_ups_are_limited_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "signup", "2/hour")
    answers = [
        api_of().post("users/", {}, headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code for number in range(3)
    ]
    assert answers == [400, 400, 429], "a header that anybody can send names no client"


def test_a_cache_that_is_away_limits_nobody(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import caches

    client = api_of(alice)
    monkeypatch.setattr(ScopedRateThrottle, "cache", away := caches.create_connection("default"))
    monkeypatch.setattr(away, "_server", ["redis://127.0.0.1:1/0"])
    assert [client.patch("me/", {"bio": "x"}).status_code for _ in range(3)] == [200] * 3
