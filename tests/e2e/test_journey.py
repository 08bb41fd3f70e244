"""The whole journey in a browser, as a person makes it, with JavaScript on and off: sign up, upload, be found, be
followed, be read, liked and answered, edit, delete."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.photos import camera_files
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from tests.people import PASSWORD, jpeg, live_posts
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])


def sign_up(page: Page, username: str) -> None:
    page.goto("/")
    page.get_by_role("link", name=re.compile("sign up|join", re.I)).first.click()
    page.get_by_label(re.compile("user ?name", re.I)).fill(username)
    page.get_by_label(re.compile("your name", re.I)).fill(username.capitalize())
    page.get_by_label(re.compile("e-?mail", re.I)).fill(f"{username}@example.org")
    page.get_by_label(re.compile("year", re.I)).fill("1990")
    page.get_by_label(re.compile("^password", re.I)).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Your feed is empty")).to_be_visible()


def log_in(page: Page, user: User) -> None:
    page.goto("/login/")
    page.get_by_label(re.compile("user ?name|login|e-?mail", re.I)).first.fill(user.username)
    page.get_by_label(re.compile("^password", re.I)).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(re.compile(r"^https?://[^/]+/$"))  # not the log-in page, which ends in a slash, too


def upload(page: Page, files: list[Path], caption: str, people: str = "") -> None:
    page.goto("/upload/")
    page.locator("input[type=file]").set_input_files(files)
    page.locator("textarea[name=alt]").first.wait_for()
    for description in page.locator("textarea[name=alt]").all():
        description.fill("what it shows")
    page.get_by_label("Caption").fill(caption)
    page.get_by_label("Place").fill("Oslo")
    page.get_by_label("People in it").fill(people)
    page.get_by_role("button", name="Share").click()
    expect(page.locator("article.post")).to_be_visible(timeout=40_000)


@both_ways
def test_from_sign_up_to_a_followers_feed(
    new_page: NewPage, live_site: LiveSite, live_worker: WorkerProcess, javascript: bool
) -> None:
    alice, bob = new_page(java_script_enabled=javascript), new_page(java_script_enabled=javascript)
    sign_up(alice, "alice")
    sign_up(bob, "bob")

    bob.goto("/search/?q=ali")
    bob.get_by_role("link", name=re.compile("alice", re.I)).first.click()
    expect(bob).to_have_url(re.compile("/u/alice/"))
    bob.get_by_role("button", name="Follow").click()
    expect(bob.get_by_role("button", name=re.compile("Following|Unfollow"))).to_be_visible()

    upload(alice, camera_files(2), "Home by the <fjord> #oslo", people="bob")
    photo = alice.locator("article.post .photo picture img").first
    eventually(lambda: photo.evaluate("image => image.complete && image.naturalWidth") > 300)

    live_worker.settle()
    bob.goto("/")
    card = bob.locator("article.post")
    expect(card).to_contain_text("Home by the <fjord> #oslo")
    expect(card).to_contain_text("with @bob")
    expect(card).to_contain_text("Oslo")
    card.get_by_role("button", name="Like").click()
    expect(bob.locator("[data-likes]")).to_have_text("1 like")

    bob.goto("/")
    bob.locator("article.post a.act--words").click()
    bob.locator(".talk__form textarea, .talk__form input[type=text]").first.fill("So beautiful!")
    bob.get_by_role("button", name="Post comment").click()
    expect(bob.locator("#comment-list")).to_contain_text("So beautiful!")

    alice.reload()
    expect(alice.locator("#comment-list")).to_contain_text("So beautiful!")
    alice.get_by_role("link", name="Edit").click()
    alice.get_by_label("Caption").fill("Home at last")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".post__caption")).to_have_text("Home at last")
    bob.goto("/")
    expect(bob.locator("article.post")).to_contain_text("Home at last")

    alice.get_by_role("link", name="Delete").click()
    alice.get_by_role("button", name="Delete").click()
    expect(alice.get_by_role("status")).to_contain_text("The post is deleted.")
    bob.goto("/")
    expect(bob.locator("article.post")).to_have_count(0)


def paint_photos(page: Page) -> None:
    """For posts that have rows but no files."""
    page.route("**/photos/**", lambda route: route.fulfill(content_type="image/jpeg", body=jpeg().read()))


@both_ways
def test_a_feed_of_five_goes_on(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite, javascript: bool
) -> None:
    live_posts(alice, [f"photo number {number}" for number in range(18)])
    page = new_page(java_script_enabled=javascript)
    paint_photos(page)
    log_in(page, bob)
    cards = page.locator("article.post")
    expect(cards).to_have_count(5)
    if javascript:
        eventually(lambda: page.mouse.wheel(0, 4000) or cards.count() >= 18)
        expect(page.get_by_text("You’re all caught up")).to_be_visible()
    else:
        page.get_by_role("link", name="Load more").click()
        expect(cards).to_have_count(10)
        page.get_by_role("link", name="Load more").click()
        expect(cards).to_have_count(3)
        expect(page.get_by_text("You’re all caught up")).to_be_visible()


@both_ways
def test_a_private_account_lets_people_in(
    new_page: NewPage, alice: User, charlie: User, live_site: LiveSite, live_worker: WorkerProcess, javascript: bool
) -> None:
    live_posts(alice, ["only for friends"])
    owner, guest = new_page(java_script_enabled=javascript), new_page(java_script_enabled=javascript)
    paint_photos(owner)
    paint_photos(guest)
    log_in(owner, alice)
    owner.goto("/settings/privacy/")
    owner.get_by_label(re.compile("private", re.I)).check()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("Your account is private now.")).to_be_visible()

    log_in(guest, charlie)
    guest.goto("/u/alice/")
    expect(guest.locator("a[href^='/p/']")).to_have_count(0)
    guest.get_by_role("button", name="Follow").click()
    expect(guest.get_by_role("button", name=re.compile("Requested|Withdraw"))).to_be_visible()

    owner.goto("/settings/requests/")
    owner.get_by_role("button", name="Accept charlie").click()
    expect(owner.get_by_role("button", name="Accept charlie")).to_be_hidden()
    guest.goto("/u/alice/")
    expect(guest.locator("a[href^='/p/']")).to_have_count(1)
    live_worker.settle()
    guest.goto("/")
    expect(guest.locator("article.post")).to_contain_text("only for friends")


def test_a_second_browser_stays_somebody_else(new_page: NewPage, alice: User, bob: User, live_site: LiveSite) -> None:
    one, other = new_page(), new_page()
    log_in(one, alice)
    log_in(other, bob)
    one.goto("/settings/")
    expect(one.get_by_label(re.compile("user ?name", re.I))).to_have_value("alice")
    other.goto("/settings/")
    expect(other.get_by_label(re.compile("user ?name", re.I))).to_have_value("bob")
    one.get_by_role("button", name="Log out").click()
    expect(one.get_by_role("link", name="Sign up").first).to_be_visible()
    one.goto("/feed/")
    expect(one).to_have_url(re.compile("/login/"))
    other.goto("/feed/")
    expect(other).to_have_url(re.compile("/feed/$"))


def test_a_refused_upload_says_why_and_keeps_the_words(
    new_page: NewPage, alice: User, live_site: LiveSite, tmp_path: Path, console_errors: list[str]
) -> None:
    fake = tmp_path / "holiday.jpg"
    fake.write_text("not a photo")
    page = new_page(java_script_enabled=False)
    log_in(page, alice)
    page.goto("/upload/")
    page.locator("input[type=file]").set_input_files(fake)
    page.get_by_label("Caption").fill("a caption that took a while")
    page.get_by_role("button", name="Share").click()
    expect(page.locator("[id$=photos_error], .errorlist, .field__errors, .field__error").first).to_be_visible()
    expect(page.get_by_label("Caption")).to_have_value("a caption that took a while")
    console_errors.clear()  # the browser notes the status 415
