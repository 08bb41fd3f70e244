"""Pages for visitors are remembered: what they cost, what renews them, and that nobody's own page is among them."""

from collections.abc import Callable

import pytest
from django.test import Client

from media import services as posts
from media.models import Post
from media.selectors import visible_post
from photoapp import ids, outbox
from tests.people import follow, live_post, live_posts, make_user
from tests.queries import counted_queries
from users import deletion, services
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
SHARED = "public, max-age=0, s-maxage=30, stale-while-revalidate=30"


def text_of(path: str, status: int = 200, client: Client | None = None) -> str:
    answer = (client or Client()).get(path)
    assert answer.status_code == status
    return answer.content.decode()


def pages_of(post: Post) -> list[str]:
    return ["/u/alice/", "/get_user_details?username=alice", post.get_absolute_url()]


@pytest.fixture
def post(alice: User) -> Post:
    """alice's, as the services see it."""
    made = live_post(alice, "Harbour")
    outbox.drain()
    return visible_post(made.id, alice)  # type: ignore[return-value]


@pytest.mark.parametrize("path", ["/u/alice/", "/get_user_details?username=ALICE", "{post}", "/search/?q=al", "/"])
def test_a_page_that_was_asked_for_before_costs_no_query(post: Post, path: str) -> None:
    path = path.format(post=post.get_absolute_url())
    first = text_of(path)
    with counted_queries() as counts:
        again = text_of(path)
    assert counts == {} and again == first


def test_both_addresses_of_a_profile_share_what_is_remembered(post: Post) -> None:
    text_of("/u/alice/")
    with counted_queries() as counts:
        assert "Harbour" in text_of("/get_user_details?username=alice")
    assert counts == {}


@pytest.mark.parametrize("encoding", ["gzip", "identity", "br;q=1, gzip;q=0.5"])
def test_what_shared_caches_are_told(post: Post, encoding: str) -> None:
    for _ in range(2):  # computed, remembered
        answer = Client().get("/u/alice/", headers={"Accept-Encoding": encoding})
        assert answer["Cache-Control"] == SHARED
        assert set(answer["Vary"].split(", ")) == {"Accept-Encoding", "Accept-Language", "Cookie"}
        assert not answer.cookies
        assert answer.has_header("Content-Encoding") is ("gzip" in encoding)
        known = Client().get("/u/alice/", headers={"If-None-Match": answer["ETag"], "Accept-Encoding": encoding})
        assert known.status_code == 304 and not known.content
        assert known["Cache-Control"] == SHARED and known["ETag"] == answer["ETag"]
        assert Client().get("/u/alice/", headers={"If-None-Match": 'W/"another"'}).status_code == 200


def test_each_language_has_its_own(post: Post) -> None:
    for _ in range(2):
        assert '<html lang="en"' in text_of("/u/alice/")
        assert '<html lang="de"' in text_of("/u/alice/", client=Client(headers={"Accept-Language": "de"}))


def test_pages_of_members_are_theirs_alone(client_of: ClientOf, alice: User, bob: User, post: Post) -> None:
    visitors = {path: text_of(path) for path in pages_of(post)}
    for viewer in (alice, bob):
        client = client_of(viewer)
        for path in pages_of(post):
            answer = client.get(path)
            assert answer["Cache-Control"] == "private, no-cache" and not answer.has_header("ETag")
            assert f'href="/u/{viewer.username}/"' in answer.content.decode()
    for path, text in visitors.items():
        assert text_of(path) == text


def test_a_token_is_no_visitor(post: Post) -> None:
    answer = Client(headers={"Authorization": "Token wrong"}).get("/u/alice/")
    assert "private" in answer["Cache-Control"]


def test_an_address_with_other_parameters_is_made_anew(post: Post) -> None:
    text_of("/u/alice/")
    answer = Client().get("/u/alice/?utm=1")
    assert answer["Cache-Control"] == "private, no-cache"


def test_pages_go_on(alice: User) -> None:
    live_posts(alice, [f"Post {number}" for number in range(30)])
    first = Client().get("/u/alice/").context["page"]
    second = text_of(f"/u/alice/?cursor={first.next_cursor}")
    with counted_queries() as counts:
        assert text_of(f"/u/alice/?cursor={first.next_cursor}") == second
    assert counts == {} and second != text_of("/u/alice/")
    assert Client().get("/u/alice/?cursor=forged").status_code == 400


def test_what_is_not_there_is_asked_for_again(alice: User) -> None:
    text_of("/u/newcomer/", 404)
    make_user("newcomer")
    assert "newcomer" in text_of("/u/newcomer/")
    text_of("/p/37yBc2THL28/", 404)


