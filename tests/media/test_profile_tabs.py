"""The tabs of a member's page: tagged, saved, archived. Who sees what there, how they go on, what they cost."""

from collections.abc import Callable

import pytest
from django.test import Client

from media import selectors, services
from media.models import Post
from media.receivers import trace_tag
from photoapp import outbox
from tests.api import api_of
from tests.people import follow, live_post, live_posts, make_user
from tests.queries import counted_queries
from users.models import User
from users.services import block, update_profile

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def tag(person: User, state: str = Post.Tag.SHOWN) -> list[dict[str, str]]:
    return [{"id": str(person.id), "username": person.username, "state": str(state)}]


def tagged_posts(owner: User, person: User, count: int, state: str = Post.Tag.SHOWN, **fields: object) -> list[Post]:
    """Posts with their traces, as the news of a publication leaves them."""
    posts = live_posts(owner, map(str, range(count)), people=tag(person, state), **fields)
    for post in posts:
        trace_tag(person.id, post.id)
    return posts


def save_all(posts: list[Post], user: User) -> None:
    for post in posts:
        services.save(post=post, user=user)


def shown(client: Client, path: str) -> list[int]:
    """The posts of all pages of a grid, as a person comes to them."""
    found, url = [], path
    while url:
        answer = client.get(url)
        assert answer.status_code == 200
        page = answer.context["page"]
        found += [post.id for post in page.items]
        assert (page.next_cursor is not None) == ('rel="next"' in answer.content.decode())
        url = page.next_cursor and f"{path}?cursor={page.next_cursor}"
    return found


# --- Posts -------------------------------------------------------------------------------------------------------


def test_posts_for_followers_are_not_in_a_strangers_grid(
    client_of: ClientOf, alice: User, bob: User, charlie: User
) -> None:
    everyone = live_post(alice, "for all")
    followers = live_post(alice, "for friends", audience=Post.Audience.FOLLOWERS)
    staff = make_user("staff", is_staff=True)
    for client in (Client(), client_of(charlie)):
        assert shown(client, "/u/alice/") == [everyone.id]
        assert "for friends" not in client.get("/u/alice/").content.decode()
    for client in (client_of(alice), client_of(bob), client_of(staff)):
        assert shown(client, "/u/alice/") == [followers.id, everyone.id]
        assert "For followers only" in client.get("/u/alice/").content.decode()


def test_a_grid_that_is_empty_for_a_stranger_says_why(client_of: ClientOf, alice: User, charlie: User) -> None:
    live_post(alice, "for friends", audience=Post.Audience.FOLLOWERS)
    assert "shares with followers only" in client_of(charlie).get("/u/alice/").content.decode()
    assert "When charlie shares photos" in Client().get("/u/charlie/").content.decode()
    assert "Upload your first photo" in client_of(charlie).get("/u/charlie/").content.decode()


def test_the_first_row_is_fetched_before_others(alice: User) -> None:
    live_posts(alice, map(str, range(14)))
    first = Client().get("/u/alice/")
    text = first.content.decode()
    assert text.count('fetchpriority="high"') == 3 and text.count('loading="lazy"') == 12 - 3
    more = Client().get("/u/alice/", {"cursor": first.context["page"].next_cursor}).content.decode()
    assert "fetchpriority" not in more and more.count('loading="lazy"') == 2
    assert text.count('width="1200" height="800"') == 12


def test_a_tile_says_what_is_in_it(alice: User, bob: User) -> None:
    post = live_post(alice, "Two of them", photos=2)
    services.like(post=post, user=bob)
    services.add_comment(post=post, author=bob, text="nice")
    text = Client().get("/u/alice/").content.decode()
    assert "Several photos" in text and "1 like, 1 comment" in " ".join(text.split())
    assert 'alt="Two of them"' in text


