"""Search, discover and suggestions as a person uses them, by keyboard too."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from photoapp import outbox
from search import trends
from tests.e2e.test_journey import log_in
from tests.people import make_user, upload
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]


@pytest.fixture
def something(alice: User, bob: User) -> None:
    make_user("alina", display_name="Alina Field")
    upload(alice, "Low tide #sunset", location="Oslo, Norway")
    upload(bob, "Tide again #sundial")
    outbox.drain()
    trends.compute()


def test_one_types_and_goes_there_by_keyboard(page: Page, something: None) -> None:
    page.goto("/discover/")
    box = page.get_by_role("combobox", name=re.compile("Search for"))
    box.press_sequentially("al")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options).to_have_count(2)
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page).to_have_url(re.compile("/u/alina/"))


def test_a_tag_is_chosen_with_a_finger_and_enter_searches(page: Page, something: None) -> None:
    page.goto("/search/")
    box = page.get_by_role("combobox", name=re.compile("Search for"))
    box.press_sequentially("#sun")
    page.get_by_role("option", name="sunset 1").click()
    expect(page).to_have_url(re.compile("/tags/sunset/"))
    expect(page.get_by_role("heading", name="#sunset")).to_be_visible()
    page.goto("/search/")
    box.fill("tide")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=tide"))
    expect(page.locator(".tile")).to_have_count(2)
    page.get_by_role("link", name="Tags").click()
    expect(page.get_by_text("Nothing found for “tide”")).to_be_visible()


def test_escape_closes_and_leaves_what_was_typed(page: Page, something: None) -> None:
    page.goto("/discover/")
    box = page.get_by_role("combobox", name=re.compile("Search for"))
    box.press_sequentially("al")
    expect(page.get_by_role("listbox")).to_be_visible()
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("al")


def test_the_upload_form_offers_people_tags_and_places(page: Page, something: None, charlie: User) -> None:
    log_in(page, charlie)
    page.goto("/upload/")
    caption = page.get_by_label("Caption")
    caption.press_sequentially("Evening #sun")
    expect(page.get_by_role("option")).to_have_count(2)
    caption.press("ArrowDown")
    caption.press("Enter")
    expect(caption).to_have_value(re.compile("^Evening #sun(set|dial) $"))
    place = page.get_by_label("Place")
    place.press_sequentially("osl")
    expect(page.get_by_role("option", name="Oslo, Norway")).to_be_visible()
    place.press("ArrowDown")
    place.press("Tab")
    expect(place).to_have_value("Oslo, Norway")
    people = page.get_by_label("People in it")
    people.press_sequentially("ali")
    expect(page.get_by_role("option")).to_have_count(2)
    people.press("Enter")
    expect(people).to_have_value("alice, ")


def test_what_is_followed_from_discover_stays_there(page: Page, something: None, charlie: User) -> None:
    log_in(page, charlie)
    page.get_by_role("link", name="Discover").click()
    expect(page.get_by_role("heading", name="Liked lately")).to_be_visible()
    page.get_by_role("button", name="Follow bob").click()
    expect(page.get_by_role("button", name="Unfollow bob")).to_be_visible()
    expect(page).to_have_url(re.compile("/discover/"))
