"""A member's page: what each viewer sees of it, how it goes on, what it costs."""

from collections.abc import Callable

import pytest
from django.test import Client

from media.models import Post
from media.services import posts
from photoapp import outbox
from tests.feeds.reading import announce, publish
from tests.people import add_follows, crowd, follow, live_post, live_posts, make_user, upload
from tests.queries import counted_queries
from users import services
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
PATHS = ["/u/alice/", "/get_user_details?username=alice"]


def text_of(client: Client, path: str = "/u/alice/", status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize("path", [*PATHS, "/u/Alice/", "/get_user_details?username=ALICE"])
def test_both_names_show_the_same_page(alice: User, path: str) -> None:
    services.update_profile(user=alice, bio="By the lake")
    post = live_post(alice, "Fog")
    text = text_of(Client(), path)
    assert "Alice" in text and "By the lake" in text
    assert post.get_absolute_url() in text
    assert "<strong>1</strong> post<" in text


@pytest.mark.parametrize("path", ["/u/nobody/", "/get_user_details", "/get_user_details?username=", "/u/%00/"])
def test_nobody_by_that_name(db: None, path: str) -> None:
    text_of(Client(), path, 404)


def test_what_can_be_done_depends_on_who_looks(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    assert "Log in to follow" in text_of(Client())
    assert 'value="follow"' in text_of(client_of(charlie)) and 'value="block"' in text_of(client_of(charlie))
    assert 'value="unfollow"' in text_of(client_of(bob))
    own = text_of(client_of(alice))
    assert "Edit profile" in own and 'value="follow"' not in own


def test_a_private_account_shows_its_header_alone(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    post = live_post(alice, "Secret garden")
    services.update_profile(user=alice, is_private=True)
    requested = make_user("dana")
    follow(requested, alice)
    staff = make_user("staff", is_staff=True)
    for client in (Client(), client_of(charlie), client_of(requested)):
        for path in PATHS:
            text = text_of(client, path)
            assert "Alice" in text and "This account is private" in text
            assert post.get_absolute_url() not in text and "Secret garden" not in text and "/photos/" not in text
            assert 'href="/u/alice/followers/"' not in text
    assert "Requested" in text_of(client_of(requested))
    for client in (client_of(alice), client_of(bob), client_of(staff)):
        assert post.get_absolute_url() in text_of(client)


def test_who_blocked_the_viewer_does_not_exist_for_them(client_of: ClientOf, alice: User, bob: User) -> None:
    live_post(alice)
    services.block(blocker=alice, blocked=bob)
    for path in PATHS:
        text_of(client_of(bob), path, 404)


def test_whom_the_viewer_blocked_can_be_unblocked(client_of: ClientOf, alice: User, charlie: User) -> None:
    post = live_post(alice)
    services.block(blocker=charlie, blocked=alice)
    text = text_of(client_of(charlie))
    assert 'value="unblock"' in text and 'value="follow"' not in text
    assert post.get_absolute_url() not in text


def test_unfinished_uploads_are_for_their_owner(client_of: ClientOf, alice: User, bob: User) -> None:
    failed = upload(alice, "The one that failed")
    waiting = upload(alice, "Still waiting")
    posts = Post.objects.on_shard_of(alice.id)
    posts.filter(id=failed.id).update(state=Post.State.FAILED, failure="Photo 1: This photo is damaged.")
    posts.filter(id=waiting.id).update(state=Post.State.UPLOADED)
    own = text_of(client_of(alice))
    assert "The one that failed" in own and "This photo is damaged." in own and "Still waiting" in own
    for client in (Client(), client_of(bob)):
        text = text_of(client)
        assert "The one that failed" not in text and "Still waiting" not in text


def test_posts_go_on_newest_first(alice: User) -> None:
    posts = live_posts(alice, map(str, range(30)))
    client, seen, url = Client(), [], "/u/alice/"
    while url:
        page = client.get(url).context["page"]
        seen += [post.id for post in page.items]
        url = page.next_cursor and f"/u/alice/?cursor={page.next_cursor}"
    assert seen == [post.id for post in reversed(posts)]


def walked(client: Client, path: str = "/u/alice/") -> list[int]:
    seen: list[int] = []
    url: str | None = path
    while url:
        page = client.get(url).context["page"]
        seen += [post.id for post in page.items]
        url = page.next_cursor and f"{path}?cursor={page.next_cursor}"
    return seen


@pytest.mark.parametrize("count", [0, 5, 12, 13, 40, 130])
def test_members_see_the_same_by_remembered_ids(
    client_of: ClientOf, alice: User, bob: User, charlie: User, count: int
) -> None:
    """Every second post is for followers alone; of the newest, all."""
    made = live_posts(alice, map(str, range(count)))
    hidden = [post.id for number, post in enumerate(made) if number % 2 or number > count - 5]
    Post.objects.for_owner(alice.id).filter(id__in=hidden).update(audience=Post.Audience.FOLLOWERS)
    newest = [post.id for post in reversed(made)]
    for _ in range(2):
        assert walked(client_of(bob)) == walked(client_of(alice)) == newest
        assert walked(client_of(charlie)) == [id for id in newest if id not in hidden]


def test_members_see_at_once_what_comes_and_goes(client_of: ClientOf, alice: User, bob: User) -> None:
    first = publish(alice, "First")
    client = client_of(bob)
    assert walked(client) == [first.id]
    second = publish(alice, "Second")
    assert walked(client) == [second.id, first.id]
    posts.archive_post(post=first, by=alice)
    assert walked(client) == [second.id]
    posts.unarchive_post(post=first, by=alice)
    assert walked(client) == [second.id, first.id]
    posts.edit_post(post=second, editor=alice, audience="followers")
    services.unfollow(follower=bob, followee=alice)
    assert walked(client) == [first.id]


def test_an_edited_or_foreign_cursor_is_refused(alice: User, charlie: User) -> None:
    live_posts(alice, map(str, range(20)))
    cursor = Client().get("/u/alice/").context["page"].next_cursor
    for wrong in (cursor[:-1], f"A{cursor}", "x", "-"):
        assert Client().get("/u/alice/", {"cursor": wrong}).status_code == 400
    assert Client().get("/u/charlie/", {"cursor": cursor}).status_code == 400


def test_the_more_link_leads_to_the_profile_s_own_address(alice: User) -> None:
    live_posts(alice, map(str, range(20)))
    assert 'href="/u/alice/?cursor=' in text_of(Client(), "/get_user_details?username=alice")


def test_it_is_read_only(client_of: ClientOf, alice: User) -> None:
    for path in PATHS:
        assert client_of(alice).post(path).status_code == 405


def test_members_pages_are_private(client_of: ClientOf, alice: User) -> None:
    assert "private" in client_of(alice).get("/u/alice/")["Cache-Control"]


def test_hostile_words_are_escaped(alice: User) -> None:
    services.update_profile(user=alice, display_name="<b>Al</b>", bio="<script>alert(1)</script>")
    text = text_of(Client())
    assert "<script>alert" not in text and "<b>Al" not in text


@pytest.mark.parametrize("path", PATHS)
def test_cost_is_flat(client_of: ClientOf, alice: User, path: str) -> None:
    """10 posts and 5 followers, 500 posts and 300 followers: the same queries."""
    viewer = make_user("viewer", shard=10)
    follow(viewer, alice)
    for n in range(4):
        follow(make_user(f"few.{n}", shard=n * 200), alice)
    live_posts(alice, map(str, range(10)))
    outbox.drain()
    client = client_of(viewer)
    text_of(client, path)
    with counted_queries() as few:
        text_of(client, path)
    many = live_posts(alice, map(str, range(490)))
    add_follows((member, alice) for member in crowd(295))
    announce(many[-1])
    assert many[-1].get_absolute_url() in text_of(client, path)
    with counted_queries() as lots:
        text_of(client, path)
    assert few == lots
    assert few == {"default": 2, "friends0": 2, "content0": 2}, "the ids of her posts are remembered"
