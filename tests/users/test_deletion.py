"""The end of an account: hidden at once, taken back within 14 days, or erased."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from media.models import Author, Post
from photoapp import outbox
from tests import people
from tests.api import api_of
from users import deletion, selectors, tasks
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
LATER = timedelta(days=14, seconds=1)


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


def log_in(client: Client, password: str = people.PASSWORD) -> str:
    """Where the log-in leads."""
    return client.post("/login/", {"login": "alice", "password": password}).get("Location", "")


def test_the_page_says_what_will_happen_and_does_nothing(client_of: ClientOf, alice: User) -> None:
    text = client_of(alice).get("/settings/delete/?password=x").content.decode()
    assert "For 14 days" in text
    assert User.objects.filter(username="alice", is_active=True).exists()


def test_it_needs_the_password(client_of: ClientOf, alice: User) -> None:
    answer = client_of(alice).post("/settings/delete/", {"password": "wrong"})
    assert answer.status_code == 400
    assert "This is not your password." in answer.content.decode()
    assert User.objects.filter(username="alice", is_active=True).exists()


def test_guessing_the_password_is_slowed_down(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    answers = [client.post("/settings/delete/", {"password": "wrong"}) for _ in range(11)]
    assert answers[-1].status_code == 429


def test_it_is_out_of_sight_at_once(client_of: ClientOf, alice: User, bob: User) -> None:
    here, elsewhere = client_of(alice), client_of(alice)
    token = api_of(alice)
    post = people.live_post(alice)
    answer = here.post("/settings/delete/", {"password": people.PASSWORD})
    assert (answer["Location"], answer["Clear-Site-Data"]) == ("/", '"storage"')
    assert "Your account is out of sight." in here.get("/").content.decode()
    assert here.get("/settings/").status_code == elsewhere.get("/settings/").status_code == 302
    assert token.get("me/").status_code == 401
    assert client_of(bob).get("/u/alice/").status_code == 404
    assert client_of(bob).get(post.get_absolute_url()).status_code == 404
    outbox.drain()
    alice.refresh_from_db()
    assert timedelta(days=13, hours=23) < alice.delete_after - timezone.now() < timedelta(days=14)
    assert Post.objects.for_owner(alice.id).exists(), "nothing is erased yet"


def test_a_mail_says_until_when_and_how(alice: User) -> None:
    deletion.delete_account(user=alice, device="Firefox on Linux")
    outbox.drain()
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"] and message.subject == "photoapp: Your account will be deleted"
    assert "/login/" in message.body and "@alice" in message.body and "Firefox on Linux" in message.body
    alice.refresh_from_db()
    assert str(alice.delete_after.year) in message.body


def test_who_came_back_meanwhile_gets_no_mail(alice: User) -> None:
    deletion.delete_account(user=alice)
    deletion.restore_account(user=alice)
    outbox.drain()
    assert not mail.outbox


def test_logging_in_leads_to_taking_it_back(visitor: Client, client_of: ClientOf, alice: User, bob: User) -> None:
    post = people.live_post(alice)
    deletion.delete_account(user=alice)
    assert log_in(visitor) == "/settings/restore/"
    page = visitor.get("/settings/restore/").content.decode()
    assert "Keep your account?" in page and "@alice" in page
    assert visitor.get("/settings/").status_code == 302, "not logged in yet"
    answer = visitor.post("/settings/restore/", {"action": "keep"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert visitor.get("/settings/").status_code == 200
    alice.refresh_from_db()
    assert (alice.is_active, alice.delete_after) == (True, None)
    assert Author.objects.for_owner(alice.id).get().is_active
    assert client_of(bob).get(post.get_absolute_url()).status_code == 200
    assert selectors.relation(bob, alice.id).follows


def test_the_second_factor_is_asked_for_after_that(visitor: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    code = RecoveryCodes.activate(alice).generate_codes()[0]
    deletion.delete_account(user=alice)
    log_in(visitor)
    assert visitor.post("/settings/restore/", {"action": "keep"})["Location"] == "/2fa/authenticate/"
    assert visitor.get("/settings/").status_code == 302
    alice.refresh_from_db()
    assert not alice.is_active, "the password alone brings nothing back"
    answer = visitor.post("/2fa/authenticate/", {"code": code}, follow=True)
    assert "Welcome back!" in answer.content.decode()
    assert visitor.get("/settings/").status_code == 200
    alice.refresh_from_db()
    assert (alice.is_active, alice.delete_after) == (True, None)


def test_who_is_suspended_before_the_second_factor_cannot_come_back(visitor: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    code = RecoveryCodes.activate(alice).generate_codes()[0]
    deletion.delete_account(user=alice)
    log_in(visitor)
    visitor.post("/settings/restore/", {"action": "keep"})
    User.objects.filter(id=alice.id).update(delete_after=None)
    assert visitor.post("/2fa/authenticate/", {"code": code})["Location"] == "/login/"
    assert visitor.get("/settings/").status_code == 302
    alice.refresh_from_db()
    assert not alice.is_active


def test_letting_it_be_deleted_changes_nothing(visitor: Client, alice: User) -> None:
    deletion.delete_account(user=alice)
    log_in(visitor)
    assert visitor.post("/settings/restore/", {"action": "leave"})["Location"] == "/"
    assert visitor.post("/settings/restore/", {"action": "keep"})["Location"] == "/login/", "the note is gone"
    alice.refresh_from_db()
    assert not alice.is_active


def test_taking_back_needs_the_password(visitor: Client, alice: User) -> None:
    deletion.delete_account(user=alice)
    assert visitor.get("/settings/restore/")["Location"] == "/login/"
    assert log_in(visitor, "wrong") == ""
    assert visitor.post("/settings/restore/", {"action": "keep"})["Location"] == "/login/"
    alice.refresh_from_db()
    assert not alice.is_active


def test_who_forgot_the_password_can_come_back(visitor: Client, alice: User) -> None:
    deletion.delete_account(user=alice)
    visitor.post("/password/reset/", {"email": "Alice@example.org"})
    link = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    page = visitor.get(link, follow=True)
    new = "four candles on a cake"
    visitor.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert log_in(visitor, new) == "/settings/restore/"
    User.objects.filter(id=alice.id).update(delete_after=None)
    visitor.post("/password/reset/", {"email": "alice@example.org"})
    assert "There is no account with this address" in mail.outbox[-1].body, "not for who is suspended"


def test_a_suspended_member_cannot_come_back(visitor: Client, alice: User) -> None:
    User.objects.filter(id=alice.id).update(is_active=False)
    assert log_in(visitor) == "/inactive/"
    assert visitor.get("/settings/restore/")["Location"] == "/login/"
    assert not deletion.restore_account(user=alice)
    tasks.sweep_deletions()
    outbox.drain()
    assert User.objects.filter(id=alice.id).exists()


def test_who_is_suspended_while_they_think_cannot_come_back(visitor: Client, alice: User) -> None:
    deletion.delete_account(user=alice)
    log_in(visitor)
    User.objects.filter(id=alice.id).update(delete_after=None)
    assert visitor.post("/settings/restore/", {"action": "keep"})["Location"] == "/login/"
    alice.refresh_from_db()
    assert not alice.is_active


def test_name_and_address_stay_taken_until_the_end(visitor: Client, alice: User) -> None:
    deletion.delete_account(user=alice)
    form = {"username": "alice", "email": "new@example.org", "password1": people.PASSWORD}
    assert visitor.post("/signup/", form).status_code == 400
    api = {"username": "dora", "email": "alice@example.org", "password": people.PASSWORD}
    assert api_of().post("users/", api).status_code == 400


def test_it_is_erased_when_the_time_is_over(alice: User, bob: User) -> None:
    people.live_post(alice)
    deletion.delete_account(user=alice)
    assert deletion.sweep() == 0
    assert deletion.sweep(timezone.now() + LATER) == 1
    assert deletion.sweep(timezone.now() + LATER) == 0, "once"
    assert not deletion.restore_account(user=alice), "too late"
    outbox.drain()
    assert not User.objects.filter(id=alice.id).exists()
    assert not Post.objects.for_owner(alice.id).exists()
    assert selectors.follow_counts(bob.id)["following"] == 0


def test_the_clock_runs_by_itself(visitor: Client, alice: User) -> None:
    deletion.delete_account(user=alice)
    log_in(visitor)
    User.objects.filter(id=alice.id).update(delete_after=timezone.now() - timedelta(seconds=1))
    assert visitor.post("/settings/restore/", {"action": "keep"})["Location"] == "/login/"
    assert log_in(visitor) == "/inactive/"
    assert tasks.sweep_deletions() == 1
    outbox.drain()
    assert not User.objects.filter(id=alice.id).exists()


def test_deleting_twice_does_not_put_it_off(alice: User) -> None:
    deletion.delete_account(user=alice)
    soon = timezone.now() + timedelta(days=1)
    User.objects.filter(id=alice.id).update(delete_after=soon)
    deletion.delete_account(user=alice)
    alice.refresh_from_db()
    assert alice.delete_after == soon


def test_the_api_has_the_same_end(alice: User) -> None:
    client = api_of(alice)
    post = people.live_post(alice)
    assert client.delete("me/", {"password": people.PASSWORD}).status_code == 204
    assert api_of().get(f"posts/{post.id}/").status_code == 404
    answer = api_of().post("auth/token/", {"username": "alice", "password": people.PASSWORD})
    assert answer.status_code == 403
    assert "Log in on the site to keep it." in answer.json()["detail"]
    assert not AuthToken.objects.exists()
    alice.refresh_from_db()
    assert deletion.is_restorable(alice)


# --- In the admin ------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(db: None) -> User:
    return people.make_user("admin", is_staff=True, is_superuser=True)


def test_the_admin_shows_it_and_erases_at_once(client_of: ClientOf, staff: User, alice: User) -> None:
    deletion.delete_account(user=alice)
    client = client_of(staff)
    assert "Delete after" in client.get(f"/admin/users/user/{alice.id}/change/").content.decode()
    client.post(f"/admin/users/user/{alice.id}/delete/", {"post": "yes"})
    outbox.drain()
    assert not User.objects.filter(id=alice.id).exists()


def test_a_suspension_ends_sessions_and_tokens(client_of: ClientOf, staff: User, alice: User) -> None:
    browser, program = client_of(alice), api_of(alice)
    form = {"username": "alice", "email": alice.email, "display_name": "Alice", "bio": "", "year_of_birth": ""}
    answer = client_of(staff).post(f"/admin/users/user/{alice.id}/change/", form)
    assert answer.status_code == 302
    assert browser.get("/settings/").status_code == 302
    assert program.get("me/").status_code == 401
    alice.refresh_from_db()
    assert not alice.is_active and not deletion.is_restorable(alice)


def test_the_admin_brings_an_account_back(client_of: ClientOf, staff: User, alice: User) -> None:
    deletion.delete_account(user=alice)
    form = {"username": "alice", "email": alice.email, "is_active": "on"}
    assert client_of(staff).post(f"/admin/users/user/{alice.id}/change/", form).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_active, alice.delete_after) == (True, None)
    assert deletion.sweep(timezone.now() + LATER) == 0
