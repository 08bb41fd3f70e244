"""Logging in and out, passwords, second factors: allauth's pages in the site's frame."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from knox.models import AuthToken

from tests.people import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db

NEW = "four candles on a cake"


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


def log_in(client: Client, login: str, password: str = PASSWORD) -> int:
    return client.post("/login/", {"login": login, "password": password}).status_code


def now_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.mark.parametrize("login", ["alice", "Alice", "alice@example.org"])
def test_by_user_name_or_address(visitor: Client, alice: User, login: str) -> None:
    assert log_in(visitor, login) == 302
    assert visitor.get("/settings/").status_code == 200


@pytest.mark.parametrize(("login", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_refused_in_the_same_words(visitor: Client, alice: User, login: str, password: str) -> None:
    assert log_in(visitor, login, password) == 200
    assert visitor.get("/settings/").status_code == 302


def test_guessing_is_slowed_down(visitor: Client, alice: User) -> None:
    answers = [visitor.post("/login/", {"login": "alice", "password": f"guess {n}"}) for n in range(7)]
    assert "Too many failed login attempts" in answers[-1].content.decode()
    assert log_in(visitor, "alice") == 200


def test_log_out_by_a_form_not_by_a_link(client_of: Callable[[User], Client], alice: User) -> None:
    client = client_of(alice)
    assert "Log out?" in client.get("/logout/").content.decode()
    assert client.get("/settings/").status_code == 200
    assert client.post("/logout/").status_code == 302
    assert client.get("/settings/").status_code == 302


def test_a_new_password_ends_other_sessions_and_tokens(client_of: Callable[[User], Client], alice: User) -> None:
    here, elsewhere = client_of(alice), client_of(alice)
    AuthToken.objects.create(user=alice)
    words = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/password/change/", words).status_code == 302
    assert here.get("/settings/").status_code == 200
    assert elsewhere.get("/settings/").status_code == 302
    assert not AuthToken.objects.exists()
    assert log_in(Client(headers={"Sec-Fetch-Site": "same-origin"}), "alice", NEW) == 302


def test_a_forgotten_password(visitor: Client, alice: User) -> None:
    assert visitor.post("/password/reset/", {"email": "alice@example.org"}).status_code == 302
    (message,) = mail.outbox
    assert "Open this link to choose one" in message.body and "Hello Alice," in message.body
    link = next(word for word in message.body.split() if "/password/reset/key/" in word)
    form = visitor.get(link, follow=True)
    assert 'name="password1"' in form.content.decode()
    visitor.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert log_in(visitor, "alice", NEW) == 302


def test_an_unknown_address_looks_the_same(visitor: Client, alice: User) -> None:
    assert visitor.post("/password/reset/", {"email": "nobody@example.org"}).status_code == 302
    assert "There is no account with this address" in mail.outbox[0].body


def test_a_second_factor_from_set_up_to_log_in(visitor: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    log_in(visitor, "alice")
    asked = visitor.get("/2fa/totp/activate/", follow=True)
    assert "Is it you?" in asked.content.decode()
    page = visitor.post("/reauthenticate/?next=/2fa/totp/activate/", {"password": PASSWORD}, follow=True)
    assert b'<img class="framed" src="data:image/svg+xml' in page.content
    secret = page.context["form"].secret
    assert visitor.post("/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    visitor.post("/2fa/totp/activate/", {"code": now_code(secret)})
    kinds = set(Authenticator.objects.filter(user=alice).values_list("type", flat=True))
    assert kinds == {"totp", "recovery_codes"}
    assert get_adapter().is_mfa_enabled(alice)
    codes = visitor.get("/2fa/recovery-codes/").context["unused_codes"]

    elsewhere = Client(headers={"Sec-Fetch-Site": "same-origin"})
    asked = elsewhere.post("/login/", {"login": "alice", "password": PASSWORD}, follow=True)
    assert "Enter the code that your authenticator app shows" in asked.content.decode()
    assert elsewhere.get("/settings/").status_code == 302
    elsewhere.post("/2fa/authenticate/", {"code": codes[0]})
    assert elsewhere.get("/settings/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/login/", "/signup/", "/password/reset/", "/password/reset/done/", "/confirm-email/", "/inactive/"]
)
def test_visitors_pages_are_in_the_frame(visitor: Client, db: None, path: str) -> None:
    text = visitor.get(path).content.decode()
    assert '<header class="site-header">' in text
    assert "style=" not in text


@pytest.mark.parametrize(
    "path", ["/email/", "/password/change/", "/2fa/", "/reauthenticate/", "/logout/", "/settings/", "/settings/delete/"]
)
def test_members_pages_are_in_the_frame(client_of: Callable[[User], Client], alice: User, path: str) -> None:
    answer = client_of(alice).get(path)
    assert answer.status_code == 200
    assert '<header class="site-header">' in answer.content.decode()
    assert answer["Cache-Control"] in ("private, no-cache", "no-store")


@pytest.mark.parametrize("path", ["/email/", "/password/change/", "/2fa/", "/settings/", "/settings/delete/"])
def test_visitors_must_log_in(visitor: Client, db: None, path: str) -> None:
    assert visitor.get(path)["Location"].startswith("/login/?next=")
