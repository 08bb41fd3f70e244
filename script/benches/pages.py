"""Pages as a person on a phone gets them: a real Chromium, nothing cached, slow 4G, real photos.

A phone of 390 × 844 points with two pixels each opens the feed, a profile, a post and the upload form, served by one
granian process without a proxy. The browser itself reports the largest contentful paint and layout shifts while the
page loads and is scrolled to its end, and how long it took from a touch or key to the next frame.
"""

import gzip
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_htmx
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from media.services import add_comment, like, publish_post
from photoapp import outbox
from photoapp.storage import without_comments
from script.benches.feed import answers, session_of
from script.benches.parts import Server, row
from tests.e2e.photos import camera_files
from tests.parts.environment import browser_binary
from tests.people import follow, make_user
from users.models import User

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
PAINT_MS, SHIFT, INTERACTION_MS = 1500, 0.02, 100
FEED_HTML_KB, SCRIPTS_KB = 10, 40

# Collected from before the page's first byte; shifts that follow an input within half a second are the person's own.
OBSERVERS = """
window.seen = {paint: 0, element: "", shift: 0, moved: "", interaction: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    seen.paint = entry.startTime;
    const box = entry.element?.getBoundingClientRect();
    seen.element = `${entry.element?.tagName} ${entry.url.split("/").at(-1)}, ${Math.round(box?.top)} px down`;
  }
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    seen.shift += entry.value;
    const names = entry.sources.map(({ node }) => node?.className || node?.nodeName);
    seen.moved += `${entry.value.toFixed(3)} at ${Math.round(entry.startTime)} ms: ${names.join(", ")}; `;
  }
}).observe({type: "layout-shift", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.interactionId) seen.interaction = Math.max(seen.interaction, entry.duration);
  }
}).observe({type: "event", durationThreshold: 16, buffered: true});
"""


@dataclass
class Figures:
    """What one opening of a page gave: milliseconds and bytes on the wire, by kind of file."""

    paint: float = 0
    element: str = ""
    shift: float = 0
    moved: str = ""
    interaction: float = 0
    wire: dict[str, float] = field(default_factory=dict)


Act = Callable[[Page], None]


def run(quick: bool = False) -> list[dict[str, Any]]:
    member, post_path = populate()
    pages: dict[str, tuple[str, Act]] = {
        "feed": ("/feed/", on_feed),
        "profile": ("/u/alice/", on_profile),
        "post": (post_path, on_post),
        "upload": ("/upload/", on_upload),
    }
    found: dict[str, list[Figures]] = {name: [] for name in pages}
    with web_process(), chromium() as browser:
        for number in range(1 + (2 if quick else 7)):  # the first round compiles templates, and is not counted
            for name, (path, act) in pages.items():
                figures = open_page(browser, session_of(member), path, act)
                if number:
                    found[name].append(figures)
    rows = [line for name, runs in found.items() for line in rows_of(name, runs)]
    return [*rows, row("all JavaScript of the site, gzipped", [scripts_kb()], "KB", at_most=SCRIPTS_KB)]


def rows_of(name: str, runs: list[Figures]) -> list[dict[str, Any]]:
    print(f"{name}: largest element {runs[-1].element}; moved: {runs[-1].moved or 'nothing'}", flush=True)
    html_goal = {"at_most": FEED_HTML_KB} if name == "feed" else {}
    kinds = {"document": "HTML", "stylesheet": "styles", "script": "scripts", "image": "images"}
    return [
        row(f"{name}: largest contentful paint", [one.paint for one in runs], "ms", at_most=PAINT_MS, digits=0),
        row(f"{name}: layout shift", [one.shift for one in runs], "", at_most=SHIFT, digits=4),
        row(f"{name}: slowest interaction", [one.interaction for one in runs], "ms", at_most=INTERACTION_MS, digits=0),
        *[
            row(
                f"{name}: {words} on the wire",
                [one.wire.get(kind, 0) / 1000 for one in runs],
                "KB",
                **(html_goal if kind == "document" else {}),
            )
            for kind, words in kinds.items()
        ],
    ]


