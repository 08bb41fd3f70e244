import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from feeds import services as feeds
from photoapp import outbox
from tests import people
from tests.queries import Counts, counted_queries
from users.models import User
from users.services import block

ClientOf = Callable[[User], Client]


def captions(html: str) -> list[str]:
    return re.findall(r'<p class="post__caption">(.*?)</p>', html, re.DOTALL)


def next_link(html: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]+)"', html)
    return found[1] if found else None


def follow_many(follower: User, count: int) -> None:
    for number in range(count):
        people.follow(follower, people.make_user(f"member{number}"))


def test_visitors_are_welcomed_at_the_start_and_sent_from_the_feed_to_the_login(client: Client, db: None) -> None:
    assert client.get("/").status_code == 200
    response = client.get("/feed/")
    assert response.status_code == 302
    assert response["Location"].endswith("/login/?next=/feed/")


def test_start_and_feed_are_the_same_page_to_members(alice: User, bob: User, client_of: ClientOf) -> None:
    people.live_post(alice, "Harbour")
    for path in ("/", "/feed/"):
        html = client_of(bob).get(path).content.decode()
        assert captions(html) == ["Harbour"]


def test_five_posts_then_ten_newest_first_until_the_end(alice: User, bob: User, client_of: ClientOf) -> None:
    people.live_posts(alice, [f"post {number}" for number in range(18)])
    client, pages, path = client_of(bob), [], "/feed/"
    while path:
        html = client.get(path).content.decode()
        pages.append(captions(html))
        link = next_link(html)
        assert ("You’re all caught up" in html) == (link is None)
        path = f"/feed/{link}" if link else ""
    assert [len(page) for page in pages] == [5, 10, 3]
    assert [caption for page in pages for caption in page] == [f"post {number}" for number in range(17, -1, -1)]


def test_a_card_shows_who_where_when_with_whom_and_what(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(
        alice,
        "Sea #Sylt with @charlie",
        location="List",
        people=[{"id": "5", "username": "charlie"}],
        at=datetime.now(UTC) - timedelta(hours=3, minutes=5),
    )
    html = client_of(bob).get("/feed/").content.decode()
    assert '<a href="/tags/sylt/">#Sylt</a>' in html
    assert '<a href="/u/charlie/">@charlie</a>' in html
    for text in ("Alice", "List", "3 h", f'href="{post.get_absolute_url()}"', "0 likes"):
        assert text in html
    assert 'width="1200" height="800"' in html
    assert "srcset=" in html


def test_what_people_write_is_escaped(alice: User, bob: User, client_of: ClientOf) -> None:
    nasty = "<script>alert(1)</script> #tag\"><b> @bob'<i>"
    people.live_post(alice, nasty, location="<b>here</b>")
    html = client_of(bob).get("/feed/").content.decode()
    assert "<script>alert" not in html and "<b>here" not in html and "<i>" not in html
    assert escape("<script>alert(1)</script>") in html


def test_several_photos_are_one_strip(alice: User, bob: User, client_of: ClientOf) -> None:
    people.live_post(alice, "many", photos=3)
    html = client_of(bob).get("/feed/").content.decode()
    assert html.count('class="photo"') == 3
    assert "3 photos, scroll sideways" in html


def test_strangers_and_blocked_members_posts_are_not_in_the_feed(
    alice: User, bob: User, charlie: User, client_of: ClientOf
) -> None:
    people.live_post(alice, "of alice")
    people.live_post(charlie, "of charlie")
    assert captions(client_of(bob).get("/feed/").content.decode()) == ["of alice"]
    block(blocker=alice, blocked=bob)
    assert captions(client_of(bob).get("/feed/").content.decode()) == []


def test_an_empty_feed_offers_people_to_follow(alice: User, charlie: User, client_of: ClientOf) -> None:
    html = client_of(charlie).get("/feed/").content.decode()
    assert "Your feed is empty" in html
    assert 'action="/u/alice/follow/"' in html
    assert 'action="/u/charlie/follow/"' not in html


def test_an_edited_or_foreign_cursor_is_refused_with_a_reason(
    alice: User, bob: User, charlie: User, client_of: ClientOf
) -> None:
    people.live_posts(alice, ["post"] * 7)
    link = next_link(client_of(bob).get("/feed/").content.decode())
    assert link
    for path in (f"/feed/{link}x", "/feed/?cursor=nonsense"):
        response = client_of(bob).get(path)
        assert response.status_code == 400
        assert "page link is not valid" in response.content.decode()
    assert client_of(charlie).get(f"/feed/{link}").status_code == 400


def test_the_feed_is_private_to_its_reader(alice: User, bob: User, client_of: ClientOf) -> None:
    response = client_of(bob).get("/feed/")
    assert "private" in response["Cache-Control"] and "public" not in response["Cache-Control"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_possible(alice: User, client_of: ClientOf, method: str) -> None:
    assert getattr(client_of(alice), method)("/feed/").status_code == 405


def warm_counts(client: Client, path: str = "/feed/") -> Counts:
    client.get(path)
    with counted_queries() as counts:
        assert client.get(path).status_code == 200
    return counts


def post_on_both_servers(one: User, other: User, count: int) -> None:
    people.live_posts(one, ["one"] * count)
    people.live_posts(other, ["two"] * count)


def test_the_queries_of_a_warm_feed_are_the_same_however_much_there_is(
    alice: User, bob: User, charlie: User, client_of: ClientOf
) -> None:
    """One for the member, one on the friends shard, one for each content server."""
    people.follow(bob, charlie)
    post_on_both_servers(alice, charlie, 5)
    outbox.drain()
    client = client_of(bob)
    small = warm_counts(client)
    assert small["default"] == 1
    assert sum(count for alias, count in small.items() if alias.startswith("friends")) == 1
    assert [count for alias, count in small.items() if alias.startswith("content")] == [1, 1]

    follow_many(bob, 298)
    post_on_both_servers(alice, charlie, 240)
    post_on_both_servers(alice, charlie, 5)
    outbox.drain()
    feeds.drop_feed(bob.id)
    assert warm_counts(client) == small, "the feed's queries grew with the data"
