"""What nginx and Squid keep of the site, compared with what its views say (docs/caching.md)."""

from collections.abc import Callable

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.urls import resolve
from pytest_django.fixtures import Settings

from config.cache_policies import policy_of
from media import avatars, services
from media.models import Photo, Post
from photoapp import outbox
from photoapp.words import place_key, place_url, tag_key, tag_url
from search import trends
from tests import people
from tests.pages import ALICE, MALLORY, SitePage, build_site
from tests.parts.proxies import RunningProxy
from tests.parts.sites import LiveSite
from users.models import User
from users.services import update_profile

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def is_kept(proxy: RunningProxy, path: str, **request: object) -> bool:
    """Whether the proxy answers the second of two equal requests by itself."""
    for _ in range(2):
        answer = requests.get(proxy.url + path, allow_redirects=False, timeout=20, **request)  # type: ignore[arg-type]
    return "HIT" in answer.headers.get("X-Cache", "")


def may_be_kept(path: str, status: int) -> bool:
    """By the policy of the view: public, and an answer of the kind that is public."""
    policy = policy_of(resolve(path.partition("?")[0]).func)
    return policy is not None and "public" in policy.header and status == 200


def addresses(pages: list[SitePage]) -> list[str]:
    return sorted({page.path for page in pages if page.status != 404})


def language_of(page: requests.Response) -> str:
    return page.text.partition('<html lang="')[2][:2]


def session_of(client: Client) -> dict[str, str]:
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


@pytest.fixture(params=["nginx", "squid"])
def proxy(request: pytest.FixtureRequest) -> RunningProxy:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.mark.real("nginx", "squid")
def test_each_proxy_keeps_visitors_pages_and_no_others(
    proxy: RunningProxy, live_site: LiveSite, client_of: ClientOf
) -> None:
    """A visitor comes last: then, Squid answers others with what is every visitor's, too."""
    pages = build_site()
    alice = session_of(client_of(User.objects.get(username=ALICE)))
    token = {"Authorization": "Token wrong"}
    kept, wrong = set(), []
    for path in addresses(pages):
        expected = may_be_kept(path, requests.get(live_site + path, allow_redirects=False, timeout=20).status_code)
        for who, found, right in (
            ("a member", is_kept(proxy, path, cookies=alice), False),
            ("a program", is_kept(proxy, path, headers=token), False),
            ("a visitor", is_kept(proxy, path), expected),
        ):
            if found != right:
                wrong.append((path, who, found))
        kept |= {path} if expected else set()
    assert wrong == []
    assert {"/", f"/u/{ALICE}/"} <= kept and len(kept) > 5, "nothing above was true for want of cases"


@pytest.mark.real("nginx", "squid")
def test_files_are_shared_by_all_who_ask_unless_they_are_private(
    proxy: RunningProxy, alice: User, bob: User, client_of: ClientOf
) -> None:
    post = people.upload(alice)
    photo = Photo.objects.on_shard_of(post.id).get(post_id=post.id).url(320)
    avatars.set_avatar(user=alice, file=people.jpeg())
    cookies = session_of(client_of(bob))
    for path in (photo, f"/{alice.avatar}", "/robots.txt"):
        assert is_kept(proxy, path)
        assert is_kept(proxy, path, cookies=cookies)
    update_profile(user=alice, is_private=True)
    outbox.drain()
    other = photo.replace("320.webp", "640.webp")
    assert requests.get(proxy.url + other, cookies=cookies, timeout=20).status_code == 200
    assert not is_kept(proxy, other, cookies=cookies)
    refused = requests.get(proxy.url + other, timeout=20)
    assert (refused.status_code, refused.headers["Cache-Control"]) == (404, "no-store")


@pytest.mark.real("nginx")
def test_a_visitors_page_never_shows_a_member_or_another_language(nginx: RunningProxy, client_of: ClientOf) -> None:
    build_site()
    mallory = session_of(client_of(User.objects.get(username=MALLORY)))
    path = f"{nginx.url}/u/{ALICE}/"
    for _ in range(2):
        own = requests.get(path, cookies=mallory, timeout=20)
        english = requests.get(path, headers={"Accept-Language": "fr, en-GB;q=0.8, de;q=0.5"}, timeout=20)
        german = requests.get(path, headers={"Accept-Language": "de-AT,en;q=0.5"}, timeout=20)
        chosen = requests.get(path, cookies={"language": "de"}, timeout=20)
        plain = requests.get(path, headers={"Accept-Encoding": "identity"}, timeout=20)
        assert own.headers["Cache-Control"].startswith("private") and f"/u/{MALLORY}/" in own.text
        assert [language_of(page) for page in (english, german, chosen, plain)] == ["en", "de", "de", "en"]
        assert MALLORY not in english.text + german.text
        assert "Content-Encoding" not in plain.headers and english.headers["Content-Encoding"] == "gzip"
    assert english.headers["X-Cache"] == german.headers["X-Cache"] == plain.headers["X-Cache"] == "HIT"


@pytest.mark.real("nginx")
def test_an_answer_that_says_nothing_of_caches_is_not_kept(nginx: RunningProxy) -> None:
    assert not is_kept(nginx, "/healthz")
    assert not is_kept(nginx, "/nothing/")


