"""The feed in a browser: what a person does with the cards, by touch, mouse and keys, with JavaScript and without."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from media.models import Like, Saved
from tests.e2e.test_journey import log_in, paint_photos
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from tests.people import live_post, live_posts
from tests.people import upload as publish
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]
TWO_HEARTS = """void (window.hearts = new Promise((done, failed) => {
  let shown = 0;
  const count = (changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.className === "burst") shown += 1;
    if (shown === 2) done(document.getAnimations().length);
  };
  new MutationObserver(count).observe(document.querySelector(".photos"), { childList: true });
  setTimeout(() => failed(`${shown} hearts`), 10_000);
}))"""
TO_THE_END = "void scrollTo(0, document.body.scrollHeight)"
BUSY = """window.IntersectionObserver = class extends IntersectionObserver {
  constructor(tell, options) {
    const kept = [];
    super((entries, observer) => {
      kept.push(...entries);
      if (kept.at(-1).isIntersecting) tell(kept.splice(0), observer);
    }, options);
  }
}"""
LONG = "A long walk along the coast, with more words than a card can show at once. " * 6


def open_feed(new_page: NewPage, reader: User, **options: object) -> Page:
    page = new_page(**options)
    paint_photos(page)
    log_in(page, reader)
    expect(page.locator("article.post").first).to_be_visible()
    return page


def test_what_a_tap_does(new_page: NewPage, alice: User, bob: User, live_site: LiveSite) -> None:
    """Like and save at once; two taps on a photo like and never unlike; the people in it; the caption; the address."""
    tag = {"id": "5", "username": "charlie", "state": "shown"}
    post = live_post(alice, LONG, people=[tag])
    page = open_feed(new_page, bob, reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"])
    card = page.locator("article.post")
    like, photo = card.get_by_role("button", name="Like"), card.locator(".photo")

    page.evaluate(TWO_HEARTS)
    with page.expect_response("**/like/"):
        photo.dblclick()
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(card.locator("[data-likes]")).to_have_text("1 like")
    photo.dblclick()
    assert page.evaluate("hearts") == 0, "something moves"
    expect(card.locator(".burst")).to_have_count(0)  # they went by themselves
    expect(like).to_have_attribute("aria-pressed", "true")
    assert Like.objects.on_shard_of(post.id).filter(post_id=post.id, user_id=bob.id).exists()
    with page.expect_response("**/like/"):
        like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    expect(card.locator("[data-likes]")).to_have_text("0 likes")

    with page.expect_response("**/save/"):
        card.get_by_role("button", name="Save").click()
    assert Saved.objects.on_shard_of(post.id).filter(post_id=post.id, user_id=bob.id).exists()
    page.reload()
    expect(card.get_by_role("button", name="Save")).to_have_attribute("aria-pressed", "true")

    expect(card.get_by_role("link", name="@charlie")).to_be_hidden()
    photo.click()
    expect(card.get_by_role("link", name="@charlie")).to_be_visible()

    caption = card.locator(".post__caption")
    folded = caption.evaluate("text => text.clientHeight")
    card.get_by_role("link", name="more", exact=True).click()
    assert caption.evaluate("text => text.clientHeight") > folded
    expect(card.locator("[data-more]")).to_have_count(0)

    card.get_by_role("link", name="Share").click()
    expect(page.locator(".toast")).to_contain_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(post.get_absolute_url())


def test_a_like_that_fails_is_taken_back(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite, console_errors: list[str]
) -> None:
    live_post(alice, "sea")
    page = open_feed(new_page, bob)
    page.route("**/like/", lambda route: route.abort())
    page.get_by_role("button", name="Like").click()
    expect(page.locator(".toast")).to_contain_text("That did not work")
    expect(page.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-likes]")).to_have_text("0 likes")
    console_errors.clear()  # the browser notes the request that failed


def test_several_photos_by_arrows_keys_and_swipe(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite
) -> None:
    live_post(alice, "many", photos=5)
    page = open_feed(new_page, bob, reduced_motion="reduce")
    count, strip = page.locator(".photos__count"), page.locator(".strip")
    expect(count).to_have_text("1/5")
    expect(page.get_by_role("button", name="Previous photo")).to_be_hidden()
    page.get_by_role("button", name="Next photo").click()
    expect(count).to_have_text("2/5")
    strip.focus()
    page.keyboard.press("ArrowRight")
    expect(count).to_have_text("3/5")
    strip.evaluate("strip => strip.scrollBy(strip.clientWidth, 0)")  # as a swipe does
    expect(count).to_have_text("4/5")
    page.keyboard.press("End")
    expect(count).to_have_text("5/5")
    expect(page.get_by_role("button", name="Next photo")).to_be_hidden()
    expect(page.locator(".photos__dots > .is-here")).to_have_count(1)


def test_back_leads_to_the_same_place(new_page: NewPage, alice: User, bob: User, live_site: LiveSite) -> None:
    """Also far down, and with what was liked meanwhile on the post's page. Chromium keeps no whole pages here."""
    live_posts(alice, [f"photo number {number}" for number in range(30)])
    page = open_feed(new_page, bob)
    cards, twelfth = page.locator("article.post"), page.locator("article.post").nth(11)
    eventually(lambda: page.evaluate(TO_THE_END) or cards.count() >= 12)
    twelfth.evaluate("post => post.scrollIntoView()")
    before = twelfth.bounding_box()
    twelfth.locator("time").click()
    page.wait_for_url(re.compile("/p/"))  # with its scripts
    with page.expect_response("**/like/"):
        page.get_by_role("button", name="Like").click()
    page.go_back()
    expect(twelfth).to_contain_text("photo number 18")
    expect(twelfth).to_be_in_viewport()
    after = twelfth.bounding_box()
    assert before and after and abs(before["y"] - after["y"]) < 4
    expect(twelfth.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    eventually(lambda: page.evaluate(TO_THE_END) or cards.count() >= 30)  # and it goes on from there
    expect(page.get_by_text("You’re all caught up")).to_be_visible()
    expect(cards.last).to_have_attribute("aria-posinset", "30")
    assert len(set(cards.evaluate_all("all => all.map(post => post.id)"))) == 30


def test_the_feed_goes_on_where_the_browser_is_busy(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite
) -> None:
    """And tells in one go that the end was out of sight and that it has come into sight."""
    live_posts(alice, [f"photo number {number}" for number in range(7)])
    page = new_page()
    page.add_init_script(BUSY)
    paint_photos(page)
    log_in(page, bob)
    expect(page.locator("article.post")).to_have_count(5)
    page.evaluate(TO_THE_END)
    expect(page.locator("article.post")).to_have_count(7)


def test_newer_posts_are_told_of_and_wait(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite, live_worker: WorkerProcess
) -> None:
    live_posts(alice, ["old"] * 6)
    page = new_page()
    page.clock.install()
    paint_photos(page)
    log_in(page, bob)
    expect(page.locator("article.post").first).to_contain_text("old")
    publish(alice, "brand new")
    live_worker.settle()
    page.mouse.wheel(0, 1200)
    pill = page.get_by_role("link", name="New posts")
    expect(pill).to_be_hidden()
    page.clock.fast_forward(61_000)
    expect(pill).to_be_visible()
    expect(page.locator("article.post").first).to_contain_text("old")
    pill.click()
    expect(page.locator("article.post").first).to_contain_text("brand new")
    expect(page.locator("article.post").first).to_be_in_viewport()
    expect(pill).to_be_hidden()


def test_the_keyboard_alone(new_page: NewPage, alice: User, bob: User, live_site: LiveSite) -> None:
    live_posts(alice, ["third", "second", "first"])
    page = open_feed(new_page, bob, viewport={"width": 1280, "height": 700})
    cards = page.locator("article.post")
    page.keyboard.press("j")
    expect(cards.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(cards.nth(1)).to_be_focused()
    header, card = page.locator(".site-header").bounding_box(), cards.nth(1).bounding_box()
    assert header and card and card["y"] >= header["y"] + header["height"] - 1, "not below the header"
    with page.expect_response("**/like/"):
        page.keyboard.press("l")
    expect(cards.nth(1).get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("k")
    expect(cards.nth(0)).to_be_focused()

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("j")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("o")
    page.wait_for_url(re.compile("/p/"), wait_until="load")  # before that, nobody listens to keys
    page.keyboard.press("c")
    box = page.locator("#comments textarea").first
    expect(box).to_be_focused()
    page.keyboard.type("just like? jokes/locks")
    expect(box).to_have_value("just like? jokes/locks")

    page.goto("/feed/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    keys.get_by_label("Use these keys").uncheck()
    keys.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    page.keyboard.press("j")
    expect(cards.nth(0)).not_to_be_focused()
    expect(page).to_have_url(re.compile("/feed/$"))


def test_without_javascript(new_page: NewPage, alice: User, bob: User, live_site: LiveSite) -> None:
    """Like, save, the menu, every photo of several, and the rest of the feed."""
    live_posts(alice, [f"photo number {number}" for number in range(6)])
    post = live_post(alice, LONG, photos=3)
    page = open_feed(new_page, bob, java_script_enabled=False)
    card = page.locator("article.post").first
    for name in ("Like", "Save"):
        card.get_by_role("button", name=name).click()
        expect(card.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    expect(card.locator("[data-likes]")).to_have_text("1 like")
    assert "#" in page.url, "back at the card"
    expect(card.get_by_role("button", name="Next photo")).to_be_hidden()
    card.locator(".photo").nth(2).scroll_into_view_if_needed()
    expect(card.locator(".photo").nth(2)).to_be_in_viewport()
    card.get_by_label("More about this post").click()
    expect(card.get_by_role("link", name="Report")).to_be_visible()
    card.get_by_role("link", name="more", exact=True).click()
    expect(page).to_have_url(re.compile(f"{post.get_absolute_url()}$"))
    page.goto("/feed/")
    page.get_by_role("link", name="Load more").click()
    expect(page.locator("article.post")).to_have_count(2)


def test_an_empty_feed_fills_by_a_follow(
    new_page: NewPage, alice: User, charlie: User, live_site: LiveSite, live_worker: WorkerProcess
) -> None:
    live_posts(alice, ["one", "two"])
    page = new_page()
    paint_photos(page)
    log_in(page, charlie)
    expect(page.get_by_text("Your feed is empty")).to_be_visible()
    with page.expect_response("**/follow/"):
        page.get_by_role("button", name="Follow alice").click()
    live_worker.settle()
    page.goto("/feed/")
    expect(page.locator("article.post")).to_have_count(2)
