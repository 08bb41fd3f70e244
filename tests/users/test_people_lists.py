"""Followers, following, requests, blocks as pages: who sees them, how they go on, what they cost."""

from collections.abc import Callable

import pytest
from django.test import Client

from photoapp import outbox
from photoapp.ids import new_id_beside
from tests.people import follow, make_user
from tests.queries import counted_queries
from users import services
from users.models import Follower, Following, User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def many_followers(owner: User, count: int, prefix: str = "fan") -> None:
    """Rows on both sides, as follows leave them."""
    fans = User.objects.bulk_create(
        User(username=f"{prefix}.{n:03}", email=f"{prefix}{n}@example.org", display_name=f"Fan {n}")
        for n in range(count)
    )
    pairs = [(fan.id, new_id_beside(fan.id)) for fan in fans]
    common = {"followee_id": owner.id, "accepted": True}
    Following.objects.bulk_create(Following(follower_id=fan, position=at, **common) for fan, at in pairs)
    Follower.objects.bulk_create(Follower(follower_id=fan, position=at, **common) for fan, at in pairs)


@pytest.mark.parametrize("path", ["/u/alice/followers/", "/u/bob/following/"])
def test_lists_of_public_accounts_are_open(alice: User, bob: User, path: str) -> None:
    text = Client().get(path).content.decode()
    assert ("@bob" if "alice" in path else "@alice") in text
    assert "/follow/" not in text


@pytest.mark.parametrize("kind", ["followers", "following"])
def test_lists_of_private_accounts_are_for_followers(
    client_of: ClientOf, alice: User, bob: User, charlie: User, kind: str
) -> None:
    services.update_profile(user=alice, is_private=True)
    follow(charlie, alice)
    path = f"/u/alice/{kind}/"
    assert client_of(alice).get(path).status_code == 200
    assert client_of(bob).get(path).status_code == 200
    assert client_of(charlie).get(path).status_code == 403
    assert Client().get(path).status_code == 403


def test_who_blocked_the_viewer_is_not_listed(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    services.block(blocker=bob, blocked=charlie)
    assert "@bob" not in client_of(charlie).get("/u/alice/followers/").content.decode()
    assert "@bob" in client_of(alice).get("/u/alice/followers/").content.decode()


def test_the_list_goes_on(client_of: ClientOf, alice: User) -> None:
    many_followers(alice, 40)
    client = client_of(alice)
    first = client.get("/u/alice/followers/")
    cursor = first.context["page"].next_cursor
    second = client.get("/u/alice/followers/", {"cursor": cursor})
    names = [person.username for page in (first, second) for person in page.context["page"].items]
    assert len(names) == len(set(names)) == 40
    assert 'rel="next"' in first.content.decode() and 'rel="next"' not in second.content.decode()
    assert client.get("/u/alice/following/", {"cursor": cursor}).status_code == 400
    assert client.get("/u/alice/followers/", {"cursor": cursor[:-1]}).status_code == 400


@pytest.mark.parametrize("path", ["/settings/requests/", "/settings/blocks/"])
def test_ones_own_lists_need_a_log_in(db: None, path: str) -> None:
    assert Client().get(path)["Location"] == f"/login/?next={path}"


def many_followed(follower: User, count: int, prefix: str = "idol") -> None:
    idols = User.objects.bulk_create(
        User(username=f"{prefix}.{n:03}", email=f"{prefix}{n}@example.org", display_name=f"Idol {n}")
        for n in range(count)
    )
    rows = [(idol.id, new_id_beside(follower.id)) for idol in idols]
    common = {"follower_id": follower.id, "accepted": True}
    Following.objects.bulk_create(Following(followee_id=idol, position=at, **common) for idol, at in rows)


@pytest.mark.parametrize(("kind", "more"), [("followers", many_followers), ("following", many_followed)])
def test_cost_is_flat(client_of: ClientOf, alice: User, kind: str, more: Callable[[User, int, str], None]) -> None:
    """5 and 300 people: the same queries."""
    client = client_of(make_user("viewer", shard=10))
    outbox.drain()
    more(alice, 5, "few")
    with counted_queries() as few:
        client.get(f"/u/alice/{kind}/")
    more(alice, 295, "more")
    with counted_queries() as lots:
        client.get(f"/u/alice/{kind}/")
    assert few == lots
    assert few == {"default": 3, "friends0": 3}


def test_the_button_alone_is_renewed_for_htmx(client_of: ClientOf, alice: User, charlie: User) -> None:
    client = client_of(charlie)
    words = {"action": "follow", "part": "1", "next": "/search/?q=a"}
    answer = client.post("/u/alice/follow/", words, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in text
    assert 'value="unfollow"' in text and 'value="/search/?q=a"' in text
    assert client.post("/u/alice/follow/", words | {"action": "unfollow"})["Location"] == "/search/?q=a"


def test_whom_one_blocked_has_no_follow_button_in_lists(client_of: ClientOf, alice: User, bob: User) -> None:
    viewer = make_user("viewer")
    services.block(blocker=viewer, blocked=bob)
    text = client_of(viewer).get("/u/alice/followers/").content.decode()
    assert "@bob" in text and "/u/bob/follow/" not in text