@pytest.mark.real("nginx", "s3")
def test_photos_come_from_the_store_with_the_headers_of_the_process(nginx: RunningProxy, alice: User) -> None:
    post = people.upload(alice)
    photo = Photo.objects.on_shard_of(post.id).get(post_id=post.id)
    url = nginx.url + photo.url(640)
    answer = requests.get(url, timeout=20)
    assert answer.headers["Content-Type"] == "image/webp" and answer.content[:4] == b"RIFF"
    assert answer.headers["Cache-Control"] == "public, max-age=86400, s-maxage=60"
    assert answer.headers["ETag"] == f'"{photo.secret}-640-webp"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Content-Disposition"] == "inline"
    assert not [name for name in answer.headers if name.lower().startswith(("x-amz", "x-rgw", "x-accel"))]
    assert requests.get(url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=20).status_code == 304
    assert requests.head(url, timeout=20).status_code == 200
    assert (
        requests.get(f"{nginx.url}/_store/photoapp/{photo.rendition_key(640, 'webp')}", timeout=20).status_code == 404
    )


@pytest.mark.real("nginx", "s3")
def test_a_photo_that_the_store_has_lost_is_a_404_that_nobody_keeps(nginx: RunningProxy, alice: User) -> None:
    from django.core.files.storage import default_storage

    post = people.upload(alice)
    photo = Photo.objects.on_shard_of(post.id).get(post_id=post.id)
    default_storage.delete(photo.rendition_key(640, "webp"))
    for _ in range(2):
        answer = requests.get(nginx.url + photo.url(640), timeout=20)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
        assert answer.headers.get("X-Cache") != "HIT"


# --- What is withdrawn


@pytest.fixture
def purging(nginx: RunningProxy, settings: Settings) -> RunningProxy:
    settings.PROXY_PURGE_URLS = [nginx.inside]
    return nginx


def status(proxy: RunningProxy, path: str, **headers: str) -> int:
    return requests.get(proxy.url + path, headers=headers, timeout=20).status_code


@pytest.mark.real("nginx", "cache-purge module of nginx")
def test_a_deleted_post_leaves_the_proxy_with_its_photos_before_the_act_is_answered(
    purging: RunningProxy, alice: User
) -> None:
    post = people.upload(alice, "Harbour")
    photo = Photo.objects.on_shard_of(post.id).get(post_id=post.id)
    paths = [post.get_absolute_url(), *(photo.url(width) for width in (320, 640, 1080))]
    for path in paths:
        for headers in ({}, {"Accept-Language": "de"}, {"Accept-Encoding": "identity"}):
            assert is_kept(purging, path, headers=headers)
    assert post.get_absolute_url() in requests.get(f"{purging.url}/u/alice/", timeout=20).text
    services.delete_post(post=post, by=alice)
    for path in paths:
        for headers in ({}, {"Accept-Language": "de"}, {"Accept-Encoding": "identity"}):
            assert status(purging, path, **headers) == 404
    assert post.get_absolute_url() not in requests.get(f"{purging.url}/u/alice/", timeout=20).text


@pytest.mark.real("nginx", "cache-purge module of nginx")
@pytest.mark.parametrize("act", ["delete", "hide", "go private"])
def test_what_lists_it_leaves_the_proxy_with_a_post(purging: RunningProxy, alice: User, act: str) -> None:
    post = people.upload(alice, "Harbour #sunset #夕焼け", location="São Paulo")
    lists = [tag_url(tag_key("sunset")), tag_url(tag_key("夕焼け")), place_url(place_key("São Paulo")), "/discover/"]
    trends.compute()
    for path in lists:
        assert all(is_kept(purging, path, headers=headers) for headers in ({}, {"Accept-Language": "de"}))
        assert post.get_absolute_url() in requests.get(purging.url + path, timeout=20).text
    if act == "delete":
        services.delete_post(post=post, by=alice)
    elif act == "hide":
        services.edit_post(post=post, editor=alice, audience=Post.Audience.FOLLOWERS)
    else:
        update_profile(user=alice, is_private=True)
        outbox.drain()
    for path in lists:
        for headers in ({}, {"Accept-Language": "de"}):
            assert post.get_absolute_url() not in requests.get(purging.url + path, headers=headers, timeout=20).text


@pytest.mark.real("nginx", "cache-purge module of nginx")
def test_a_member_who_goes_private_leaves_it_with_all_posts(purging: RunningProxy, alice: User) -> None:
    posts = [people.upload(alice, caption) for caption in ("Harbour", "Lighthouse")]
    photos = [Photo.objects.on_shard_of(post.id).get(post_id=post.id).url(320) for post in posts]
    pages = [post.get_absolute_url() for post in posts]
    assert all(is_kept(purging, path) for path in [*photos, *pages, "/u/alice/", "/get_user_details?username=alice"])
    update_profile(user=alice, is_private=True)
    outbox.drain()
    assert {status(purging, path) for path in [*photos, *pages]} == {404}
    for path in ("/u/alice/", "/get_user_details?username=alice"):
        assert pages[0] not in requests.get(purging.url + path, timeout=20).text


@pytest.mark.real("nginx", "cache-purge module of nginx")
def test_without_purging_the_proxy_would_still_show_it(nginx: RunningProxy, alice: User) -> None:
    post = people.upload(alice)
    assert is_kept(nginx, post.get_absolute_url())
    services.delete_post(post=post, by=alice)
    assert status(nginx, post.get_absolute_url()) == 200


def test_a_proxy_that_is_away_holds_up_no_act(alice: User, settings: Settings) -> None:
    settings.PROXY_PURGE_URLS = ["http://127.0.0.1:9"]
    post = people.live_post(alice)
    services.delete_post(post=post, by=alice)
    outbox.drain()


@pytest.mark.real("nginx")
def test_only_insiders_may_purge(nginx: RunningProxy, alice: User) -> None:
    post = people.upload(alice)
    assert is_kept(nginx, post.get_absolute_url())
    assert requests.request("PURGE", nginx.url + post.get_absolute_url(), timeout=20).status_code in (403, 405)
    assert is_kept(nginx, post.get_absolute_url())
