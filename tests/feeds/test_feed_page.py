import gzip
import random
import re
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from feeds import keys, store
from media.models import Photo, Post
from media.services import like, save
from media.templatetags.posts import anchor
from photoapp import outbox
from photoapp.redis_clients import CACHE, FEEDS, acting
from tests import people
from tests.queries import Counts, counted_queries
from users.models import User
from users.services import block, mute, update_profile

ClientOf = Callable[[User], Client]


def captions(html: str) -> list[str]:
    return re.findall(r'<p class="post__caption">(.*?)</p>', html, re.DOTALL)


def next_link(html: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]+)"', html)
    return found[1] if found else None


def follow_many(follower: User, count: int) -> None:
    people.add_follows((follower, member) for member in people.crowd(count))


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


def test_a_card_says_that_it_was_edited_and_whom_it_is_for(alice: User, bob: User, client_of: ClientOf) -> None:
    people.live_post(alice, "plain")
    html = client_of(bob).get("/feed/").content.decode()
    assert "edited" not in html and "followers only" not in html
    people.live_post(alice, "for friends", audience="followers", edited_at=datetime.now(UTC))
    store.forget(bob.id)
    html = client_of(bob).get("/feed/").content.decode()
    assert "edited" in html and "followers only" in html


def test_the_menu_of_a_card_is_another_for_its_owner(alice: User, bob: User, client_of: ClientOf) -> None:
    url = people.live_post(alice, "whose?").get_absolute_url()
    of_owner = [f'href="{url}edit/"', f'action="{url}archive/"', f'action="{url}delete/"']
    of_others = [f'href="{url}report/"', 'action="/u/alice/mute/"']
    own, others = (client_of(user).get("/feed/").content.decode() for user in (alice, bob))
    for entry in of_owner:
        assert entry in own and entry not in others
    for entry in of_others:
        assert entry in others and entry not in own
    for html in (own, others):
        assert f'<a href="{url}" data-share="copy">' in html
        assert f'action="{url}tag/"' not in html


def test_tagged_members_can_take_their_name_off(alice: User, bob: User, client_of: ClientOf) -> None:
    tag = {"id": str(bob.id), "username": "bob", "state": "shown"}
    url = people.live_post(alice, "us", people=[tag]).get_absolute_url()
    html = client_of(bob).get("/feed/").content.decode()
    assert f'action="{url}tag/"' in html
    assert "1 person in this post" in html and 'with <a href="/u/bob/">@bob</a>' in html


def test_tags_that_are_not_shown_are_not_in_the_card(alice: User, bob: User, client_of: ClientOf) -> None:
    asked, removed = ({"id": str(n), "username": name, "state": name} for n, name in ((7, "asked"), (8, "removed")))
    people.live_post(alice, "alone", people=[asked, removed])
    html = client_of(bob).get("/feed/").content.decode()
    assert "@asked" not in html and "@removed" not in html and 'class="tags"' not in html


def test_likes_and_saves_of_the_reader_are_shown_with_what_a_change_of_mind_gives(
    alice: User, bob: User, charlie: User, client_of: ClientOf
) -> None:
    post = people.live_post(alice, "sea")
    like(post=post, user=charlie)
    html = client_of(bob).get("/feed/").content.decode()
    assert '<span data-likes data-other="2 likes">1 like</span>' in html
    assert 'value="save" aria-pressed="false"' in html
    like(post=post, user=bob)
    save(post=post, user=bob)
    html = client_of(bob).get("/feed/").content.decode()
    assert '<span data-likes data-other="1 like">2 likes</span>' in html
    assert 'value="unlike" aria-pressed="true"' in html and 'value="unsave" aria-pressed="true"' in html


@pytest.mark.parametrize(
    ("caption", "folded"), [("short", False), ("x" * 125, False), ("x" * 126, True), ("a\nb\nc\nd", True)]
)
def test_long_captions_are_folded(alice: User, bob: User, client_of: ClientOf, caption: str, folded: bool) -> None:
    post = people.live_post(alice, caption)
    html = client_of(bob).get("/feed/").content.decode()
    assert (f'<a href="{post.get_absolute_url()}" data-more>more</a>' in html) is folded
    assert captions(html) == [caption], "all of it is in the page"


