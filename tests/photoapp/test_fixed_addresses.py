"""robots.txt, the manifest, the icon: what others look for at fixed addresses."""

from urllib.robotparser import RobotFileParser

import pytest
from django.contrib.staticfiles import finders
from django.test import Client


@pytest.mark.parametrize("path", ["/robots.txt", "/manifest.webmanifest", "/favicon.ico"])
def test_the_same_for_everybody(path: str) -> None:
    answer = Client().get(path)
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert "Vary" not in answer.headers
    assert not answer.cookies


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/u/alice/", True),
        ("/p/abc/", True),
        ("/photos/1-x/320.jpg", True),
        ("/search/", True),
        ("/settings/security/", False),
        ("/api/v1/feed/", False),
        ("/notifications/", False),
    ],
)
def test_robots_read_what_visitors_may_see(path: str, allowed: bool) -> None:
    robots = RobotFileParser()
    robots.parse(Client().get("/robots.txt").content.decode().splitlines())
    assert robots.can_fetch("anybody", path) is allowed


def test_a_phone_can_keep_the_site() -> None:
    manifest = Client().get("/manifest.webmanifest").json()
    assert manifest["display"] == "standalone"
    assert {(icon["purpose"], icon["sizes"]) for icon in manifest["icons"]} == {
        (purpose, size) for purpose in ("any", "maskable") for size in ("192x192", "512x512")
    }
    for icon in manifest["icons"]:
        assert icon["src"].startswith("/static/icons/")


def test_icons_are_where_browsers_look() -> None:
    assert Client().get("/favicon.ico")["Location"].startswith("/static/icons/favicon.")
    for name in ("icon.svg", "icons/touch.png", "icons/card.png"):
        assert finders.find(name)