def test_a_bio_has_links(alice: User) -> None:
    update_profile(user=alice, bio="With @bob\nabout #harbours <b>")
    text = Client().get("/u/alice/").content.decode()
    assert '<a href="/u/bob/">@bob</a><br>' in text and 'href="/tags/harbours/"' in text and "&lt;b&gt;" in text


# --- Tagged ------------------------------------------------------------------------------------------------------


def test_tagged_shows_what_the_viewer_may_see(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    public = tagged_posts(alice, bob, 1)[0]
    friends = tagged_posts(alice, bob, 1, audience=Post.Audience.FOLLOWERS)[0]
    assert shown(client_of(bob), "/u/bob/tagged/") == [friends.id, public.id]  # bob follows alice
    for client in (Client(), client_of(charlie)):
        assert shown(client, "/u/bob/tagged/") == [public.id]
    update_profile(user=alice, is_private=True)
    assert shown(client_of(charlie), "/u/bob/tagged/") == []
    assert shown(client_of(bob), "/u/bob/tagged/") == [friends.id, public.id]


@pytest.mark.parametrize("state", [Post.Tag.ASKED, Post.Tag.REMOVED])
def test_tags_that_wait_or_were_removed_are_shown_to_nobody(
    client_of: ClientOf, alice: User, bob: User, charlie: User, state: str
) -> None:
    post = tagged_posts(alice, bob, 1, state)[0]
    for client in (Client(), client_of(charlie), client_of(bob), client_of(alice)):
        assert shown(client, "/u/bob/tagged/") == []
    for viewer in (None, charlie):
        api, client = api_of(viewer), client_of(viewer) if viewer else Client()
        assert api.get("users/bob/tagged/").json()["results"] == []
        assert api.get(f"posts/{post.id}/").json()["people"] == []
        assert "bob" not in client.get(post.get_absolute_url()).content.decode()


def test_a_private_accounts_tab_is_for_followers(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    post = tagged_posts(charlie, alice, 1)[0]
    update_profile(user=alice, is_private=True)
    assert shown(client_of(bob), "/u/alice/tagged/") == [post.id]
    for client in (Client(), client_of(charlie)):
        text = client.get("/u/alice/tagged/").content.decode()
        assert "This account is private" in text and post.get_absolute_url() not in text
    assert api_of(charlie).get("users/alice/tagged/").status_code == 403
    assert api_of(bob).get("users/alice/tagged/").json()["results"][0]["id"] == str(post.id)


def test_who_blocked_the_viewer_does_not_exist_there_either(client_of: ClientOf, alice: User, bob: User) -> None:
    block(blocker=alice, blocked=bob)
    assert client_of(bob).get("/u/alice/tagged/").status_code == 404
    assert api_of(bob).get("users/alice/tagged/").status_code == 404
    text = client_of(alice).get("/u/bob/tagged/").content.decode()
    assert "You blocked bob" in text


def test_it_goes_on_past_posts_that_are_hidden(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    """More hidden ones in a row than are read at once: an empty page still leads on."""
    oldest = tagged_posts(charlie, bob, 2)
    hidden = selectors.GRID_SIZE * selectors.OVER_FETCH + 4
    tagged_posts(alice, bob, hidden, audience=Post.Audience.FOLLOWERS)
    newest = tagged_posts(charlie, bob, 1)
    stranger = client_of(make_user("dana"))
    first = stranger.get("/u/bob/tagged/")
    assert [post.id for post in first.context["page"].items] == [newest[0].id]
    assert 'rel="next"' in first.content.decode()
    assert shown(stranger, "/u/bob/tagged/") == [post.id for post in reversed([*oldest, *newest])]
    assert len(shown(client_of(bob), "/u/bob/tagged/")) == hidden + 3


def test_an_empty_page_that_goes_on_does_not_look_like_the_end(alice: User, bob: User) -> None:
    tagged_posts(alice, bob, 1)
    tagged_posts(alice, bob, 40, audience=Post.Audience.FOLLOWERS)
    text = Client().get("/u/bob/tagged/").content.decode()
    assert "No photos of bob" not in text
    assert '<ul class="grid" id="posts">' in text and 'rel="next"' in text


# --- Saved and archived ------------------------------------------------------------------------------------------


def test_saved_is_ones_own(client_of: ClientOf, alice: User, bob: User) -> None:
    posts = live_posts(alice, "abc")
    save_all([posts[1], posts[0], posts[2]], bob)
    assert shown(client_of(bob), "/saved/") == [posts[2].id, posts[0].id, posts[1].id], "the last saved first"
    assert shown(client_of(alice), "/saved/") == []
    for path in ("/saved/", "/archived/"):
        assert Client().get(path)["Location"] == f"/login/?next={path}"
    assert "/saved/" not in client_of(alice).get("/u/bob/").content.decode()
    text = client_of(bob).get("/u/bob/").content.decode()
    assert 'href="/saved/"' in text and 'href="/archived/"' in text


def test_what_was_saved_and_may_no_longer_be_seen_is_left_out(client_of: ClientOf, alice: User, charlie: User) -> None:
    keep, away = live_posts(alice, ["keep", "away"])
    save_all([keep, away], charlie)
    client = client_of(charlie)
    services.archive_post(post=away, by=alice)
    assert shown(client, "/saved/") == [keep.id]
    services.unarchive_post(post=away, by=alice)
    assert shown(client, "/saved/") == [away.id, keep.id]
    update_profile(user=alice, is_private=True)
    assert shown(client, "/saved/") == []


def test_archived_is_the_owners(client_of: ClientOf, alice: User, bob: User) -> None:
    posts = live_posts(alice, map(str, range(15)))
    for post in posts[:14]:
        services.archive_post(post=post, by=alice)
    assert shown(client_of(alice), "/archived/") == [post.id for post in reversed(posts[:14])]
    assert shown(client_of(bob), "/archived/") == []
    assert shown(client_of(bob), "/u/alice/") == [posts[14].id]


def test_the_api_lists_saved_and_tagged(alice: User, bob: User) -> None:
    posts = tagged_posts(alice, bob, 14)
    save_all(posts, bob)
    api = api_of(bob)
    for path, order in (("me/saved/", posts[::-1]), ("users/bob/tagged/", posts[::-1])):
        first = api.get(path).json()
        second = api.get(first["next"]).json()
        found = [post["id"] for page in (first, second) for post in page["results"]]
        assert found == [str(post.id) for post in order] and second["next"] is None
        assert api.get(path, {"cursor": "x"}).status_code == 400
    assert api_of().get("me/saved/").status_code == 401


# --- Cost --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["tagged", "saved", "archived", "posts"])
def test_cost_is_flat(client_of: ClientOf, alice: User, tab: str) -> None:
    """5 and 300 posts: the same queries."""
    viewer = make_user("viewer", shard=10)
    follow(viewer, alice)
    outbox.drain()
    client = client_of(viewer)
    path = {"tagged": "/u/viewer/tagged/", "saved": "/saved/", "archived": "/archived/", "posts": "/u/viewer/"}[tab]

    def more(count: int) -> None:
        if tab == "tagged":
            tagged_posts(alice, viewer, count)
        elif tab == "saved":
            save_all(live_posts(alice, map(str, range(count))), viewer)
        else:
            live_posts(viewer, map(str, range(count)))
            if tab == "archived":
                Post.objects.for_owner(viewer.id).update(state=Post.State.ARCHIVED)

    more(5)
    with counted_queries() as few:
        assert len(client.get(path).context["page"].items) == 5
    more(295)
    with counted_queries() as lots:
        assert len(client.get(path).context["page"].items) == selectors.GRID_SIZE
    assert few == lots
    assert few["default"] <= 2 and few["friends0"] <= 3 and few["content0"] <= 4
