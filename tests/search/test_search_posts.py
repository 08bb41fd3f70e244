"""Finding posts: by words, tags, places, tagged people and authors; what is not for the viewer is not found."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.test import Client
from django.utils import timezone

from media import services
from media.models import Post
from photoapp import outbox
from search.queries import parse_posts
from search.selectors import find_posts
from search.services import index_posts
from search.throttle import SearchThrottle
from tests import people
from tests.people import follow, live_post, live_posts, make_user
from users import deletion
from users import services as users
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def post(owner: User, caption: str, **fields: object) -> Post:
    made = live_post(owner, caption, **fields)
    index_posts([made.id])
    return made


def captions(client: Client, query: str) -> list[str]:
    answer = client.get("/search/", {"q": query, "type": "posts"})
    assert answer.status_code == 200
    return [found.caption for found in answer.context["page"].items]


def found(query: str, viewer: User) -> list[str]:
    return [post.caption for post in find_posts(parse_posts(query), viewer).items]


@pytest.fixture
def posts(alice: User, bob: User) -> None:
    tag = [{"id": str(bob.id), "username": "bob", "state": "shown"}]
    hidden = [{"id": str(bob.id), "username": "bob", "state": "asked"}]
    day = timezone.now() - timedelta(days=1)
    post(alice, "Sunset at the pier #sea", location="Lisbon, Portugal", at=day)
    post(alice, "Café with friends", people=tag, at=day + timedelta(hours=1))
    post(bob, "The sea, again", at=day + timedelta(hours=2))
    post(bob, "北京的秋天 🍂", people=hidden, at=day + timedelta(hours=3))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sunset", ["Sunset at the pier #sea"]),
        ("SUNSET Pier", ["Sunset at the pier #sea"]),
        ("sunset again", []),
        ("cafe", ["Café with friends"]),
        ("sea", ["Sunset at the pier #sea", "The sea, again"]),  # what is about it comes first, though it is older
        ("#sea", ["Sunset at the pier #sea"]),
        ("lisbon", ["Sunset at the pier #sea"]),
        ("portugal pier", ["Sunset at the pier #sea"]),
        ("from:alice", ["Café with friends", "Sunset at the pier #sea"]),
        ("from:@ALICE sunset", ["Sunset at the pier #sea"]),
        ("from:nobody", []),
        ("@bob", ["Café with friends"]),  # one who has not said yes is not found in it
        ("with:bob", ["Café with friends"]),
        ("bob", ["Café with friends"]),
        ("秋天", ["北京的秋天 🍂"]),
        ("京", ["北京的秋天 🍂"]),
        ("天秋", []),
        ("🍂", ["北京的秋天 🍂"]),
        ("sunse", []),
        ("", []),
    ],
)
def test_what_is_found(posts: None, query: str, expected: list[str]) -> None:
    assert captions(Client(), query) == expected


def test_posts_that_are_not_for_all_are_found_by_their_owner_alone(
    client_of: ClientOf, alice: User, bob: User, charlie: User
) -> None:
    post(alice, "Quokka for friends", audience=Post.Audience.FOLLOWERS)
    users.update_profile(user=charlie, is_private=True)
    outbox.drain()
    post(charlie, "Quokka at home")
    assert captions(client_of(alice), "quokka") == ["Quokka for friends"]
    assert captions(client_of(charlie), "quokka") == ["Quokka at home"]
    assert captions(client_of(bob), "quokka") == captions(Client(), "quokka") == []


def test_a_block_hides_both_ways(client_of: ClientOf, alice: User, charlie: User) -> None:
    post(alice, "Quokka one")
    post(charlie, "Quokka two")
    users.block(blocker=alice, blocked=charlie)
    outbox.drain()
    assert captions(client_of(charlie), "quokka") == ["Quokka two"]
    assert captions(client_of(alice), "quokka") == ["Quokka one"]
    assert captions(Client(), "quokka") == ["Quokka two", "Quokka one"]


WITHDRAWALS: dict[str, Callable[[Post, User], object]] = {
    "deleted": lambda made, owner: services.delete_post(post=made, by=owner),
    "archived": lambda made, owner: services.archive_post(post=made, by=owner),
    "edited": lambda made, owner: services.edit_post(post=made, editor=owner, caption="Nothing"),
    "for followers": lambda made, owner: services.edit_post(post=made, editor=owner, audience="followers"),
    "gone private": lambda made, owner: users.update_profile(user=owner, is_private=True),
    "gone": lambda made, owner: deletion.delete_account(user=owner),
}


@pytest.mark.parametrize("act", WITHDRAWALS)
@pytest.mark.parametrize(
    "address", ["/search/?q=quokka", "/search/?q=quokka&type=posts", "/tags/quokka/", "/places/oslo/"]
)
def test_what_goes_is_on_no_stored_page_when_the_act_is_answered(alice: User, act: str, address: str) -> None:
    """Before a worker did anything: the index still has it."""
    made = post(alice, "Look #quokka", location="Oslo")
    path = made.get_absolute_url()
    still_there = act == "edited" and "oslo" in address
    assert path in Client().get(address).content.decode()
    WITHDRAWALS[act](made, alice)
    if act != "edited":  # an edited one is found by its old words until a worker was here
        assert path not in Client().get(address).content.decode()
    Client().get(address)
    outbox.drain()
    assert (path in Client().get(address).content.decode()) == still_there


def test_what_comes_back_is_found_again(alice: User) -> None:
    made = people.upload(alice, "Quokka #quokka")
    assert captions(Client(), "quokka") == ["Quokka #quokka"]
    services.archive_post(post=made, by=alice)
    outbox.drain()
    assert captions(Client(), "quokka") == []
    services.unarchive_post(post=made, by=alice)
    outbox.drain()
    assert find_posts(parse_posts("quokka"), alice, size=3).items == [made]  # asked for the first time


def test_pages_follow_each_other_over_all_servers_without_gap_or_repetition(alice: User, bob: User) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    every = []
    for number in range(40):
        owner = (alice, bob)[number % 2]
        caption = f"Quokka {number} #quokka" if number % 3 == 0 else f"Quokka {number}"
        every.append(live_posts(owner, [caption], at=start + timedelta(minutes=number))[0])
    index_posts(made.id for made in every)
    about = [made.caption for made in reversed(every) if "#" in made.caption]
    mentions = [made.caption for made in reversed(every) if "#" not in made.caption]
    seen, cursor, pages = [], None, 0
    while True:
        page = find_posts(parse_posts("quokka"), alice, cursor, size=7)
        seen += [made.caption for made in page.items]
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (seen, pages) == ([*about, *mentions], 6)


def test_a_cursor_of_another_query_is_refused(alice: User) -> None:
    index_posts(made.id for made in live_posts(alice, [f"Quokka {n} sea" for n in range(30)]))
    cursor = find_posts(parse_posts("quokka"), alice).next_cursor
    assert cursor
    assert Client().get("/search/", {"q": "quokka", "cursor": cursor}).status_code == 200
    assert Client().get("/search/", {"q": "sea", "cursor": cursor}).status_code == 400
    assert Client().get("/search/", {"q": "quokka", "cursor": f"x{cursor}"}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "x" * 10_000,
        "\0\x01\x02",
        "from:",
        "#",
        "@",
        "from: with: #",
        "' OR 1=1 --",
        '"',
        "a:b & c | !d",
        "🌊" * 60,
        "مرحبا",
    ],
)
def test_whatever_is_typed_gets_an_answer(alice: User, query: str) -> None:
    assert captions(Client(), query) == []


def test_followers_posts_of_others_are_not_found_even_by_followers(alice: User, bob: User) -> None:
    """Search is for what is public, and one's own; a private account is searched by nobody else."""
    post(alice, "Quokka", audience=Post.Audience.FOLLOWERS)
    follow(bob, alice)
    assert found("quokka", bob) == []


def test_a_renamed_member_is_found_by_the_new_name(alice: User, bob: User) -> None:
    people.upload(alice, "Quokka", people=["bob"])
    users.update_profile(user=bob, username="robert")
    outbox.drain()
    assert captions(Client(), "from:alice with:robert") == ["Quokka"]
    assert captions(Client(), "robert") == ["Quokka"]
    assert captions(Client(), "bob") == []
    assert make_user("bob2")


def test_who_searches_too_often_is_asked_to_wait(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    monkeypatch.setitem(SearchThrottle.THROTTLE_RATES, "search", "2/min")
    answers = [Client().get("/search/", {"q": f"al{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) >= 1


def test_with_redis_away_searches_are_answered_from_the_databases(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    post(alice, "Quokka #quokka")

    def away(*args: object, **kwargs: object) -> None:
        raise redis.exceptions.ConnectionError("away")

    monkeypatch.setattr("redis.connection.Connection.connect", away)
    monkeypatch.setattr("redis.connection.Connection.send_packed_command", away)
    assert captions(Client(), "quokka") == ["Quokka #quokka"]
    assert captions(Client(), "#quokka") == ["Quokka #quokka"]
