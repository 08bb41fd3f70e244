"""One's own account in a browser: picture, passkeys, colours, devices, and the end that can be taken back."""

import re
from collections.abc import Callable, Generator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.storage import default_storage
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from media.avatars import SIZE
from tests.e2e.photos import camera_files
from tests.e2e.test_journey import log_in
from tests.parts.browser import PATIENCE
from tests.parts.sites import LiveSite, WorkerProcess, eventually
from tests.people import PASSWORD
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

NewPage = Callable[..., Page]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])


def halves() -> dict[str, Any]:
    """A picture for a file field: red on the left, blue on the right."""
    image = Image.new("RGB", (1200, 600), "red")
    image.paste((0, 0, 255), (600, 0, 1200, 600))
    file = BytesIO()
    image.save(file, "PNG")
    return {"name": "halves.png", "mimeType": "image/png", "buffer": file.getvalue()}


def colours_of(user: User) -> tuple[str, str]:
    """Of the left and of the right of a member's picture."""
    user.refresh_from_db()
    with default_storage.open(user.avatar) as file:
        image = Image.open(BytesIO(file.read())).convert("RGB")
    assert image.size == (SIZE, SIZE)

    def name(x: int) -> str:
        red, _green, blue = image.getpixel((x, SIZE // 2))  # type: ignore[misc]
        return "red" if red > blue else "blue"

    return name(40), name(SIZE - 40)


def save_picture(page: Page) -> None:
    """The note is closed, so that the next one is not taken for it."""
    page.get_by_role("button", name="Save").click()
    note = page.locator(".toast")
    expect(note).to_contain_text("Your new picture is saved.")
    note.get_by_role("button", name="Close").click()
    expect(note).to_have_count(0)


def test_a_picture_is_moved_and_zoomed(new_page: NewPage, alice: User, live_site: LiveSite) -> None:
    page = new_page()
    log_in(page, alice)
    page.goto("/settings/avatar/")
    frame = page.locator("[data-frame]")
    expect(frame).to_be_hidden()
    page.get_by_label("Choose a picture").set_input_files(halves())
    expect(frame).to_be_focused()
    save_picture(page)
    assert colours_of(alice) == ("red", "blue"), "the middle"

    page.get_by_label("New picture").set_input_files(halves())
    expect(frame).to_be_focused()
    box = frame.bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] - 400, box["y"] + 100, steps=5)
    page.mouse.up()
    save_picture(page)
    assert colours_of(alice) == ("blue", "blue"), "moved to the right end, and no further"

    page.get_by_label("New picture").set_input_files(halves())
    expect(frame).to_be_focused()
    page.get_by_label("Zoom").fill("4")
    for _ in range(20):
        frame.press("ArrowRight")
    frame.press("+")
    assert float(page.locator("[name=size]").input_value()) < 0.25
    save_picture(page)
    assert colours_of(alice) == ("red", "red"), "the picture goes right, so what is left of the middle is seen"


def test_a_picture_that_the_browser_cannot_show(new_page: NewPage, alice: User, live_site: LiveSite) -> None:

    page = new_page()
    log_in(page, alice)
    page.goto("/settings/avatar/")
    heic = next((file for file in camera_files() if file.suffix == ".heic"), None)
    if heic is None:
        pytest.skip("needs a camera's HEIC file")
    page.get_by_label("Choose a picture").set_input_files(heic)
    expect(page.get_by_text("Your browser cannot show this picture.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Your new picture is saved.")


def test_a_picture_without_javascript(new_page: NewPage, alice: User, live_site: LiveSite) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, alice)
    page.goto("/settings/avatar/")
    page.get_by_label("Choose a picture").set_input_files(halves())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Remove picture")).to_be_visible()
    assert colours_of(alice) == ("red", "blue")


# --- Passkeys ----------------------------------------------------------------------------------------------------


