"""What holds on every page, in the browser: nothing keeps people out (axe-core, WCAG 2.2 AA), nothing comes from
elsewhere, nothing inline runs, and it fits a narrow screen and large letters.

SCREENSHOTS=1 (script/screenshots) takes pictures of them all, with the photos of a camera where there are some.
"""

import os
from collections.abc import Callable, Iterator
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response

from tests import pages
from tests.e2e.photos import camera_files
from tests.e2e.test_journey import log_in
from tests.pages import SitePage
from tests.parts.browser import SCREENSHOTS
from tests.parts.sites import LiveSite
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real("browser")]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) =>
    `${id}: ${target.join(" ")} ${any[0]?.message ?? ""}`));
}"""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Of these, what can differ in the dark, on a phone and with menus open.
LOOKS = ["color-contrast", "link-in-text-block", "target-size", "link-name", "button-name", "region"]
OPEN_MENUS = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
TOO_WIDE = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return "";
  const wide = [...document.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > clientWidth);
  return `${scrollWidth} px: ${wide.map(({ className, tagName }) => `${tagName}.${className}`)}`;
}"""
PICTURES = bool(os.environ.get("SCREENSHOTS"))
WIDTHS, SCHEMES = (1280, 390), ("light", "dark")


def test_every_page_is_open_to_everybody(
    new_page: Callable[..., Page], live_site: LiveSite, console_errors: list
) -> None:
    listed = pages.build_site(camera_files() if PICTURES else None)
    wrong: dict[str, list[str]] = {}
    for viewer in sorted({page.viewer for page in listed}):
        tab = new_page(reduced_motion="reduce", viewport={"width": WIDTHS[0], "height": 900}, locale="en")
        hosts: set[str] = set()
        tab.on("request", lambda request, hosts=hosts: hosts.add(urlsplit(request.url).netloc))
        if viewer:
            log_in(tab, User.objects.get(username=viewer))
        for site_page in [page for page in listed if page.viewer == viewer]:
            console_errors.clear()
            found = list(look(tab, site_page))
            found += [f"the console says {text}" for text in console_errors if str(site_page.status) not in text]
            if found:
                wrong[f"{site_page.name} {site_page.path}"] = sorted(set(found))
        assert hosts <= {urlsplit(live_site).netloc, ""}  # "" are data: and blob: addresses
    console_errors.clear()
    assert not wrong, "\n" + "\n".join(f"{name}\n    " + "\n    ".join(found) for name, found in wrong.items())


def look(tab: Page, site_page: SitePage) -> Iterator[str]:
    """Light and wide, then dark and narrow, then with letters twice as large."""
    response = tab.goto(site_page.path)
    assert response
    yield from answer(response, site_page)
    tab.evaluate(AXE)
    for scheme, width, rules in zip(SCHEMES, WIDTHS, (STANDARDS, LOOKS), strict=True):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        tab.set_viewport_size({"width": width, "height": 900})
        yield from (f"{text} ({scheme}, {width} px)" for text in tab.evaluate(RUN_AXE, rules))
        tab.evaluate(OPEN_MENUS)
    if PICTURES:
        take_pictures(tab, site_page.name)
    tab.set_viewport_size({"width": 320, "height": 800})
    if wide := tab.evaluate(TOO_WIDE):
        yield f"is wider than 320 px: {wide}"
    tab.set_viewport_size({"width": WIDTHS[0], "height": 900})
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    if wide := tab.evaluate(TOO_WIDE):
        yield f"is wider than the screen with letters of twice the size: {wide}"
    tab.emulate_media(color_scheme="light")


def answer(response: Response, site_page: SitePage) -> Iterator[str]:
    if response.status != site_page.status:
        yield f"answers {response.status}"
    if urlsplit(response.url).path != urlsplit(site_page.path).path:
        yield f"leads to {response.url}"
    policy = response.headers.get("content-security-policy", "")
    if "default-src 'self'" not in policy or "unsafe" in policy:
        yield f"has the policy {policy!r}"


def take_pictures(tab: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900 if width > 500 else 844})
        for scheme in SCHEMES:
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            tab.reload()  # Chromium paints some icons in the colours from before
            tab.screenshot(path=SCREENSHOTS / f"page-{name}-{width}-{scheme}.png", full_page=True)
