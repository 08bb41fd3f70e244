"""Members in the admin: what is changed there reaches the shards as if they had changed it themselves."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.test import Client
from knox.models import AuthToken

from media.models import Author, Post
from photoapp import ids, outbox
from photoapp.shards import CONTENT, FRIENDS, alias_for
from tests.people import PASSWORD, live_post, make_user
from users.models import User

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/users/user/"


def change(client: Client, user: User, **changes: Any) -> Any:
    """Saves the change form as it stands, with these changes."""
    url = f"{MEMBERS}{user.id}/change/"
    form = client.get(url).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if name in form.fields and value is not None}
    data = {name: value for name, value in data.items() if value is not False and name != "password"}
    data |= changes
    return client.post(url, {name: value for name, value in data.items() if value is not False})


def face(user: User) -> Author:
    return Author.objects.for_owner(user.id).get()


def found(client: Client, query: str) -> list[str]:
    response = client.get(MEMBERS, {"q": query})
    return sorted(user.username for user in response.context["cl"].result_list)


def test_members_are_found_by_name_address_and_id(admin_client: Client, alice: User, bob: User) -> None:
    User.objects.filter(id=bob.id).update(display_name="Robert Bunsen")
    assert found(admin_client, "") == ["alice", "bob", "olivia"]
    assert found(admin_client, "ali") == found(admin_client, "@alice") == found(admin_client, "ALICE@") == ["alice"]
    assert found(admin_client, "bunsen") == ["bob"]
    assert found(admin_client, str(alice.id)) == found(admin_client, ids.encode(alice.id)) == ["alice"]
    assert found(admin_client, f"https://photos.example/admin/users/user/{bob.id}/change/") == ["bob"]
    assert found(admin_client, "nobody") == found(admin_client, str(ids.new_id(1))) == []


def test_a_member_says_where_their_rows_are(admin_client: Client, charlie: User) -> None:
    home = f"{alias_for(FRIENDS, charlie.id)}, {alias_for(CONTENT, charlie.id)} · shard 600"
    assert home in admin_client.get(MEMBERS, {"q": "charlie"}).content.decode()
    body = admin_client.get(f"{MEMBERS}{charlie.id}/change/").content.decode()
    assert home in body
    assert f"/admin/media/post/?owner={charlie.id}" in body
    assert 'name="first_name"' not in body


def test_a_change_reaches_the_public_face(admin_client: Client, charlie: User) -> None:
    outbox.drain()
    assert change(admin_client, charlie, display_name="Charles", username="charles", is_private="on").status_code == 302
    charlie.refresh_from_db()
    assert (charlie.display_name, charlie.username, charlie.is_private) == ("Charles", "charles", True)
    assert charlie.check_password(PASSWORD)
    assert (face(charlie).display_name, face(charlie).username, face(charlie).is_private) == (
        "Charles",
        "charles",
        True,
    )


def test_a_suspended_member_is_out_of_sight_and_out(
    admin_client: Client, charlie: User, client_of: Callable[[User], Client]
) -> None:
    own = client_of(charlie)
    AuthToken.objects.create(charlie)
    assert change(admin_client, charlie, is_active=False).status_code == 302
    assert face(charlie).is_active is False
    assert not AuthToken.objects.filter(user=charlie).exists()
    assert own.get("/admin/")["Location"].startswith("/admin/login/")  # nobody's session
    assert change(admin_client, charlie, is_active="on").status_code == 302
    assert face(charlie).is_active is True


def test_a_taken_name_or_address_is_refused_at_its_field(admin_client: Client, alice: User, charlie: User) -> None:
    for field, value in {"username": "alice", "email": "alice@example.org", "bio": "x" * 501}.items():
        response = change(admin_client, charlie, **{field: value})
        assert response.status_code == 200
        assert field in response.context["adminform"].form.errors
    charlie.refresh_from_db()
    assert charlie.username == "charlie"


def test_a_new_address_replaces_the_primary_one(admin_client: Client, charlie: User) -> None:
    EmailAddress.objects.create(user=charlie, email="charlie@example.org", primary=True, verified=True)
    change(admin_client, charlie, email="charles@example.org")
    primary = EmailAddress.objects.get(user=charlie, primary=True)
    assert (primary.email, primary.verified) == ("charles@example.org", False)


def test_a_member_is_added_with_a_home(admin_client: Client) -> None:
    form = {
        "username": "dora",
        "email": "dora@example.org",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert admin_client.post(f"{MEMBERS}add/", form).status_code == 302
    dora = User.objects.get(username="dora")
    assert dora.check_password(PASSWORD)
    assert face(dora).username == "dora"
    for name in ("Dora", "dora", "d"):
        response = admin_client.post(f"{MEMBERS}add/", {**form, "username": name, "email": "other@example.org"})
        assert "username" in response.context["adminform"].form.errors


def test_a_new_password_ends_tokens_and_sessions(
    admin_client: Client, charlie: User, client_of: Callable[[User], Client]
) -> None:
    own = client_of(charlie)
    AuthToken.objects.create(charlie)
    form = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    assert admin_client.post(f"{MEMBERS}{charlie.id}/password/", form).status_code == 302
    charlie.refresh_from_db()
    assert charlie.check_password("another horse battery")
    assert not AuthToken.objects.filter(user=charlie).exists()
    assert own.get("/admin/")["Location"].startswith("/admin/login/")
    weak = admin_client.post(f"{MEMBERS}{charlie.id}/password/", {**form, "password1": "123", "password2": "123"})
    assert weak.status_code == 200


@pytest.mark.parametrize("bulk", [False, True])
def test_a_deleted_account_goes_with_all_it_posted(
    admin_client: Client, charlie: User, alice: User, bulk: bool
) -> None:
    post = live_post(charlie, "mine")
    if bulk:
        admin_client.post(MEMBERS, {"action": "delete_selected", "_selected_action": charlie.id, "post": "yes"})
    else:
        admin_client.post(f"{MEMBERS}{charlie.id}/delete/", {"post": "yes"})
    assert User.objects.get(id=charlie.id).is_active is False
    outbox.drain()
    assert not User.objects.filter(id=charlie.id).exists()
    assert not Post.objects.on_shard_of(post.id).filter(id=post.id).exists()
    assert not Author.objects.for_owner(charlie.id).exists()
    assert User.objects.filter(id=alice.id).exists()


def test_operators_cannot_delete_themselves(admin_client: Client, olivia: User) -> None:
    assert admin_client.post(f"{MEMBERS}{olivia.id}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(MEMBERS, {"action": "delete_selected", "_selected_action": olivia.id, "post": "yes"})
    assert User.objects.get(id=olivia.id).is_active


def test_only_a_superuser_gives_rights(
    mike: User, alice: User, olivia: User, client_of: Callable[[User], Client]
) -> None:
    rights = Permission.objects.filter(content_type__app_label="users", content_type__model="user")
    mike.user_permissions.add(*rights)
    client = client_of(mike)
    assert change(client, alice, display_name="Alicia", is_staff="on", is_superuser="on").status_code == 302
    alice.refresh_from_db()
    assert (alice.display_name, alice.is_staff, alice.is_superuser) == ("Alicia", False, False)
    for person in (olivia, mike):
        form = {"username": person.username, "email": "taken.over@example.org", "is_superuser": "on", "is_active": "on"}
        assert client.post(f"{MEMBERS}{person.id}/change/", form).status_code == 403
        password = {"password1": "another horse battery", "password2": "another horse battery"}
        assert client.post(f"{MEMBERS}{person.id}/password/", password).status_code == 403
        assert client.post(f"{MEMBERS}{person.id}/delete/", {"post": "yes"}).status_code == 403
    client.post(MEMBERS, {"action": "delete_selected", "_selected_action": [olivia.id, alice.id], "post": "yes"})
    assert User.objects.get(id=olivia.id).is_active
    assert User.objects.get(id=alice.id).is_active


def test_pages_of_members_are_newest_first(admin_client: Client) -> None:
    made = [make_user(f"member{number:02}") for number in range(5)]
    response = admin_client.get(MEMBERS, {"q": "member"})
    assert [user.pk for user in response.context["cl"].result_list] == sorted((u.id for u in made), reverse=True)