def test_the_photos_of_the_first_screen_come_before_others(alice: User, bob: User, client_of: ClientOf) -> None:
    people.live_posts(alice, ["one", "two", "three"], photos=3)
    images = re.findall(r"<img src=[^>]+>", client_of(bob).get("/feed/").content.decode())
    assert len(images) == 9
    heads = (images[0], images[3])  # of the first two posts
    assert all("lazy" not in image for image in heads)
    assert all('loading="lazy"' in image for image in images if image not in heads)
    assert ['fetchpriority="high"' in image for image in images] == [True, *[False] * 8]
    assert all(re.search(r'width="\d+" height="\d+" alt="[^"]+"', image) for image in images)


def test_posts_are_a_feed_to_those_who_hear_it(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice, "sea")
    html = client_of(bob).get("/feed/").content.decode()
    assert 'role="feed" aria-label="Your feed"' in html
    name = re.search(r'<article[^>]* tabindex="-1" aria-labelledby="([^"]+)"', html)
    assert name and f'id="{name[1]}"' in html
    assert f'id="{anchor(post)}"' in html, "where one comes back to after a like without JavaScript"


def test_a_page_of_five_posts_is_small(alice: User, bob: User, client_of: ClientOf) -> None:
    """Under 10 KB as it is sent, with words as people write them and the placeholders of real photos."""
    words = [
        "Morning fog over the fjord, just before the ferry came in. #oslo #fog",
        "",
        "Three days on foot along the coast, forty kilometres of sand, and not one dry sock at the end of it. We would "
        "do it again tomorrow, only with better boots and much more chocolate.\n\n#hiking #northsea with @charlie",
        "The light in this kitchen, every single evening.",
        "Home at last 🌊",
    ]
    tag = {"id": "5", "username": "charlie", "state": "shown"}
    for caption, photos in zip(words, (1, 4, 2, 3, 1), strict=True):
        post = people.live_post(alice, caption, photos=photos, location="Oslo, Norway", people=[tag])
        for photo in Photo.objects.on_shard_of(post.id).filter(post_id=post.id):
            photo.placeholder = b64encode(random.randbytes(150)).decode()  # as long as they are, and as hard to pack
            photo.alt = f"A boat between two islands, seen from above ({photo.position})"
            photo.save()
    response = client_of(bob).get("/feed/", headers={"Accept-Encoding": "identity"})
    assert len(captions(response.content.decode())) == 4
    assert len(gzip.compress(response.content, 6)) < 10_000


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
    """First those who posted lately, with their photos; then newcomers."""
    dora, emil, fay = (people.make_user(name, shard=shard) for name, shard in (("dora", 5), ("emil", 900), ("fay", 7)))
    people.live_posts(emil, ["one", "two", "three", "four"])
    post = people.live_post(dora, "newest")
    people.live_post(fay, "for friends", audience="followers")
    people.live_post(charlie, "own")
    Post.objects.for_owner(charlie.id).update(state=Post.State.ARCHIVED)
    html = client_of(charlie).get("/feed/").content.decode()
    assert "Your feed is empty" in html
    assert re.findall(r'action="/u/(\w+)/follow/"', html) == ["dora", "emil", "fay", "alice"]
    assert f'href="{post.get_absolute_url()}"' in html and html.count('class="tile"') == 1 + 3


@pytest.mark.parametrize("standing", ["follows", "blocked", "private"])
def test_nobody_is_offered_who_is_known_or_private(
    alice: User, charlie: User, client_of: ClientOf, standing: str
) -> None:
    people.live_post(alice, "sea")
    if standing == "follows":
        people.follow(charlie, alice)
        mute(follower=charlie, followee=alice)
    elif standing == "blocked":
        block(blocker=alice, blocked=charlie)
    else:
        update_profile(user=alice, is_private=True)
    outbox.drain()
    html = client_of(charlie).get("/feed/").content.decode()
    assert "Your feed is empty" in html and "/u/alice/" not in html


