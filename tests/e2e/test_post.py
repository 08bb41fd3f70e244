"""A post's page in a browser: photos large, the talk, and what its owner does, with JavaScript on and off."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from media.models import Photo, Post
from media.services import add_comment
from tests.e2e import test_journey
from tests.parts.sites import LiveSite, eventually
from tests.people import jpeg, live_post, live_posts
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]


def log_in(page: Page, user: User) -> None:
    """Photos have rows here, and no files: they are painted for the browser."""
    picture = jpeg(size=(1200, 800)).read()
    page.route("**/photos/**", lambda route: route.fulfill(content_type="image/jpeg", body=picture))
    test_journey.log_in(page, user)


def scale_of(image: Locator) -> float:
    return float(image.evaluate("image => new DOMMatrix(getComputedStyle(image).transform).a"))


def test_photos_large_by_mouse_and_keys(new_page: NewPage, alice: User, live_site: LiveSite) -> None:
    _, post, _ = live_posts(alice, ["older", "this", "newer"], photos=3)
    Photo.objects.on_shard_of(post.id).filter(post_id=post.id, position=1).update(alt="A red boat")
    page = new_page(viewport={"width": 1280, "height": 900})
    log_in(page, alice)
    page.goto(post.get_absolute_url())
    box, image = page.locator("#lightbox"), page.locator("#lightbox img")
    opener = page.locator(".photo__open").first
    opener.click()
    expect(box).to_be_visible()
    expect(box.locator(".lightbox__count")).to_have_text("1/3")
    expect(box.get_by_role("button", name="Previous photo")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(box.locator(".lightbox__alt")).to_have_text("A red boat")
    expect(image).to_have_attribute("alt", "A red boat")
    expect(image).to_have_js_property("naturalWidth", 1200)
    frame = image.bounding_box()
    assert frame and abs(frame["width"] / frame["height"] - 1.5) < 0.01, "its true shape"
    page.keyboard.press("+")
    assert scale_of(image) == 1.5
    page.keyboard.press("-")
    assert scale_of(image) == 1
    image.click()
    assert scale_of(image) == 2.5
    page.mouse.wheel(0, 4000)
    expect(box.get_by_role("button", name="Smaller")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(box.locator(".lightbox__count")).to_have_text("3/3")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(opener).to_be_focused()
    page.locator("h1").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".post__caption")).to_have_text("older")
    page.wait_for_load_state()  # scripts included
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".post__caption")).to_have_text("this")


def test_photos_large_by_fingers(new_page: NewPage, alice: User, live_site: LiveSite) -> None:
    post = live_post(alice, photos=2)
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    log_in(page, alice)
    page.goto(post.get_absolute_url())
    page.locator(".photo__open").first.tap()
    box, image = page.locator("#lightbox"), page.locator("#lightbox img")
    expect(box.locator(".lightbox__count")).to_have_text("1/2")
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *points: tuple[int, int]) -> None:
        found = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": found})

    fingers("touchStart", (300, 400))
    fingers("touchMove", (200, 400))
    fingers("touchMove", (100, 405))
    fingers("touchEnd")
    expect(box.locator(".lightbox__count")).to_have_text("2/2")
    fingers("touchStart", (180, 400), (210, 400))
    fingers("touchMove", (150, 400), (240, 400))
    fingers("touchMove", (120, 400), (270, 400))
    fingers("touchEnd")
    eventually(lambda: scale_of(image) > 2)


def test_talk_in_place(new_page: NewPage, alice: User, bob: User, live_site: LiveSite) -> None:
    post = live_post(alice, "Harbour")
    thread = add_comment(post=post, author=bob, text="Where is this?")
    for number in range(4):
        add_comment(post=post, author=bob, text=f"guess {number}", parent=thread)
    page = new_page()
    log_in(page, alice)
    page.goto(post.get_absolute_url())
    page.evaluate("window.stayed = true")
    talk = page.locator("#comments")
    talk.get_by_role("link", name="View 2 more replies").click()
    expect(talk.get_by_text("guess 3")).to_be_visible()
    talk.get_by_role("link", name="Reply to Bob").first.click()
    talk.get_by_role("textbox").nth(1).fill("In Oslo")
    talk.get_by_role("button", name="Reply", exact=True).click()
    expect(talk.locator(".replies > .comment").last).to_contain_text("In Oslo")
    expect(talk.get_by_role("button", name="Reply", exact=True)).to_have_count(0)
    talk.get_by_role("textbox").fill("   ")
    talk.get_by_role("button", name="Post comment").click()
    expect(talk.get_by_text("Write something first.")).to_be_visible()
    talk.get_by_role("textbox").fill("My own words")
    talk.get_by_role("button", name="Post comment").click()
    expect(talk.locator(".comments > .comment").first).to_contain_text("My own words")
    expect(talk.get_by_role("textbox")).to_have_value("")
    expect(talk.get_by_role("heading", name="7 comments")).to_be_visible()
    mine = talk.locator(".comments > .comment").first
    mine.get_by_text("Delete", exact=True).click()
    mine.get_by_role("button", name="Delete this comment").click()
    expect(talk.get_by_text("My own words")).to_have_count(0)
    expect(talk.get_by_role("heading", name="6 comments")).to_be_focused()
    assert page.evaluate("window.stayed"), "nothing was loaded anew"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_put_away_deleted_and_taken_back(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite, javascript: bool
) -> None:
    post = live_post(alice, "Harbour")
    page = new_page(java_script_enabled=javascript)
    log_in(page, alice)
    page.goto(post.get_absolute_url())
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("Nobody but you can see it")).to_be_visible()
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_role("button", name="Archive", exact=True)).to_be_visible()
    page.locator(".owner-acts").get_by_role("link", name="Delete").click()
    expect(page.get_by_text("30 seconds")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/u/alice/"))
    assert Post.objects.on_shard_of(post.id).get(id=post.id).state == Post.State.DELETED
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".post__caption")).to_have_text("Harbour")


def test_without_javascript(new_page: NewPage, alice: User, bob: User, live_site: LiveSite) -> None:
    _, post = live_posts(alice, ["older", "Harbour"])
    add_comment(post=post, author=alice, text="Mine")
    page = new_page(java_script_enabled=False)
    log_in(page, bob)
    page.goto(post.get_absolute_url())
    assert re.search(r"/2048\.jpg$", page.locator(".photo__open").first.get_attribute("href") or "")
    page.get_by_role("textbox").fill("First!")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator(".comments > .comment").first).to_contain_text("First!")
    page.get_by_role("link", name="Reply to Alice").click()
    reply = page.get_by_role("button", name="Reply", exact=True)
    expect(reply).to_be_visible()
    page.get_by_role("textbox").fill("Hello @alice")
    reply.click()
    expect(page.locator(".replies > .comment")).to_contain_text("Hello @alice")
    page.get_by_role("link", name="To the post of Alice").click()
    expect(page.get_by_role("heading", name="3 comments")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".post__caption")).to_have_text("older")
