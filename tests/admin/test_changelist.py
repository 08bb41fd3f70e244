"""Lists that merge the rows of several servers."""

from itertools import pairwise

import pytest
from django.test import Client

from media import services
from media.models import Post
from photoapp import ids, outbox, sharded_admin
from photoapp.shards import CONTENT, alias_for, servers
from tests.admin.conftest import server_down
from tests.people import live_post, live_posts, make_user
from tests.queries import Counts, counted_queries
from users.models import User

pytestmark = pytest.mark.django_db
POSTS = "/admin/media/post/"


def shown(response) -> list[int]:
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


def content_queries(counts: Counts) -> dict[str, int]:
    return {alias: count for alias, count in counts.items() if alias in servers(CONTENT)}


@pytest.fixture
def posts(alice: User, bob: User, charlie: User) -> list[int]:
    """117 posts, 67 on one server and 50 on the other, newest first."""
    made = [
        *live_posts(alice, [f"sunset {number}" for number in range(67)]),
        *live_posts(bob, [f"harbour {number}" for number in range(31)]),
        *live_posts(charlie, [f"sunset harbour {number}" for number in range(19)]),
    ]
    return sorted((post.id for post in made), reverse=True)


@pytest.mark.parametrize("size", [1, 7, 50, 58, 59, 116, 117, 118])
def test_pages_are_the_sorted_truth_cut_in_pieces(
    admin_client: Client, posts: list[int], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.admin.PostAdmin.list_per_page", size)
    pages = range(1, -(-117 // size) + 1) if size > 1 else [1, 2, 60, 117]
    for page in pages:
        response = admin_client.get(POSTS, {"p": page})
        assert shown(response) == posts[(page - 1) * size : page * size]
        assert response.context["cl"].result_count == 117
        assert response.context["cl"].multi_page == (size < 117)


def test_a_page_beyond_the_last_leads_to_the_first(admin_client: Client, posts: list[int]) -> None:
    response = admin_client.get(POSTS, {"p": 99})
    assert response.status_code == 302
    assert shown(admin_client.get(response["Location"])) == posts[:50]


def test_a_page_costs_the_same_whatever_is_there(admin_client: Client, alice: User, charlie: User) -> None:
    def cost() -> dict[str, int]:
        with counted_queries() as counts:
            admin_client.get(POSTS)
        return dict(counts)

    for owner in (alice, charlie):
        live_posts(owner, ["one", "two"])
    small = cost()
    for _ in range(30):
        for owner in (alice, charlie):
            live_posts(owner, ["three", "four"])
    assert cost() == small


def test_every_row_says_where_it_is(admin_client: Client, alice: User, charlie: User) -> None:
    for owner, shard in ((alice, 10), (charlie, 600)):
        live_post(owner, owner.username)
        assert f"{alias_for(CONTENT, owner.id)} · shard {shard}" in admin_client.get(POSTS).content.decode()


def test_paging_is_bounded_and_goes_on_by_a_link(
    admin_client: Client, posts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.admin.PostAdmin.list_per_page", 20)
    monkeypatch.setattr(sharded_admin, "DEPTH", 50)
    seen: list[int] = []
    query, older = "?q=", ""
    while query:
        for page in (1, 2, 3):
            response = admin_client.get(f"{POSTS}{query}&p={page}")
            if response.status_code == 302:  # no such page: the end of the list
                break
            seen += shown(response)
            older = response.context["cl"].older_query
        query, older = older, ""
    assert seen == posts


def test_counting_is_bounded(admin_client: Client, posts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharded_admin, "COUNT_LIMIT", 60)
    assert "There are more rows than were counted" in admin_client.get(POSTS).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sunset", 67 + 19),
        ("SUNSET 6", 1 + 7),
        ("harbour", 31 + 19),
        ("bob", 31),
        ("@charlie", 19),
        ("@nobody", 0),
        ("nowhere", 0),
        ("photograph", 0),  # valid base58, too
    ],
)
def test_search_works_on_every_server(admin_client: Client, posts: list[int], query: str, found: int) -> None:
    response = admin_client.get(POSTS, {"q": query})
    assert response.context["cl"].result_count == found
    assert shown(response) == sorted(shown(response), reverse=True)


def test_posts_of_a_member_are_read_on_their_server_alone(admin_client: Client, posts: list[int], bob: User) -> None:
    for query in ({"q": "@bob"}, {"owner": bob.id}):
        with counted_queries() as counts:
            response = admin_client.get(POSTS, query)
        assert response.context["cl"].result_count == 31
        assert set(content_queries(counts)) == {alias_for(CONTENT, bob.id)}


@pytest.mark.parametrize(
    "written",
    [
        str,
        ids.encode,
        lambda id: f"http://localhost/p/{ids.encode(id)}/",
        lambda id: f" /p/{ids.encode(id)}/comments/ ",
        lambda id: f"https://photos.example/admin/media/post/{id}/change/?_changelist_filters=q",
    ],
    ids=["decimal", "base58", "URL", "path", "admin URL"],
)
def test_an_id_goes_straight_to_its_server(admin_client: Client, posts: list[int], charlie: User, written) -> None:
    post = live_post(charlie, "this one")
    with counted_queries() as counts:
        response = admin_client.get(POSTS, {"q": written(post.id)})
    assert shown(response) == [post.id]
    assert set(content_queries(counts)) == {alias_for(CONTENT, charlie.id)}


def test_an_id_without_a_row_finds_nothing_and_asks_one_server(admin_client: Client, posts: list[int]) -> None:
    with counted_queries() as counts:
        assert shown(admin_client.get(POSTS, {"q": str(ids.new_id(900))})) == []
    assert set(content_queries(counts)) == {servers(CONTENT)[-1]}


def test_the_url_of_a_photo_finds_its_post(admin_client: Client, alice: User) -> None:
    live_post(alice, "another")
    post = live_post(alice, "this one", photos=3)
    photo = post.photos.using(alias_for(CONTENT, post.id)).order_by("position")[2]
    assert shown(admin_client.get(POSTS, {"q": photo.src})) == [post.id]


def test_filters_work_on_every_server(admin_client: Client, posts: list[int], alice: User, charlie: User) -> None:
    gone = [live_post(owner, "gone").id for owner in (alice, charlie)]
    for id in gone:
        services.withdraw_post(id)
    assert shown(admin_client.get(POSTS, {"state__exact": "deleted"})) == sorted(gone, reverse=True)


def test_one_server_can_be_chosen(admin_client: Client, posts: list[int]) -> None:
    for alias in servers(CONTENT):
        with counted_queries() as counts:
            response = admin_client.get(POSTS, {"server": alias})
        assert response.context["cl"].result_count == sum(alias_for(CONTENT, id) == alias for id in posts)
        assert set(content_queries(counts)) == {alias}


@pytest.mark.parametrize("down", [0, 1])
def test_a_dead_server_is_named_and_the_others_are_shown(admin_client: Client, posts: list[int], down: int) -> None:
    alias = servers(CONTENT)[down]
    rest = [id for id in posts if alias_for(CONTENT, id) != alias]
    with server_down(alias):
        response = admin_client.get(POSTS)
        assert shown(response) == rest[:50]
        assert response.context["cl"].result_count == len(rest)
        assert f"Server {alias} does not answer" in response.content.decode()
        assert shown(admin_client.get(POSTS, {"q": ids.encode(next(id for id in posts if id not in rest))})) == []
    assert shown(admin_client.get(POSTS)) == posts[:50]


def test_comments_show_author_and_post(admin_client: Client, alice: User, bob: User, charlie: User) -> None:
    by_alice = services.add_comment(post=live_post(charlie), author=alice, text="what a view")
    by_bob = services.add_comment(post=live_post(alice), author=bob, text="a lovely view")
    outbox.drain()
    for query, found in {
        "": [by_alice, by_bob],
        "view": [by_alice, by_bob],
        "lovely": [by_bob],
        "@alice": [by_alice],
        "@nobody": [],
        str(by_bob.id): [by_bob],
        ids.encode(by_alice.id): [by_alice],
    }.items():
        response = admin_client.get("/admin/media/comment/", {"q": query})
        assert shown(response) == sorted((comment.id for comment in found), reverse=True), query
        for author in {comment.author_id for comment in found}:
            assert f"/admin/users/user/{author}/change/" in response.content.decode()


def test_rows_of_equal_length_captions_keep_their_order(admin_client: Client) -> None:
    owners = [make_user(f"member{number}", shard=number * 100) for number in range(1, 10)]
    made = [live_post(owner, "same").id for owner in owners for _ in range(3)]
    found = shown(admin_client.get(POSTS, {"q": "same"}))
    assert found == sorted(made, reverse=True)
    assert all(newer > older for newer, older in pairwise(found))
    assert len({Post.objects.on_shard_of(id).get(id=id).owner_id for id in found}) == 9
