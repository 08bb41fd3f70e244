"""Every view says what may be kept of its answers (docs/caching.md), and does as it says."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path, resolve

from config import cache_policies
from config.cache_policies import named_patterns, policy_of, state_theirs
from media import avatars
from media.models import Photo
from photoapp.http_cache import NEVER_STORED, PERSONAL, SHARED, Policy
from tests import people
from tests.pages import ALICE, SitePage, build_site
from users import services
from users.models import User

ClientOf = Callable[[User], Client]
ONCE = f"{PERSONAL.header}, no-store"  # to unsafe requests


def silent(request: HttpRequest) -> HttpResponse:
    """A view that states no policy."""
    return HttpResponse()


def stated(address: str) -> Policy:
    found = policy_of(resolve(address.partition("?")[0]).func)
    assert found is not None
    return found


def without_policy(patterns: list[object]) -> list[str]:
    return [
        f"{address} {name}" for address, name, found in named_patterns(patterns) if policy_of(found.callback) is None
    ]


def test_every_view_states_its_policy() -> None:
    assert without_policy(get_resolver().url_patterns) == []


def test_a_view_that_states_none_is_found() -> None:
    patterns = [path("silent/", silent, name="silent")]
    state_theirs(patterns)
    assert without_policy(patterns) == ["silent/ silent"]


def test_the_table_in_the_documents_is_that_of_the_code() -> None:
    assert cache_policies.written_table() == cache_policies.table(), "run manage.py cache_policies --write"


def expected(page: SitePage, status: int, *, member: bool) -> str:
    """The header of an answer to GET."""
    if status == 404:
        return PERSONAL.header
    policy = stated(page.path)
    if member and policy.other:
        return policy.other.header
    if policy.header == SHARED and status != 200:
        return PERSONAL.header
    return policy.header


@pytest.mark.django_db
def test_pages_send_what_their_views_state(client_of: ClientOf) -> None:
    pages = build_site()
    assert len(pages) > 40
    alice = client_of(User.objects.get(username=ALICE))
    wrong, seen = [], set()
    for page in pages:
        # Twice: the second answer may come from what was kept of the first.
        for who, client in (("visitor", Client()), ("visitor", Client()), ("member", alice), ("member", alice)):
            answer = client.get(page.path)
            header = answer.get("Cache-Control", "none")
            seen.add((who, answer.status_code, header))
            if header != expected(page, answer.status_code, member=who == "member"):
                wrong.append((who, page.path, answer.status_code, header))
            if "public" in header and (who == "member" or answer.cookies):
                wrong.append((who, page.path, "public", str(answer.cookies)))
    assert wrong == []
    # Nothing above was true for want of cases.
    assert {("visitor", 200, SHARED), ("visitor", 302, PERSONAL.header), ("member", 200, PERSONAL.header)} <= seen
    assert {("visitor", 200, NEVER_STORED.header), ("member", 200, NEVER_STORED.header)} <= seen


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics", "/robots.txt", "/manifest.webmanifest"])
def test_fixed_addresses_send_what_they_state(address: str) -> None:
    assert Client().get(address)["Cache-Control"] == stated(address).header


def test_files_send_what_they_state(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.upload(alice)
    photo = Photo.objects.on_shard_of(post.id).get(post_id=post.id).url(320)
    avatars.set_avatar(user=alice, file=people.jpeg())
    for address in (photo, f"/{alice.avatar}"):
        for client in (Client(), client_of(bob)):
            answer = client.get(address)
            assert (answer.status_code, answer["Cache-Control"]) == (200, stated(address).header)
            assert not answer.cookies
    services.update_profile(user=alice, is_private=True)
    private = stated(photo).other
    assert private is not None
    assert client_of(bob).get(photo)["Cache-Control"] == private.header
    refused = Client().get(photo)
    assert (refused.status_code, refused["Cache-Control"]) == (404, "no-store")


@pytest.mark.django_db
def test_answers_to_acts_are_never_stored(alice: User, client_of: ClientOf) -> None:
    me = client_of(alice)
    address = people.live_post(alice).get_absolute_url()
    for answer in (
        me.post(f"{address}like/", {"action": "like"}),
        me.post(f"{address}comments/", {"text": "Hello"}),
        me.post("/settings/", {"display_name": "Alice"}),
        me.post("/language/", {"language": "de"}),
    ):
        assert answer["Cache-Control"] == ONCE
    token = Client().post("/api/v1/auth/token/", {"username": "alice", "password": people.PASSWORD})
    assert (token.status_code, token["Cache-Control"]) == (200, NEVER_STORED.header)


@pytest.mark.django_db
def test_the_api_and_its_refusals_belong_to_who_asked(alice: User, client_of: ClientOf) -> None:
    for client, status in ((client_of(alice), 200), (Client(), 401)):
        for address in ("/api/v1/feed/", "/api/v1/me/"):
            answer = client.get(address)
            assert (answer.status_code, answer["Cache-Control"]) == (status, stated(address).header)


@pytest.mark.django_db
def test_the_administration_is_never_stored(alice: User, client_of: ClientOf) -> None:
    User.objects.filter(id=alice.id).update(is_staff=True, is_superuser=True)
    for address in ("/admin/", "/admin/users/user/", "/admin/jsi18n/"):
        answer = client_of(alice).get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (200, NEVER_STORED.header)