@pytest.fixture
def key_page(browser: Browser, live_site: LiveSite) -> Generator[Page, None, None]:
    """A page whose browser can hold passkeys. They belong to a name; an address has none."""
    context = browser.new_context(base_url=live_site.replace("127.0.0.1", "localhost"))
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    chromium = context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()


def add_passkey(page: Page) -> None:
    page.goto("/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Its name").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_a_passkey_from_adding_to_removing(key_page: Page, alice: User) -> None:
    page = key_page
    log_in(page, alice)
    add_passkey(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert len(download.value.path().read_text().split()) >= 10

    page.goto("/logout/")
    page.get_by_role("button", name="Log out").click()
    page.goto("/login/?next=/settings/security/")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page).to_have_url(re.compile(r"^[^?]+/settings/security/$"))
    page.goto("/2fa/webauthn/")
    expect(page.get_by_text("My laptop")).to_be_visible()
    expect(page.get_by_text("Logs you in without the password")).to_be_visible()

    page.get_by_role("link", name="Remove My laptop").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    assert not Authenticator.objects.exists(), "recovery codes without a factor are of no use"


def test_a_passkey_besides_the_password(key_page: Page, alice: User) -> None:
    page = key_page
    log_in(page, alice)
    add_passkey(page)
    page.goto("/logout/")
    page.get_by_role("button", name="Log out").click()
    page.goto("/login/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(r":\d+/$"))
    page.goto("/settings/")
    expect(page.get_by_label("User name")).to_have_value("alice")


# --- Appearance, devices, the end --------------------------------------------------------------------------------


@both_ways
def test_colours_change_with_the_theme(new_page: NewPage, alice: User, live_site: LiveSite, javascript: bool) -> None:
    page = new_page(java_script_enabled=javascript, color_scheme="light")
    log_in(page, alice)
    page.goto("/settings/appearance/")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor") if javascript else ""
    page.get_by_text("Dark", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Dark")).to_be_checked()
    if javascript:
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light


@both_ways
def test_log_out_everywhere(new_page: NewPage, alice: User, live_site: LiveSite, javascript: bool) -> None:
    here, phone, tablet = (new_page(java_script_enabled=javascript) for _ in range(3))
    for page in (here, phone, tablet):
        log_in(page, alice)
    here.goto("/settings/sessions/")
    expect(here.get_by_role("button", name="Log out Chrome on Linux")).to_have_count(2)
    here.get_by_role("button", name="Log out Chrome on Linux").first.click()
    expect(here.get_by_role("button", name="Log out Chrome on Linux")).to_have_count(1)
    here.get_by_role("button", name="Log out everywhere else").click()
    expect(here.get_by_role("button", name="Log out Chrome on Linux")).to_have_count(0)
    for page in (phone, tablet):
        page.goto("/settings/")
        expect(page).to_have_url(re.compile("/login/"))
    here.reload()
    expect(here).to_have_url(re.compile("/settings/sessions/"))


@both_ways
def test_a_deletion_is_taken_back(
    new_page: NewPage, alice: User, live_site: LiveSite, live_worker: WorkerProcess, javascript: bool
) -> None:
    page = new_page(java_script_enabled=javascript)
    log_in(page, alice)
    page.goto("/settings/security/")
    page.get_by_role("link", name="Delete account").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account is out of sight.")).to_be_visible()
    alice.refresh_from_db()
    assert not alice.is_active and alice.delete_after

    page.goto("/login/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Keep your account?")).to_be_visible()
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_text("Welcome back!")).to_be_visible()
    alice.refresh_from_db()
    assert alice.is_active and alice.delete_after is None


def test_a_deletion_that_is_not_taken_back(alice: User, live_site: LiveSite, live_worker: WorkerProcess) -> None:
    """The sweep in this process, the erasing in the worker's."""
    from users import deletion

    until = deletion.delete_account(user=alice)
    assert deletion.sweep(until + timedelta(seconds=1)) == 1
    eventually(lambda: not User.objects.filter(id=alice.id).exists())
