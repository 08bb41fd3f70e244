"""The frame in the browser: notes, menus, dialogs, the language, keys and looks that people set up for themselves."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import people
from tests.e2e.test_journey import log_in
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]
TOAST = """async (path) => {
  const { toast } = await import(path);
  toast("Saved", { action: { label: "Look", onclick() { document.title = "Looked"; } } });
}"""


def test_by_keyboard_one_skips_to_the_content_and_closes_menus(page: Page, alice: User) -> None:
    post = people.upload(alice)
    log_in(page, alice)
    page.goto(post.get_absolute_url())
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    assert skip.evaluate("link => getComputedStyle(link).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    menu = page.locator("details.menu").first
    menu.locator("summary").press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator("main").click(position={"x": 5, "y": 5})
    expect(menu).not_to_have_attribute("open", "")


def test_a_note_has_a_button_and_goes(page: Page) -> None:
    page.goto("/login/")
    module = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name).find((name) => /toast/.test(name))"
    )
    page.clock.install()
    page.evaluate(TOAST, module)
    note = page.get_by_role("status").get_by_text("Saved")
    expect(note).to_be_visible()
    page.get_by_role("button", name="Look").click()
    expect(page).to_have_title("Looked")
    expect(note).to_have_count(0)

    page.evaluate(TOAST, module)
    page.get_by_role("status").get_by_role("button", name="Close").click()
    expect(note).to_have_count(0)
    page.mouse.move(0, 0)  # a note under the pointer waits
    page.evaluate(TOAST, module)
    page.clock.run_for(31_000)
    expect(note).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_deletion_is_taken_back_from_its_note(new_page: NewPage, alice: User, javascript: bool) -> None:
    post = people.upload(alice, "Harbour")
    page = new_page(java_script_enabled=javascript)
    log_in(page, alice)
    page.goto(f"{post.get_absolute_url()}delete/")
    page.locator("main").get_by_role("button", name="Delete").click()
    note = page.get_by_role("status")
    expect(note).to_contain_text("The post is deleted.")
    note.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The post is back.")).to_be_visible()
    page.goto(post.get_absolute_url())
    expect(page.locator("article")).to_contain_text("Harbour")


def test_visitors_choose_their_language_without_javascript(page_without_javascript: Page) -> None:
    page = page_without_javascript
    page.goto("/login/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page).to_have_url("/login/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_a_member_s_theme_is_stronger_than_the_device_s(new_page: NewPage, alice: User) -> None:
    User.objects.filter(id=alice.id).update(theme="light")
    page = new_page(color_scheme="dark")
    page.goto("/login/")
    assert background(page) == "rgb(20, 20, 19)"
    log_in(page, alice)
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert background(page) == "rgb(250, 249, 246)"


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_in_forced_colours_buttons_keep_their_edges(new_page: NewPage) -> None:
    page = new_page(forced_colors="active", color_scheme="dark")
    page.goto("/")
    edge = page.locator(".button").first.evaluate("button => getComputedStyle(button).borderTopStyle")
    assert edge == "solid"
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("link => getComputedStyle(link).outlineStyle") == "solid"


def test_nothing_moves_where_people_asked_for_calm(new_page: NewPage) -> None:
    page = new_page(reduced_motion="reduce")
    page.goto("/login/")
    moving = """[...document.querySelectorAll("*")].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return !/^[0s, ]*$/.test(transitionDuration) || animationName !== "none";
    }).map(({ className }) => className)"""
    assert page.evaluate(moving) == []