ACTS = "delete, archive, followers only, private, suspend, erase, rename, caption, new post, untag"


@pytest.mark.parametrize("act", ACTS.split(", "))
def test_whatever_changes_a_page_shows_at_once(alice: User, post: Post, act: str) -> None:
    address = post.get_absolute_url()
    for path in ("/u/alice/", address):
        assert "Harbour" in text_of(path)
    gone: dict[str, int | None] = {}  # what each address says then: a status, None for 200 without the post
    if act == "delete":
        posts.delete_post(post=post, by=alice)
        gone = {"/u/alice/": None, address: 404}
    elif act == "archive":
        posts.archive_post(post=post, by=alice)
        gone = {"/u/alice/": None, address: 404}
    elif act == "followers only":
        posts.edit_post(post=post, editor=alice, audience="followers")
        gone = {"/u/alice/": None, address: 404}
    elif act == "private":
        services.update_profile(user=alice, is_private=True)
        gone = {"/u/alice/": None, address: 404}
    elif act == "suspend":
        services.update_profile(user=alice, is_active=False)
        gone = {"/u/alice/": 404, address: 404}
    elif act == "erase":
        deletion.erase_account(user=alice)
        gone = {"/u/alice/": 404, address: 404}
    elif act == "rename":
        services.update_profile(user=alice, username="alicia")
        text_of("/u/alice/", 404)
        assert "@alicia" in text_of("/u/alicia/") and 'href="/u/alicia/"' in text_of(address)
    elif act == "caption":
        posts.edit_post(post=post, editor=alice, caption="Quay")
        assert "Quay" in text_of(address) and "Harbour" not in text_of(address) + text_of("/u/alice/")
    elif act == "new post":
        newer = live_post(alice, "Newer")
        posts.archive_post(post=visible_post(newer.id, alice), by=alice)  # type: ignore[arg-type]
        posts.unarchive_post(post=visible_post(newer.id, alice), by=alice)  # type: ignore[arg-type]
        assert "Newer" in text_of("/u/alice/") and newer.get_absolute_url() in text_of(address)
    else:
        make_user("erin")
        posts.edit_post(post=post, editor=alice, people=["erin"])
        assert "@erin" in text_of(address)
        erin = User.objects.get(username="erin")
        posts.remove_tag(post=visible_post(post.id, alice), user=erin)  # type: ignore[arg-type]
        assert "@erin" not in text_of(address)
    for path, status in gone.items():
        if status is not None:
            text_of(path, status)
        else:
            assert "Harbour" not in text_of(path) and ids.encode(post.id) not in text_of(path)


def test_a_name_that_somebody_else_took_leads_to_them(alice: User, charlie: User, post: Post) -> None:
    """With what is remembered of names some minutes old."""
    assert "Harbour" in text_of("/u/alice/")
    services.update_profile(user=alice, username="anna")
    services.update_profile(user=charlie, username="alice")
    other = live_post(charlie, "Desert")
    for _ in range(2):
        assert "Desert" in text_of("/u/alice/") and "Harbour" not in text_of("/u/alice/")
        assert "Harbour" in text_of("/u/anna/") and "@anna" in text_of("/u/anna/")
    services.update_profile(user=charlie, is_private=True)
    assert other.get_absolute_url() not in text_of("/u/alice/")


def test_the_next_page_is_the_same_from_both_addresses(alice: User) -> None:
    live_posts(alice, [f"Post {number}" for number in range(30)])
    text = text_of("/get_user_details?username=alice")
    assert 'href="/u/alice/?cursor=' in text and text_of("/u/alice/") == text


def test_comments_show_and_go_at_once(alice: User, bob: User, post: Post) -> None:
    address = post.get_absolute_url()
    assert "Lovely light" not in text_of(address)
    comment = posts.add_comment(post=post, author=bob, text="Lovely light")
    assert "Lovely light" in text_of(address)
    posts.delete_comment(comment=comment, by=alice)
    assert "Lovely light" not in text_of(address)


def test_who_left_is_found_no_more(alice: User) -> None:
    assert "@alice" in text_of("/search/?q=al")
    services.update_profile(user=alice, is_active=False)
    assert "@alice" not in text_of("/search/?q=al")


def test_a_private_account_of_which_a_follower_looks_leaves_nothing_for_visitors(
    client_of: ClientOf, alice: User, bob: User, post: Post
) -> None:
    services.update_profile(user=alice, is_private=True)
    follow(bob, alice)
    assert "Harbour" in text_of("/u/alice/", client=client_of(bob))
    assert "Harbour" not in text_of("/u/alice/") and "This account is private" in text_of("/u/alice/")