def populate() -> tuple[User, str]:
    """bob, who follows alice, and the path of one of her posts; each post has real photos."""
    alice, bob = make_user("alice", bio="Mountains, mostly. #oslo"), make_user("bob")
    follow(bob, alice)
    files = camera_files()
    for number in range(24):
        chosen = [files[(number + step) % len(files)] for step in range(3 if number % 4 == 0 else 1)]
        post = publish_post(
            owner=alice,
            photos=[SimpleUploadedFile(path.name, path.read_bytes()) for path in chosen],
            caption="The light came late, and stayed for an hour. " * (1 + number % 3) + "#evening with @bob",
            location="Oslo, Norway",
            alts=["A fjord in the evening"] * len(chosen),
            people=["bob"],
        )
        outbox.drain()
        like(post=post, user=bob)
        add_comment(post=post, author=bob, text="I can hear it from here.")
    outbox.drain()
    return bob, post.get_absolute_url()


@contextmanager
def web_process() -> Generator[None, None, None]:
    port = urlsplit(settings.SITE_URL).port
    options = ["--interface", "wsgi", "--no-ws", "--workers", "1", "--blocking-threads", "8", "--port", str(port)]
    command = [sys.executable, "-m", "granian", *options, "--log-level", "warning", "config.wsgi:application"]
    web = Server(command, log=Path(os.environ["DATA_DIR"]) / "web.log", env=dict(os.environ))
    try:
        web.wait_until(lambda: answers(port), seconds=60)
        yield
    finally:
        web.stop()


@contextmanager
def chromium() -> Generator[Browser, None, None]:
    binary = browser_binary()
    if not binary:
        raise RuntimeError("this benchmark needs Chromium: apt-get install chromium-headless-shell")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--disable-dev-shm-usage"])
        yield browser
        browser.close()


def open_page(browser: Browser, cookie: str, path: str, act: Act) -> Figures:
    """Opens a page in a browser that knows nothing of the site, as a logged-in member; then acts on it."""
    context = browser.new_context(base_url=settings.SITE_URL, **PHONE)
    try:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": settings.SITE_URL}])
        context.add_init_script(OBSERVERS)
        page = context.new_page()
        wire = throttled(context, page)
        page.goto(path, wait_until="networkidle")
        paint = page.evaluate("({...seen})")
        act(page)
        page.mouse.wheel(0, 20_000)
        page.wait_for_load_state("networkidle")
        seen = page.evaluate("new Promise((done) => setTimeout(() => done({...seen}), 300))")
        return Figures(paint["paint"], paint["element"], seen["shift"], seen["moved"], seen["interaction"], dict(wire))
    finally:
        context.close()


def throttled(context: BrowserContext, page: Page) -> dict[str, float]:
    """Slows the network down; returns bytes by kind of file, which fill up as the page loads."""
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    kinds: dict[str, str] = {}
    wire: dict[str, float] = {}

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "other")
        wire[kind] = wire.get(kind, 0) + event["encodedDataLength"]

    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"].lower()}))
    session.on("Network.loadingFinished", finished)
    return wire


def on_feed(page: Page) -> None:
    page.locator("[data-like] button").first.tap()
    page.locator("[data-save] button").first.tap()
    page.locator("article .menu summary").first.tap()
    page.keyboard.press("Escape")
    page.keyboard.press("j")


def on_profile(page: Page) -> None:
    page.locator("details.menu summary").first.tap()
    page.keyboard.press("Escape")


def on_post(page: Page) -> None:
    page.locator("[data-like] button").first.tap()
    box = page.locator("textarea").first
    box.tap()
    box.press_sequentially("How long did you wait?")


def on_upload(page: Page) -> None:
    page.locator("input[type=file]").first.set_input_files(camera_files(3))
    caption = page.get_by_label("Caption")
    caption.tap()
    caption.press_sequentially("An hour in the cold")


def scripts_kb() -> float:
    """Every script that any page loads, each compressed by itself as it is served."""
    own = (Path(settings.BASE_DIR) / "photoapp" / "static" / "js").glob("*.js")
    shipped = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    sent = [shipped.read_bytes(), *(without_comments(path.read_bytes()) for path in own)]
    return sum(len(gzip.compress(content)) for content in sent) / 1000
