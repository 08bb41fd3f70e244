"""The upload page as a person uses it: drop, pick, order, describe, tag, share; and what happens when the line
breaks."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from media.models import Photo, Post, StagedPhoto
from tests.e2e.photos import camera_files
from tests.e2e.test_journey import log_in
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]
MEBIBYTE = 2**20


def open_upload(page: Page, user: User) -> None:
    log_in(page, user)
    page.goto("/upload/")
    expect(page.locator("[data-upload][data-ready]")).to_be_attached()


def pick(page: Page, files: list[Path]) -> None:
    page.locator("[data-upload] input[type=file]").set_input_files(files)


def shots(page: Page, state: str = "") -> Locator:
    return page.locator(f"[data-shots] .shot[data-is={state}]" if state else "[data-shots] .shot")


def drop(page: Page, file: Path) -> None:
    """As a file manager drops it, anywhere on the page."""
    script = """([name, data]) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const carried = new DataTransfer();
        carried.items.add(new File([bytes], name, { type: name.endsWith("heic") ? "image/heic" : "image/jpeg" }));
        for (const kind of ["dragover", "drop"])
            document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true }));
    }"""
    page.evaluate(script, [file.name, base64.b64encode(file.read_bytes()).decode()])


def names(page: Page) -> list[str]:
    return page.locator("[data-shots] .shot .shot__blank [data-name]").all_text_contents()


def posts_of(user: User) -> list[Post]:
    return list(Post.objects.for_owner(user.id))


def photos_of(post: Post) -> list[Photo]:
    return list(Photo.objects.on_shard_of(post.id).filter(post_id=post.id).order_by("position"))


def drafts(page: Page) -> str:
    """What the browser keeps of posts that are not shared, as text."""
    script = """() => new Promise((done) => {
        indexedDB.open("uploads", 1).onsuccess = ({ target }) => {
            const all = target.result.transaction("drafts").objectStore("drafts").getAll();
            all.onsuccess = () => {
                target.result.close();
                done(JSON.stringify(all.result));
            };
        };
    })"""
    return str(page.evaluate(script))


def shared(page: Page) -> None:
    page.wait_for_url(re.compile("/p/"))


def test_photos_are_dropped_ordered_described_and_shared(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite, live_worker: WorkerProcess
) -> None:
    page = new_page()
    files = {path.name: path for path in camera_files()}
    first, second, third = (
        files.get(name, path)
        for name, path in zip(
            ("gps-nikon-1.jpg", "iphone-5195.heic", "nokia-8.jpg"), list(files.values()) * 3, strict=False
        )
    )
    open_upload(page, alice)
    expect(page.get_by_text("1 to 10 photos of at most 40 MB each")).to_be_visible()
    pick(page, [first, second])
    drop(page, third)
    expect(shots(page, "ready")).to_have_count(3)
    assert names(page) == [first.name, second.name, third.name]
    expect(page.get_by_text("Taken out of your photos before anybody sees them")).to_contain_text("when it was taken")

    last = shots(page).nth(2)
    last.get_by_role("button", name="Move earlier").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text(f"{third.name} is now photo 2 of 3.")
    page.keyboard.press("Enter")
    assert names(page) == [third.name, first.name, second.name]

    page.get_by_label("Description of photo 1").fill("a harbour")
    page.get_by_label("Caption").fill("By the sea")
    if "gps-nikon-1.jpg" in files:
        page.get_by_role("button", name="Use Arezzo, Italy").click()
        expect(page.get_by_label("Place")).to_have_value("Arezzo, Italy")
    page.get_by_label("People in it").press_sequentially("bo")
    expect(page.get_by_role("option", name="Bob")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("People in it")).to_have_value("bob, ")
    page.get_by_label("Followers only").check()

    page.get_by_role("button", name="Share").click()
    reminder = page.get_by_role("dialog")
    expect(reminder).to_contain_text("Some photos have no description")
    reminder.get_by_role("button", name="Describe them").click()
    expect(page.get_by_label("Description of photo 2")).to_be_focused()
    page.get_by_role("button", name="Share").click()
    reminder.get_by_label("Do not remind me again").check()
    reminder.get_by_role("button", name="Share without").click()
    shared(page)
    expect(page.locator("article.post")).to_be_visible(timeout=60_000)

    (post,) = posts_of(alice)
    assert (post.caption, post.audience, post.people[0]["username"]) == ("By the sea", "followers", "bob")
    assert [photo.alt for photo in photos_of(post)] == ["a harbour", "", ""]
    assert not StagedPhoto.objects.for_owner(alice.id).exists()
    alice.refresh_from_db()
    assert not alice.remind_alt
    page.goto("/upload/")
    expect(page.locator("[data-upload][data-ready]")).to_be_attached()
    expect(shots(page)).to_have_count(0)


def test_a_lost_connection_loses_nothing(
    new_page: NewPage, alice: User, live_site: LiveSite, console_errors: list[str]
) -> None:
    """The line breaks while the second photo is on its way, and when the person has already pressed Share."""
    page = new_page()
    alice.remind_alt = False
    alice.save(using="default", update_fields=["remind_alt"])
    open_upload(page, alice)
    sent: list[str] = []

    def cut(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) > 1:
            page.context.set_offline(True)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/upload/photos/", cut)
    pick(page, camera_files(3))
    page.get_by_label("Caption").fill("Through the tunnel")
    expect(page.get_by_text("No connection. It goes on by itself.").first).to_be_visible()
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("button", name="Stop sharing")).to_be_visible()
    assert posts_of(alice) == []
    page.unroute("**/upload/photos/")
    page.context.set_offline(False)
    shared(page)
    (post,) = posts_of(alice)
    assert post.caption == "Through the tunnel"
    assert len(photos_of(post)) == 3
    console_errors.clear()  # the browser notes requests that failed


def test_an_answer_that_is_lost_makes_no_second_post(
    new_page: NewPage, alice: User, live_site: LiveSite, console_errors: list[str]
) -> None:
    page = new_page()
    alice.remind_alt = False
    alice.save(using="default", update_fields=["remind_alt"])
    open_upload(page, alice)
    pick(page, camera_files(1))
    expect(shots(page, "ready")).to_have_count(1)

    def swallow(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route(re.compile(r"/upload/$"), swallow, times=1)
    page.get_by_role("button", name="Share").click()
    shared(page)
    assert len(posts_of(alice)) == 1
    console_errors.clear()


def test_a_reload_brings_the_draft_back_and_sends_nothing_twice(
    new_page: NewPage, alice: User, bob: User, live_site: LiveSite
) -> None:
    page = new_page()
    open_upload(page, alice)
    pick(page, camera_files(2))
    page.get_by_label("Caption").fill("Half written")
    page.get_by_label("Followers only").check()
    page.get_by_label("Description of photo 2").fill("two")
    expect(shots(page, "ready")).to_have_count(2)
    order = names(page)
    eventually(lambda: '"two"' in (kept := drafts(page)) and kept.count('"staged":') == 2)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.reload()
    expect(page.get_by_text("Your draft is back as you left it.")).to_be_visible()
    expect(shots(page, "ready")).to_have_count(2)
    assert names(page) == order
    expect(page.get_by_label("Caption")).to_have_value("Half written")
    expect(page.get_by_label("Followers only")).to_be_checked()
    expect(page.get_by_label("Description of photo 2")).to_have_value("two")
    assert sent == []

    page.context.clear_cookies()
    open_upload(page, bob)  # somebody else, in the same browser
    expect(shots(page)).to_have_count(0)
    expect(page.get_by_label("Caption")).to_have_value("")
    page.context.clear_cookies()
    open_upload(page, alice)
    expect(shots(page)).to_have_count(0)


def test_a_draft_is_gone_when_it_is_discarded_and_when_the_member_logs_out(
    new_page: NewPage, alice: User, live_site: LiveSite
) -> None:
    page = new_page()
    open_upload(page, alice)
    page.get_by_label("Caption").fill("Not this")
    eventually(lambda: "Not this" in drafts(page))
    page.reload()
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Caption")).to_have_value("")
    expect(page.locator("[data-upload][data-ready]")).to_be_attached()
    page.get_by_label("Caption").fill("My secret")
    eventually(lambda: "My secret" in drafts(page))
    page.goto("/settings/")
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("link", name="Sign up").first).to_be_visible()
    open_upload(page, alice)
    expect(page.get_by_label("Caption")).to_have_value("")


def test_what_cannot_be_used_is_said_and_left_out(
    new_page: NewPage, alice: User, live_site: LiveSite, tmp_path: Path, console_errors: list[str]
) -> None:
    large, words, fake = tmp_path / "large.jpg", tmp_path / "words.txt", tmp_path / "fake.jpg"
    with large.open("wb") as file:
        file.truncate(41 * MEBIBYTE)
    words.write_text("no photo")
    fake.write_text("no photo either")
    page = new_page()
    open_upload(page, alice)
    pick(page, [large, words, fake])
    expect(page.locator("[data-note]")).to_contain_text("“large.jpg” is larger than 40 MB and was left out.")
    expect(page.locator("[data-note]")).to_contain_text("“words.txt” is no photo")
    expect(shots(page, "refused")).to_contain_text("is not a photo")
    page.get_by_role("button", name="Share").click()
    expect(page.locator("[data-note]")).to_have_text("One photo cannot be used. Remove it, then share.")
    expect(page.get_by_role("button", name="Remove")).to_be_focused()
    page.keyboard.press("Enter")
    expect(shots(page)).to_have_count(0)
    assert posts_of(alice) == []
    console_errors.clear()


def test_a_photo_is_removed_while_it_is_on_its_way(new_page: NewPage, alice: User, live_site: LiveSite) -> None:
    page = new_page()
    open_upload(page, alice)
    held: list[Route] = []
    page.route("**/upload/photos/", lambda route: held.append(route), times=1)
    pick(page, camera_files(2))
    expect(shots(page, "ready")).to_have_count(1)
    shots(page, "sending").get_by_role("button", name="Remove").click()
    expect(shots(page)).to_have_count(1)
    for route in held:
        route.abort()
    assert StagedPhoto.objects.for_owner(alice.id).count() == 1


def test_without_a_script_one_form_does_it_all(
    page_without_javascript: Page, alice: User, live_site: LiveSite, live_worker: WorkerProcess
) -> None:
    page = page_without_javascript
    log_in(page, alice)
    page.goto("/upload/")
    expect(page.locator("input[type=file]")).to_be_visible()
    expect(page.get_by_role("button", name="Move earlier")).to_have_count(0)
    page.locator("input[type=file]").set_input_files(camera_files(2))
    page.get_by_label("Descriptions").fill("one\ntwo")
    page.get_by_label("Followers only").check()
    page.get_by_role("button", name="Share").click()
    expect(page.locator("article.post")).to_be_visible(timeout=60_000)
    page.goto(f"{page.url.split('#')[0]}edit/")
    numbers = page.get_by_label("No.")
    expect(numbers).to_have_count(2)
    numbers.nth(1).fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page).not_to_have_url(re.compile("/edit/"))
    (post,) = posts_of(alice)
    assert post.audience == "followers"
    assert [photo.alt for photo in photos_of(post)] == ["two", "one"]
