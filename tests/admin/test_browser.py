"""The admin as an operator sees it: logged in through the site, in a real browser, under the site's own CSP."""

import re

import pytest
from playwright.sync_api import Page, expect

from media.models import Photo, Post
from photoapp.ids import encode, new_id
from photoapp.models import FriendsOutbox
from photoapp.shards import alias_for
from tests.parts.browser import screenshot_path
from tests.people import PASSWORD, live_posts, upload
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]


@pytest.fixture
def at_work(page: Page, olivia: User) -> Page:
    page.goto("/admin/media/post/")
    page.locator("input[name=login]").fill("olivia")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("heading", name="Select post to change")).to_be_visible()
    return page


def keep_picture(page: Page, name: str) -> None:
    page.screenshot(path=screenshot_path(f"admin-{name}"), full_page=True)


def test_a_moderator_finds_edits_and_deletes_a_post(at_work: Page, alice: User, charlie: User) -> None:
    post = upload(alice, "a bright morning", photos=2, location="Lisbon")
    for other in live_posts(charlie, [f"evening {number}" for number in range(60)]):
        Photo.objects.on_shard_of(other.id).filter(post_id=other.id).update(rendered=False)  # they have no files
    at_work.goto("/admin/media/post/")
    expect(at_work.locator("p.paginator")).to_contain_text("61 posts")
    at_work.locator("#searchbar").fill(f"http://localhost/p/{encode(post.id)}/")
    at_work.get_by_role("button", name="Search").click()
    expect(at_work.locator("p.paginator")).to_have_text(re.compile(r"^\s*1 post\b"))
    keep_picture(at_work, "posts")
    at_work.get_by_role("link", name="a bright morning").click()
    for picture in at_work.locator("td img").all():
        expect(picture).to_have_js_property("naturalWidth", 64)
    keep_picture(at_work, "post")
    at_work.get_by_label("Caption").fill("a grey morning")
    at_work.get_by_role("button", name="Save", exact=True).click()
    expect(at_work.get_by_text("was changed successfully")).to_be_visible()
    assert Post.objects.on_shard_of(post.id).get(id=post.id).caption == "a grey morning"
    at_work.locator("#searchbar").fill("grey")
    at_work.get_by_role("button", name="Search").click()
    expect(at_work).to_have_url(re.compile("q=grey"))
    at_work.get_by_role("checkbox", name="Select this object for an action - a grey morning").check()
    at_work.get_by_label("Action:").select_option("Delete selected posts")
    at_work.get_by_role("button", name="Go").click()
    at_work.get_by_role("button", name="Yes, I’m sure").click()
    expect(at_work.get_by_text("Successfully deleted 1 post")).to_be_visible()
    assert Post.objects.on_shard_of(post.id).get(id=post.id).state == Post.State.DELETED


def test_an_operator_retries_a_parked_row_and_suspends_a_member(at_work: Page, charlie: User) -> None:
    for shard, error in ((10, "ConnectionError: the store did not answer"), (600, "OSError: disk full")):
        row = FriendsOutbox(id=new_id(shard), handler="users.mirror_follow", payload={"follower_id": 1}, error=error)
        row.parked, row.attempts = True, 10
        row.save(using=alias_for("friends", row.id), force_insert=True)
    at_work.goto("/admin/photoapp/friendsoutbox/")
    keep_picture(at_work, "outbox")
    at_work.get_by_role("checkbox", name="Select all").check()
    at_work.get_by_label("Action:").select_option("Retry parked rows")
    at_work.get_by_role("button", name="Go").click()
    expect(at_work.get_by_text("2 parked rows will be tried again")).to_be_visible()
    at_work.goto("/admin/users/user/")
    keep_picture(at_work, "members")
    at_work.get_by_role("link", name="charlie", exact=True).click()
    keep_picture(at_work, "member")
    at_work.get_by_label("Active").uncheck()
    at_work.get_by_role("button", name="Save", exact=True).click()
    expect(at_work.get_by_text("was changed successfully")).to_be_visible()
    assert not User.objects.get(id=charlie.id).is_active