def test_the_queries_of_an_empty_feed_do_not_grow(alice: User, charlie: User, client_of: ClientOf) -> None:
    client = client_of(charlie)
    people.live_post(alice, "one")
    small = warm_counts(client)
    people.live_posts(alice, ["more"] * 80)
    for number in range(20):
        people.live_post(people.make_user(f"member{number}"), "hello")
    grown = warm_counts(client)
    assert {alias for alias in grown if alias not in small} == set()
    assert all(grown[alias] <= small[alias] for alias in grown), (small, grown)


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


def post_in_turn(one: User, other: User, times: int) -> None:
    """So that each page has posts of both servers."""
    for _ in range(times):
        people.live_post(one, "one")
        people.live_post(other, "two")


def post_on_both_servers(one: User, other: User, count: int) -> None:
    people.live_posts(one, ["one"] * count)
    people.live_posts(other, ["two"] * count)


def test_the_queries_of_a_warm_feed_are_the_same_however_much_there_is(
    alice: User, bob: User, charlie: User, client_of: ClientOf
) -> None:
    """The first page: one, for the member. Those below: one more on the friends shard, one for each content server."""
    people.follow(bob, charlie)
    post_on_both_servers(alice, charlie, 10)
    outbox.drain()
    client = client_of(bob)
    link = next_link(client.get("/feed/").content.decode())
    assert warm_counts(client) == {"default": 1}
    small = warm_counts(client, f"/feed/{link}")
    assert small["default"] == 1
    assert sum(count for alias, count in small.items() if alias.startswith("friends")) == 1
    assert [count for alias, count in small.items() if alias.startswith("content")] == [1, 1]

    follow_many(bob, 298)
    post_on_both_servers(alice, charlie, 240)
    post_in_turn(alice, charlie, 20)
    outbox.drain()
    store.forget(bob.id)
    link = next_link(client.get("/feed/").content.decode())
    assert warm_counts(client) == {"default": 1}, "the queries of the first page grew with the data"
    assert warm_counts(client, f"/feed/{link}") == small, "the feed's queries grew with the data"


def test_a_page_that_is_gone_is_composed_of_stored_cards_without_more_queries(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    people.live_posts(alice, ["one"] * 8)
    client = client_of(bob)
    html = client.get("/feed/").content
    acting(FEEDS).delete(keys.page_key(bob.id))
    with counted_queries() as counts:
        assert client.get("/feed/").content == html
    assert counts == {"default": 1}


@pytest.mark.parametrize("members", [0, 250], ids=["follows one", "follows many"])
def test_the_queries_of_a_first_page_of_which_nothing_is_stored(
    alice: User, bob: User, charlie: User, client_of: ClientOf, members: int
) -> None:
    """Session, member, what the page shows of the member as it is now, who is pulled; whom the member follows; on each
    content server ids, own likes and saves, and cards."""
    people.follow(bob, charlie)
    follow_many(bob, members)
    post_on_both_servers(alice, charlie, 5 + members)
    post_in_turn(alice, charlie, 5)
    client = client_of(bob)
    client.get("/healthz")
    for role in (FEEDS, CACHE):
        acting(role).flushdb()
    with counted_queries() as counts:
        assert len(captions(client.get("/feed/").content.decode())) == 5
    assert counts["default"] == 4, counts.sql["default"]
    assert sum(count for alias, count in counts.items() if alias.startswith("friends")) == 1
    assert [count for alias, count in counts.items() if alias.startswith("content")] == [3, 3]


def test_with_redis_away_the_first_page_comes_from_the_databases(
    alice: User, bob: User, client_of: ClientOf, feeds_away: Callable[[], AbstractContextManager[None]]
) -> None:
    people.live_posts(alice, [f"post {number}" for number in range(8)])
    client = client_of(bob)
    html = client.get("/feed/").content.decode()
    assert captions(html) == [f"post {number}" for number in (7, 6, 5, 4, 3)]
    with feeds_away():
        people.live_post(alice, "post 8")
        assert captions(client.get("/feed/").content.decode()) == [f"post {number}" for number in (8, 7, 6, 5, 4)]
    assert client.get("/feed/").content.decode() == html, "it is there again"
