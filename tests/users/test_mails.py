"""Mails: in the member's language; what happened, when and from where, and what to do next."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.test import Client

from tests.people import PASSWORD
from users import mails, services
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
NEW = "four candles on a cake"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Sec-Fetch-Site": "same-origin", "User-Agent": AGENT})


@pytest.fixture
def client(client_of: ClientOf, alice: User) -> Client:
    """alice's, who has just shown that it is her."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client = client_of(alice)
    client.defaults["HTTP_USER_AGENT"] = AGENT
    client.post("/reauthenticate/", {"password": PASSWORD})
    return client


def last() -> EmailMessage:
    return mail.outbox[-1]


def is_a_warning(message: EmailMessage) -> bool:
    """Says when, from where, and what to do if it was somebody else."""
    return all(
        part in message.body
        for part in ("Hello Alice,", "(UTC)", "Firefox on Linux, 127.0.0.1", "/password/reset/", "/settings/security/")
    )


def test_a_changed_password(client: Client) -> None:
    client.post("/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert last().subject == "photoapp: Your password was changed"
    assert is_a_warning(last()) and last().to == ["alice@example.org"]


def test_a_password_chosen_by_a_link(visitor: Client, alice: User) -> None:
    visitor.post("/password/reset/", {"email": "alice@example.org"})
    assert last().subject == "photoapp: Choose a new password"
    link = next(word for word in last().body.split() if "/password/reset/key/" in word)
    page = visitor.get(link, follow=True)
    visitor.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert last().subject == "photoapp: You have a new password"
    assert is_a_warning(last())


def test_another_address(client: Client, alice: User) -> None:
    client.post("/email/", {"action_add": "", "email": "new@example.org"})
    assert last().to == ["new@example.org"] and "@alice" in last().body
    link = next(word for word in last().body.split() if "/confirm-email/" in word)
    client.post(link)
    client.post("/email/", {"action_primary": "", "email": "new@example.org"})
    changed = next(message for message in mail.outbox if "was changed" in message.subject)
    assert "from alice@example.org to new@example.org" in changed.body and is_a_warning(changed)
    assert "alice@example.org" in changed.to, "the old address is told"
    client.post("/email/", {"action_remove": "", "email": "alice@example.org"})
    removed = next(message for message in mail.outbox if "was removed" in message.subject)
    assert "alice@example.org was removed" in removed.body and is_a_warning(removed)


def test_second_factors(client: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    RecoveryCodes.activate(alice)
    client.post("/2fa/recovery-codes/generate/")
    assert last().subject == "photoapp: You have new recovery codes" and is_a_warning(last())
    client.post("/2fa/totp/deactivate/")
    assert last().subject == "photoapp: Your authenticator app is off" and is_a_warning(last())


def test_signing_up_with_an_address_that_is_taken(visitor: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    words = {"username": "other", "email": "alice@example.org", "password1": NEW}
    visitor.post("/signup/", words)
    assert not User.objects.filter(username="other").exists()
    if mail.outbox:
        assert "You already have an account" in last().body


def test_a_welcome(visitor: Client) -> None:
    visitor.post("/signup/", {"username": "dora", "email": "dora@example.org", "password1": NEW})
    assert last().subject == "photoapp: Welcome! Please confirm your e-mail address"
    assert "You are @dora now" in last().body and "/confirm-email/" in last().body


def test_the_language_is_the_members(alice: User) -> None:
    def leaving(language: str) -> str:
        services.update_profile(user=alice, language=language)
        mails.send("users/email/account_leaving", alice.email, {"device": ""}, alice)
        return str(last().body)

    alice.delete_after = datetime(2031, 10, 5, tzinfo=UTC)
    assert "Oct. 5, 2031" in leaving("en")
    assert "5. Oktober 2031" in leaving("de")


def test_a_mail_server_that_is_away_undoes_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> int:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(EmailMessage, "send", refuse)
    words = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = client.post("/password/change/", words, follow=True)
    assert "We could not send a message to alice@example.org just now." in answer.content.decode()
    assert User.objects.get().check_password(NEW)


@pytest.mark.parametrize(
    "template",
    [
        *(
            f"account/email/{name}"
            for name in ("password_changed", "password_reset", "password_set", "email_changed", "email_confirm")
        ),
        *("account/email/email_deleted", "users/email/account_leaving"),
        *(
            f"mfa/email/{name}"
            for name in (
                "totp_activated",
                "totp_deactivated",
                "webauthn_added",
                "webauthn_removed",
                "recovery_codes_generated",
            )
        ),
    ],
)
def test_no_word_of_allauths_is_left(alice: User, template: str) -> None:
    body = render_to_string(f"{template}_message.txt", {"user": alice, "site": "http://x", "device": "d", "ip": "1"})
    assert "photoapp, http://x" in body and "Thank you for using" not in body
    assert len(render_to_string(f"{template}_subject.txt").splitlines()) == 1
