"""The schema of the API says what the API does; its documentation needs nobody else's server."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from playwright.sync_api import Page
from rest_framework.throttling import ScopedRateThrottle
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from media.services import add_comment
from photoapp import outbox
from tests.people import live_post
from users.models import User
from users.services import issue_token

CALLS = {
    "/users/": {"post"},
    "/auth/token/": {"post", "delete"},
    "/me/": {"get", "patch", "delete"},
    "/me/requests/": {"get"},
    "/me/requests/{username}/": {"put", "delete"},
    "/me/blocks/": {"get"},
    "/me/saved/": {"get"},
    "/users/{username}/": {"get"},
    "/users/{username}/posts/": {"get"},
    "/users/{username}/tagged/": {"get"},
    "/users/{username}/followers/": {"get"},
    "/users/{username}/following/": {"get"},
    "/users/{username}/follow/": {"put", "delete"},
    "/users/{username}/mute/": {"put", "delete"},
    "/users/{username}/block/": {"put", "delete"},
    "/posts/": {"post"},
    "/posts/{post_id}/": {"get", "patch", "delete"},
    "/posts/{post_id}/like/": {"put", "delete"},
    "/posts/{post_id}/tag/": {"put", "delete"},
    "/posts/{post_id}/save/": {"put", "delete"},
    "/posts/{post_id}/archive/": {"put", "delete"},
    "/posts/{post_id}/restore/": {"post"},
    "/posts/{post_id}/comments/": {"get", "post"},
    "/comments/{comment_id}/replies/": {"get", "post"},
    "/comments/{comment_id}/": {"delete"},
    "/feed/": {"get"},
    "/notifications/": {"get"},
    "/notifications/seen/": {"put"},
    "/search/": {"get"},
    "/search/offers/": {"get"},
    "/discover/": {"get"},
}


def raw_schema() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_complete(tmp_path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    assert "renditions" in (tmp_path / "schema.yml").read_text()


def test_every_call_is_in_the_schema() -> None:
    calls = {path.removeprefix("/api/v1"): set(found) for path, found in raw_schema()["paths"].items()}
    calls.pop("/api/schema/", None)
    assert calls == CALLS


def test_ids_are_strings_in_the_schema() -> None:
    schemas = raw_schema()["components"]["schemas"]
    for name in ("Person", "Post", "Photo", "Comment", "Me", "Profile"):
        assert schemas[name]["properties"]["id"]["type"] == "string"


@pytest.mark.django_db
def test_the_schema_is_served() -> None:
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    assert b"/api/v1/feed/" in answer.content


@pytest.mark.django_db
def test_the_documentation_loads_only_what_this_site_serves() -> None:
    answer = Client().get("/api/docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "https://" not in page and "//cdn" not in page
    assert "/static/drf_spectacular_sidecar/" in page
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy, "scripts come from this site alone, none of them inline"
    script = Client().get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")


@pytest.mark.real("browser")
@pytest.mark.django_db
def test_the_documentation_works_in_a_browser(page: Page) -> None:
    """The page's fixture fails on errors in the console: a request elsewhere, or what the policy forbids."""
    page.goto("/api/docs/")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() > 20


# --- Any request that fits the schema, and many that do not, has an answer that the schema names -----------------

fuzzed = schemathesis.openapi.from_dict(raw_schema())
application = lru_cache(get_wsgi_application)
fuzzed.app = lambda environ, start_response: application()(environ, start_response)


@pytest.fixture
def token(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for scope in ScopedRateThrottle.THROTTLE_RATES:
        monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, scope, None)
    post = live_post(bob, "hello")
    add_comment(post=post, author=alice, text="hi")
    outbox.drain()
    yield issue_token(user=alice)


@fuzzed.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@pytest.mark.django_db
def test_every_answer_is_one_that_the_schema_names(case: schemathesis.Case, token: str) -> None:
    headers = {"Authorization": f"Token {token}", "Accept-Encoding": "identity"}  # the WSGI client unpacks nothing
    answer = case.call(headers=headers)
    case.validate_response(
        answer,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )
