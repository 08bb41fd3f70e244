"""Who may do what in the admin."""

from collections.abc import Callable

import pytest
from django.test import Client

from media.models import Post
from photoapp.ids import new_id
from photoapp.models import ContentOutbox
from tests.people import live_post
from users.models import User

pytestmark = pytest.mark.django_db

LISTS = [
    "/admin/",
    "/admin/users/user/",
    "/admin/users/report/",
    "/admin/media/post/",
    "/admin/media/comment/",
    "/admin/feeds/pulledauthor/",
    "/admin/photoapp/authoutbox/",
    "/admin/photoapp/friendsoutbox/",
    "/admin/photoapp/contentoutbox/",
]


@pytest.mark.parametrize("url", LISTS)
def test_visitors_are_sent_to_the_sites_own_login(db: None, client: Client, url: str) -> None:
    response = client.get(url, follow=False)
    while response["Location"].startswith("/admin/"):
        response = client.get(response["Location"])
    assert response["Location"] == f"/login/?next={url.replace('/', '%2F')}"


@pytest.mark.parametrize("url", LISTS)
def test_members_are_refused(bob: User, client_of: Callable[[User], Client], url: str) -> None:
    client = client_of(bob)
    response = client.get(url)
    if response.status_code == 302:
        response = client.get(response["Location"])
    assert response.status_code == 403


@pytest.mark.parametrize("url", LISTS)
def test_operators_see_every_list_even_an_empty_one(admin_client: Client, url: str) -> None:
    assert admin_client.get(url).status_code == 200


def test_moderators_see_what_they_have_rights_on(mike: User, alice: User, client_of: Callable[[User], Client]) -> None:
    client = client_of(mike)
    post = live_post(alice, "a post")
    assert client.get("/admin/media/post/").status_code == 200
    assert client.get(f"/admin/media/post/{post.id}/change/").status_code == 200
    for url in ("/admin/users/user/", f"/admin/users/user/{alice.id}/change/", "/admin/photoapp/contentoutbox/"):
        assert client.get(url).status_code == 403
    assert "/admin/users/" not in client.get("/admin/").content.decode()


def test_staff_without_rights_change_nothing(alice: User, client_of: Callable[[User], Client]) -> None:
    User.objects.filter(id=alice.id).update(is_staff=True)
    client = client_of(alice)
    post = live_post(alice, "as it was")
    parked = ContentOutbox.objects.create(id=new_id(10), handler="media.trace_like", payload={}, parked=True)
    form = {"caption": "changed", "photos-TOTAL_FORMS": 0, "photos-INITIAL_FORMS": 0}
    for url, data in {
        f"/admin/media/post/{post.id}/change/": form,
        f"/admin/media/post/{post.id}/delete/": {"post": "yes"},
        "/admin/media/post/": {"action": "delete_selected", "_selected_action": post.id, "post": "yes"},
        "/admin/photoapp/contentoutbox/": {"action": "retry", "_selected_action": parked.id},
    }.items():
        assert client.post(url, data).status_code == 403
    unchanged = Post.objects.on_shard_of(post.id).get(id=post.id)
    assert (unchanged.caption, unchanged.state) == ("as it was", Post.State.LIVE)
    assert ContentOutbox.objects.on_shard_of(parked.id).get(id=parked.id).parked


def test_those_who_may_only_look_change_nothing(mike: User, alice: User, client_of: Callable[[User], Client]) -> None:
    mike.user_permissions.remove(*mike.user_permissions.exclude(codename__startswith="view_"))
    client = client_of(mike)
    post = live_post(alice, "as it was")
    assert client.get(f"/admin/media/post/{post.id}/change/").status_code == 200
    form = {"caption": "changed", "photos-TOTAL_FORMS": 0, "photos-INITIAL_FORMS": 0}
    assert client.post(f"/admin/media/post/{post.id}/change/", form).status_code == 403
    assert client.post(f"/admin/media/post/{post.id}/delete/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": post.id, "post": "yes"}
    client.post("/admin/media/post/", bulk)
    unchanged = Post.objects.on_shard_of(post.id).get(id=post.id)
    assert (unchanged.caption, unchanged.state) == ("as it was", Post.State.LIVE)


@pytest.mark.parametrize(
    "url", ["/admin/media/post/add/", "/admin/media/comment/add/", "/admin/photoapp/authoutbox/add/"]
)
def test_rows_of_members_acts_cannot_be_added(admin_client: Client, url: str) -> None:
    assert admin_client.get(url).status_code == 403
    assert admin_client.post(url, {"caption": "x"}).status_code == 403
