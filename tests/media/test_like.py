from collections.abc import Callable

import pytest
from django.test import Client

from media.models import Like, Post, PostCount
from media.templatetags.posts import anchor
from photoapp import outbox
from tests import people
from users.models import User
from users.services import block, update_profile

ClientOf = Callable[[User], Client]


def likes(post: Post) -> tuple[int, int]:
    """Rows, and what the count says."""
    rows = Like.objects.on_shard_of(post.id).filter(post_id=post.id).count()
    return rows, PostCount.totals(post.id, "likes")["likes"]


def test_like_and_unlike_lead_back_to_the_card(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client, url = client_of(bob), f"{post.get_absolute_url()}like/"
    response = client.post(url, {"action": "like", "next": "/feed/"})
    assert response.status_code == 302 and response["Location"] == f"/feed/#{anchor(post)}"
    assert likes(post) == (1, 1)
    html = client.get(post.get_absolute_url()).content.decode()
    assert "1 like<" in html and 'aria-pressed="true"' in html and 'value="unlike"' in html
    client.post(url, {"action": "unlike"})
    assert likes(post) == (0, 0)


def test_twice_is_the_same_as_once(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client, url = client_of(bob), f"{post.get_absolute_url()}like/"
    for _ in range(2):
        client.post(url, {"action": "like"})
    assert likes(post) == (1, 1)
    for _ in range(2):
        client.post(url, {"action": "unlike"})
    assert likes(post) == (0, 0)


def test_a_form_without_next_leads_back_to_the_page_it_was_on(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    referer = {"Referer": "http://testserver/feed/?cursor=x"}
    response = client_of(bob).post(f"{post.get_absolute_url()}like/", {"action": "like"}, headers=referer)
    assert response["Location"] == f"http://testserver/feed/?cursor=x#{anchor(post)}"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x()", "home", "x y"]
)
def test_it_never_leads_to_another_site(alice: User, bob: User, client_of: ClientOf, target: str) -> None:
    post = people.live_post(alice)
    for data, headers in (({"next": target}, {}), ({}, {"Referer": target})):
        response = client_of(bob).post(f"{post.get_absolute_url()}like/", {"action": "like", **data}, headers=headers)
        assert response["Location"] == f"{post.get_absolute_url()}#{anchor(post)}"


def test_the_pages_script_gets_the_count(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client_of(alice).post(f"{post.get_absolute_url()}like/", {"action": "like"})
    headers = {"Accept": "application/json"}
    url, client = f"{post.get_absolute_url()}like/", client_of(bob)
    assert client.post(url, {"action": "like"}, headers=headers).json() == {"liked": True, "likes": 2}
    assert client.post(url, {"action": "like"}, headers=headers).json() == {"liked": True, "likes": 2}
    assert client.post(url, {"action": "unlike"}, headers=headers).json() == {"liked": False, "likes": 1}


def test_visitors_are_sent_to_the_login_and_back_to_the_post(alice: User) -> None:
    post = people.live_post(alice)
    response = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(f"{post.get_absolute_url()}like/")
    assert response["Location"] == f"/login/?next={post.get_absolute_url()}"
    assert likes(post) == (0, 0)


def test_private_and_blocked_posts_cannot_be_liked(alice: User, bob: User, charlie: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    update_profile(user=alice, is_private=True)
    block(blocker=alice, blocked=bob)
    outbox.drain()
    for stranger in (bob, charlie):
        response = client_of(stranger).post(f"{post.get_absolute_url()}like/", {"action": "like"})
        assert response.status_code == 404
    assert likes(post) == (0, 0)


def test_what_is_not_live_cannot_be_liked(alice: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=Post.State.FAILED)
    assert client_of(alice).post(f"{post.get_absolute_url()}like/", {"action": "like"}).status_code == 404


def test_reading_the_address_or_sending_nonsense_likes_nothing(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    url = f"{post.get_absolute_url()}like/"
    assert client_of(bob).get(url).status_code == 405
    assert client_of(bob).head(url).status_code == 405
    assert client_of(bob).post(url, {"action": "adore"}).status_code == 400
    assert likes(post) == (0, 0)


def test_other_sites_cannot_like_for_a_member(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    client.cookies = client_of(bob).cookies
    assert client.post(f"{post.get_absolute_url()}like/", {"action": "like"}).status_code == 403
    assert likes(post) == (0, 0)
