"""Fixtures for tests in a real Chromium, against `live_site`."""

import os
import re
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.parts.environment import browser_binary
from tests.parts.process import ROOT
from tests.parts.sites import LiveSite

SCREENSHOTS = ROOT / "var" / "screenshots"
PATIENCE = 15_000  # milliseconds, for what a test does and for what it expects: a busy machine is no failure


@pytest.fixture(scope="session")
def browser() -> Generator[Browser, None, None]:
    binary = browser_binary()
    if not binary:
        pytest.skip("needs the real browser")
    # Playwright keeps an event loop in this thread; Django would take ORM calls for a coroutine's.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def console_errors() -> list[str]:
    """What went wrong in the page; a test that provokes errors checks and clears it."""
    return []


@pytest.fixture
def new_page(
    browser: Browser, live_site: LiveSite, console_errors: list[str], request: pytest.FixtureRequest
) -> Generator[Callable[..., Page], None, None]:
    """Opens pages, each a visitor of its own; takes the options of Playwright's `new_context`."""
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            console_errors.append(message.text)

    def open_page(**options: object) -> Page:
        context = browser.new_context(base_url=live_site, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: console_errors.append(str(error)))
        return page

    yield open_page
    last_pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(last_pages, start=1):
        page.screenshot(path=screenshot_path(f"{request.node.nodeid}-{number}"))
    for context in contexts:
        context.close()
    assert not console_errors, f"errors in the browser's console: {console_errors}"


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def page_without_javascript(new_page: Callable[..., Page]) -> Page:
    return new_page(java_script_enabled=False)


def screenshot_path(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9]+', '-', name.removeprefix('tests/')).strip('-')}.png"
