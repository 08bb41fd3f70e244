"""Profiles and relations as a person comes to them: tabs, following, muting, reporting, tags. With JavaScript on, and
the essential ones with it off."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from media.models import Post
from media.receivers import trace_tag
from media.services import save
from tests.e2e.test_journey import log_in, paint_photos
from tests.parts.sites import LiveSite
from tests.people import live_posts
from users.models import Report, User
from users.selectors import relation
from users.services import update_profile

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])


def tagged(owner: User, person: User, caption: str, state: str) -> Post:
    people = [{"id": str(person.id), "username": person.username, "state": str(state)}]
    post = live_posts(owner, [caption], people=people)[0]
    trace_tag(person.id, post.id)
    return post


def at_home(new_page: NewPage, user: User, **options: object) -> Page:
    page = new_page(**options)
    paint_photos(page)
    log_in(page, user)
    return page


@both_ways
def test_following_muting_and_reporting(
    new_page: NewPage, alice: User, charlie: User, live_site: LiveSite, javascript: bool
) -> None:
    live_posts(alice, ["for friends"], audience=Post.Audience.FOLLOWERS)
    page = at_home(new_page, charlie, java_script_enabled=javascript)
    page.goto("/u/alice/")
    expect(page.get_by_text("alice shares with followers only")).to_be_visible()
    page.get_by_role("button", name="Follow alice").click()
    following = page.get_by_role("button", name="Unfollow alice")
    expect(following).to_be_visible()
    if javascript:
        expect(following).to_be_focused()
    expect(page.locator("a.tile")).to_have_count(1)

    page.locator(".profile details.menu > summary").click()
    page.get_by_role("button", name="Mute alice").click()
    expect(page.get_by_text("You muted alice")).to_be_visible()
    expect(page.locator(".profile .badge")).to_have_text("Muted")
    assert relation(charlie, alice.id).muted

    page.locator(".profile details.menu > summary").click()
    page.get_by_role("link", name="Report alice").click()
    page.get_by_label("It is spam").check()
    page.get_by_label(re.compile("What should the moderators know")).fill("every day the same")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert [(found.reason, found.text) for found in Report.objects.all()] == [("spam", "every day the same")]

    page.get_by_role("button", name="Block alice").click()
    expect(page.get_by_text("You blocked alice")).to_be_visible()
    page.goto("/u/alice/")
    expect(page.get_by_role("button", name="Unblock")).to_be_visible()
    expect(page.locator("a.tile")).to_have_count(0)


@both_ways
def test_the_tabs_and_a_say_in_tags(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite, javascript: bool
) -> None:
    update_profile(user=bob, approve_tags=True)
    kept = live_posts(alice, [f"walk {number}" for number in range(14)])
    for post in kept:
        save(post=post, user=bob)
    asked = tagged(alice, bob, "the two of us", Post.Tag.ASKED)
    page = at_home(new_page, bob, java_script_enabled=javascript)

    page.goto("/u/bob/")
    page.get_by_role("navigation", name="Photos").get_by_role("link", name="Saved").click()
    expect(page.get_by_text("Only you see what you saved")).to_be_visible()
    tiles = page.locator("a.tile")
    if javascript:
        page.locator("a.tile").last.scroll_into_view_if_needed()
        page.mouse.wheel(0, 6000)
        expect(tiles).to_have_count(14)
    else:
        expect(tiles).to_have_count(12)
        page.get_by_role("link", name="Load more").click()
        expect(tiles).to_have_count(2)

    page.goto("/settings/tags/")
    expect(page.get_by_label("Ask me before a tag of me is shown")).to_be_checked()
    page.get_by_role("button", name="Approve the tag by alice").click()
    expect(page.get_by_text("No tag waits for you")).to_be_visible()
    trace_tag(bob.id, asked.id)  # as a worker does
    page.goto("/u/bob/")
    page.get_by_role("navigation", name="Photos").get_by_role("link", name="Tagged").click()
    expect(tiles).to_have_count(1)

    page.goto(f"{asked.get_absolute_url()}tag/")
    page.get_by_role("button", name="Remove my tag").click()
    expect(page.get_by_text("You are no longer tagged in this post.")).to_be_visible()
    page.goto("/u/bob/tagged/")
    expect(page.get_by_text("Photos of you")).to_be_visible()


def test_people_are_followed_in_a_list_without_leaving_it(
    new_page: NewPage, alice: User, bob: User, charlie: User, live_site: LiveSite
) -> None:
    page = at_home(new_page, charlie)
    page.goto("/u/alice/followers/")
    page.evaluate("window.here = true")
    page.get_by_role("button", name="Follow bob").press("Enter")
    expect(page.get_by_role("button", name="Unfollow bob")).to_be_focused()
    page.get_by_role("button", name="Unfollow bob").press("Enter")
    expect(page.get_by_role("button", name="Follow bob")).to_be_focused()
    assert page.evaluate("window.here") is True


def test_a_grid_of_squares_does_not_move_and_is_steered_by_keys(
    new_page: NewPage, alice: User, live_site: LiveSite
) -> None:
    """On a phone, as a visitor: the squares are there before the photos are."""
    live_posts(alice, [f"walk {number}" for number in range(9)])
    page = new_page(viewport={"width": 390, "height": 844})
    paint_photos(page)
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(e => window.shift += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.goto("/u/alice/")
    boxes = [tile.bounding_box() for tile in page.locator("a.tile").all()]
    assert len(boxes) == 9
    assert all(box and abs(box["width"] - box["height"]) < 1 for box in boxes)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shift") < 0.02
    page.locator("a.tile").first.focus()
    page.keyboard.press("Tab")
    expect(page.locator("a.tile").nth(1)).to_be_focused()
    expect(page.locator("a.tile").nth(1).locator(".tile__counts")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/p/"))
