"""What many like lately, tags and places of these days, friends of friends: computed ahead, shown to whom it is for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from media import services
from media.models import Post
from photoapp import outbox
from search import suggestions, tasks, trends
from search.models import Trend
from search.services import index_posts
from tests.api import api_of
from tests.people import add_follows, crowd, follow, live_post, make_user
from tests.queries import counted_queries
from users import services as users
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def like(post: Post, fans: list[User]) -> None:
    for fan in fans:
        services.like(post=post, user=fan)


def shown(client: Client) -> list[str]:
    return [post.caption for post in client.get("/discover/").context["found"].posts]


@pytest.fixture
def fans() -> list[User]:
    return crowd(6)


def test_posts_by_likes_and_the_old_weigh_less(alice: User, bob: User, charlie: User, fans: list[User]) -> None:
    now = timezone.now()
    old = live_post(alice, "old", at=now - timedelta(days=5))
    fresh = live_post(bob, "fresh", at=now - timedelta(hours=3))
    ancient = live_post(charlie, "ancient", at=now - timedelta(days=30))
    like(old, fans)
    like(ancient, fans)
    like(fresh, fans[:2])
    live_post(charlie, "unliked")
    trends.compute()
    found = shown(Client())
    assert found[:2] == ["fresh", "old"]
    assert set(found) == {"fresh", "old", "unliked", "ancient"}, "few are liked: the newest fill the page"


def test_those_of_people_one_follows_and_ones_own_are_in_the_feed_instead(
    client_of: ClientOf, alice: User, bob: User, charlie: User
) -> None:
    for owner in (alice, bob, charlie):
        live_post(owner, f"of {owner.username}")
    trends.compute()
    assert set(shown(client_of(bob))) == {"of charlie"}, "bob follows alice"
    assert set(shown(Client())) == {"of alice", "of bob", "of charlie"}


def test_at_most_four_of_one_author(alice: User, fans: list[User]) -> None:
    for number in range(6):
        like(live_post(alice, f"{number}"), fans[:2])
    trends.compute()
    liked = Trend.objects.filter(kind="post").order_by("place")[: trends.OF_ONE]
    assert len(liked) == trends.OF_ONE


@pytest.mark.parametrize("how", ["deleted", "for followers", "gone private", "blocked"])
def test_what_goes_is_gone_at_once(client_of: ClientOf, alice: User, charlie: User, fans: list[User], how: str) -> None:
    made = live_post(alice, "Quokka")
    like(made, fans)
    trends.compute()
    viewer = client_of(charlie) if how == "blocked" else Client()
    assert shown_text(viewer)
    if how == "deleted":
        services.delete_post(post=made, by=alice)
    elif how == "for followers":
        services.edit_post(post=made, editor=alice, audience="followers")
    elif how == "gone private":
        users.update_profile(user=alice, is_private=True)
    else:
        users.block(blocker=alice, blocked=charlie)
    assert not shown_text(viewer)


def shown_text(client: Client) -> bool:
    return 'alt="Quokka"' in client.get("/discover/").content.decode()


def test_private_posts_never_trend(alice: User, charlie: User, fans: list[User]) -> None:
    like(live_post(alice, "#secret", audience="followers", location="Hideout"), fans)
    users.update_profile(user=charlie, is_private=True)
    outbox.drain()
    made = live_post(charlie, "#hidden")
    index_posts([made.id])
    like(made, fans)
    trends.compute()
    assert not Trend.objects.exists()


def test_tags_and_places_by_how_many_use_them(alice: User, bob: User) -> None:
    made = [live_post(alice, f"#mine {n}", location="Home") for n in range(3)]
    made += [live_post(alice, "#Both", location="Oslo"), live_post(bob, "#both", location="oslo")]
    made += [live_post(bob, "#old", at=timezone.now() - timedelta(days=20))]
    index_posts(post.id for post in made)
    trends.compute()
    found = api_of().get("discover/").json()
    assert [term["key"] for term in found["tags"]] == ["both", "mine"]
    assert [term["key"] for term in found["places"]] == ["oslo", "home"]


def test_nothing_is_computed_on_request(client_of: ClientOf, alice: User, fans: list[User]) -> None:
    like(live_post(alice, "Quokka"), fans)
    assert shown(Client()) == []
    tasks.compute_trends()
    assert shown(Client()) == ["Quokka"]
    client = client_of(fans[0])
    client.get("/discover/")
    with counted_queries() as counts:
        client.get("/discover/")
    assert counts["default"] <= 5 and sum(counts.values()) <= 9, counts.sql


def test_friends_of_friends(client_of: ClientOf, alice: User, bob: User, charlie: User) -> None:
    dora, eve, fay, hidden = (make_user(name) for name in ("dora", "eve", "fay", "hidden"))
    users.update_profile(user=hidden, is_private=True)
    add_follows([(bob, charlie), (alice, dora), (charlie, dora), (charlie, eve), (alice, hidden), (charlie, hidden)])
    add_follows([(alice, fay)])
    users.block(blocker=fay, blocked=bob)
    outbox.drain()
    suggestions.compute(bob.id)
    people = client_of(bob).get("/discover/").context["found"].people
    assert [(person.username, person.friends) for person in people[:2]] == [("dora", 2), ("eve", 1)]
    assert {person.username for person in people}.isdisjoint({"bob", "alice", "charlie", "hidden", "fay"})
    follow(bob, dora)
    assert "dora" not in {person.username for person in client_of(bob).get("/discover/").context["found"].people}


def test_a_follow_renews_suggestions(alice: User, bob: User, charlie: User) -> None:
    add_follows([(charlie, bob)])
    dora = make_user("dora")
    follow(dora, charlie)
    outbox.drain()
    assert list(suggestions.Suggestion.objects.for_owner(dora.id).values_list("suggested_id", flat=True)) == [bob.id]


def test_who_follows_nobody_gets_the_newest_members(client_of: ClientOf, alice: User, charlie: User) -> None:
    people = client_of(charlie).get("/discover/").context["found"].people
    assert [person.username for person in people] == ["alice"]
