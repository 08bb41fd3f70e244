"""One post, one comment: read, changed and deleted on its own server, the other left as it was."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.test import Client

from media import services
from media.models import Comment, Photo, Post, PostCount
from photoapp import ids, outbox
from photoapp.models import ContentOutbox
from photoapp.shards import CONTENT, alias_for, servers
from tests.admin.conftest import server_down
from tests.people import live_post, upload
from tests.queries import counted_queries
from users.models import User

pytestmark = pytest.mark.django_db


def url_of(row: Post | Comment, page: str = "change") -> str:
    return f"/admin/media/{row._meta.model_name}/{row.pk}/{page}/"


def again(row: Post | Comment) -> Post | Comment:
    return type(row).objects.on_shard_of(row.pk).get(pk=row.pk)


def events() -> list[str]:
    return [row.handler for alias in servers(CONTENT) for row in ContentOutbox.objects.using(alias).order_by("id")]


NO_PHOTO_ROWS = {f"photos-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


@pytest.fixture
def on_both(alice: User, charlie: User) -> list[Post]:
    """A post on each content server, with three photos."""
    made = [live_post(owner, f"by {owner.username}", photos=3) for owner in (alice, charlie)]
    assert len({alias_for(CONTENT, post.id) for post in made}) == 2
    return made


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_each_page_about_a_post_asks_its_server_alone(admin_client: Client, on_both: list[Post], page: str) -> None:
    for post in on_both:
        with counted_queries() as counts:
            response = admin_client.get(url_of(post, page))
        assert response.status_code == 200
        assert post.caption in response.content.decode()
        assert set(counts) - {"default"} == {alias_for(CONTENT, post.id)}


def test_a_post_shows_its_photos_owner_and_home(admin_client: Client, on_both: list[Post]) -> None:
    post = on_both[1]
    body = admin_client.get(url_of(post)).content.decode()
    for photo in Photo.objects.on_shard_of(post.id).filter(post_id=post.id):
        assert f'<img src="{photo.url(320, "jpg")}"' in body
    assert f"/admin/users/user/{post.owner_id}/change/" in body
    assert f"{alias_for(CONTENT, post.id)} · shard 600" in body
    assert f'href="/p/{ids.encode(post.id)}/"' in body


def test_staff_may_see_the_pictures_of_private_accounts(
    alice: User, olivia: User, client_of: Callable[[User], Client]
) -> None:
    User.objects.filter(id=alice.id).update(is_private=True)
    alice.refresh_from_db()
    post = upload(alice, "for friends")
    photo = Photo.objects.on_shard_of(post.id).get(post_id=post.id)
    assert client_of(olivia).get(photo.url(320, "jpg")).status_code == 200


@pytest.mark.parametrize("which", [0, 1])
def test_an_edit_lands_on_the_posts_server_and_is_told_of(
    admin_client: Client, on_both: list[Post], which: int
) -> None:
    post, other = on_both[which], on_both[1 - which]
    outbox.drain()
    form = {"caption": "in better words", "location": "Lisbon", **NO_PHOTO_ROWS}
    with counted_queries() as counts:
        assert admin_client.post(url_of(post), form).status_code == 302
    assert set(counts) - {"default"} == {alias_for(CONTENT, post.id)}
    changed = again(post)
    assert (changed.caption, changed.location) == ("in better words", "Lisbon")
    assert changed.edited_at is not None
    assert changed.owner_id == post.owner_id
    assert again(other).caption == other.caption
    assert "media.trace_edited_tags" in events()
    assert LogEntry.objects.get().object_id == str(post.id)


def test_a_caption_that_is_too_long_is_refused_at_its_field(admin_client: Client, on_both: list[Post]) -> None:
    response = admin_client.post(url_of(on_both[0]), {"caption": "x" * 3000, "location": "", **NO_PHOTO_ROWS})
    assert response.status_code == 200
    assert "caption" in response.context["adminform"].form.errors
    assert again(on_both[0]).caption == on_both[0].caption


def test_a_deleted_post_goes_with_its_files(admin_client: Client, alice: User, charlie: User) -> None:
    post, kept = upload(alice, "go"), upload(charlie, "stay")
    keys = Photo.objects.on_shard_of(post.id).get(post_id=post.id).file_keys()
    assert all(default_storage.exists(key) for key in keys)
    assert admin_client.post(url_of(post, "delete"), {"post": "yes"}).status_code == 302
    assert again(post).state == Post.State.DELETED
    outbox.drain()
    assert not Post.objects.on_shard_of(post.id).filter(id=post.id).exists()
    assert not any(default_storage.exists(key) for key in keys)
    assert again(kept).state == Post.State.LIVE
    assert all(
        default_storage.exists(key) for key in Photo.objects.on_shard_of(kept.id).get(post_id=kept.id).file_keys()
    )


def test_posts_of_several_servers_are_deleted_together(admin_client: Client, on_both: list[Post], alice: User) -> None:
    kept = live_post(alice, "stays")
    form = {"action": "delete_selected", "_selected_action": [post.id for post in on_both], "index": 0}
    asked = admin_client.post("/admin/media/post/", form)
    assert asked.status_code == 200
    body = asked.content.decode()
    assert all(f'value="{post.id}"' in body and post.caption in body for post in on_both)
    assert all(again(post).state == Post.State.LIVE for post in on_both)

    assert admin_client.post("/admin/media/post/", {**form, "post": "yes"}).status_code == 302
    assert all(again(post).state == Post.State.DELETED for post in on_both)
    assert again(kept).state == Post.State.LIVE
    assert LogEntry.objects.count() == 2
    outbox.drain()
    assert not any(Post.objects.on_shard_of(post.id).filter(id=post.id).exists() for post in on_both)


def test_everything_that_a_search_found_can_be_deleted(admin_client: Client, on_both: list[Post], alice: User) -> None:
    kept = live_post(alice, "stays")
    form = {"action": "delete_selected", "select_across": 1, "_selected_action": [on_both[0].id], "post": "yes"}
    admin_client.post("/admin/media/post/?q=by", form)
    assert all(again(post).state == Post.State.DELETED for post in on_both)
    assert again(kept).state == Post.State.LIVE


@pytest.mark.parametrize("which", [0, 1])
def test_a_comment_is_edited_and_deleted_on_its_server(
    admin_client: Client, on_both: list[Post], bob: User, which: int
) -> None:
    comments = [services.add_comment(post=post, author=bob, text="a comment") for post in on_both]
    outbox.drain()
    comment, other = comments[which], comments[1 - which]
    assert "a comment" in admin_client.get(url_of(comment)).content.decode()
    with counted_queries() as counts:
        assert admin_client.post(url_of(comment), {"text": "removed words"}).status_code == 302
    assert set(counts) - {"default"} == {alias_for(CONTENT, comment.id)}
    assert (again(comment).text, again(other).text) == ("removed words", "a comment")

    assert admin_client.post(url_of(comment, "delete"), {"post": "yes"}).status_code == 302
    assert not Comment.objects.on_shard_of(comment.id).filter(id=comment.id).exists()
    assert again(other).text == "a comment"
    assert PostCount.totals(comment.post_id, "comments") == {"comments": 0}
    assert PostCount.totals(other.post_id, "comments") == {"comments": 1}


@pytest.mark.parametrize("id", ["0", "123", "abc", str(1 << 61), str(1 << 63), "9" * 30])
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_an_id_without_a_row_leads_back_with_a_message(admin_client: Client, id: str, page: str) -> None:
    url = f"/admin/media/post/{id}/{page}/"
    for response in (admin_client.get(url, follow=True), admin_client.post(url, {"post": "yes"}, follow=True)):
        assert response.redirect_chain
        assert "exist. Perhaps it was deleted?" in response.content.decode()


def test_a_post_on_a_dead_server_leads_back_with_a_message(admin_client: Client, on_both: list[Post]) -> None:
    post, other = on_both
    with server_down(alias_for(CONTENT, post.id)):
        for response in (
            admin_client.get(url_of(post), follow=True),
            admin_client.post(url_of(post), {"caption": "x", **NO_PHOTO_ROWS}, follow=True),
        ):
            assert f"Server {alias_for(CONTENT, post.id)} does not answer; try again" in response.content.decode()
        assert admin_client.get(url_of(other)).status_code == 200
    assert again(post).caption == post.caption
