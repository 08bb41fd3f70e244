"""Tags and places: their pages, and what is offered while one types."""

import pytest
from django.test import Client

from media import services
from photoapp import outbox
from search.services import index_posts
from tests.api import api_of
from tests.people import live_post, live_posts
from users import services as users
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def posts(alice: User, bob: User) -> None:
    made = [
        live_post(alice, "One #Sunset", location="São Paulo, Brasil"),
        live_post(bob, "Two #sunset #sun", location="Sao Paulo - Brasil"),
        live_post(bob, "Three #sundial"),
        live_post(alice, "Hidden #sunny", location="Salvador", audience="followers"),
    ]
    index_posts(post.id for post in made)


def offered(text: str, kind: str) -> list[tuple[str, int]]:
    found = api_of().get("search/", {"q": text, "type": kind}).json()["results"]
    return [(term["key"], term["posts"]) for term in found]


def test_the_page_of_a_tag(posts: None) -> None:
    answer = Client().get("/tags/sunset/")
    assert [post.caption for post in answer.context["page"].items] == ["Two #sunset #sun", "One #Sunset"]
    assert "2 posts" in answer.content.decode()


def test_the_page_of_a_place_however_it_is_written(posts: None) -> None:
    answer = Client().get("/places/sao-paulo-brasil/")
    assert [post.caption for post in answer.context["page"].items] == ["Two #sunset #sun", "One #Sunset"]


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("/tags/Sunset/", "/tags/sunset/"),
        ("/tags/CAFÉ/", "/tags/cafe/"),
        ("/places/São Paulo, Brasil/", "/places/sao-paulo-brasil/"),
        ("/places/, ,/", "/search/"),
    ],
)
def test_one_address_for_each(posts: None, address: str, there: str) -> None:
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"]) == (302, there)


def test_what_nobody_can_see_has_no_page(posts: None, alice: User) -> None:
    assert Client().get("/tags/sunny/").status_code == 404
    assert Client().get("/tags/nothing/").status_code == 404
    assert Client().get("/places/salvador/").status_code == 404


def test_owners_see_their_own_there(posts: None, client_of, alice: User, bob: User) -> None:
    assert [post.caption for post in client_of(alice).get("/tags/sunny/").context["page"].items] == ["Hidden #sunny"]
    assert client_of(bob).get("/tags/sunny/").status_code == 404


def test_pages_of_a_tag_go_on(alice: User) -> None:
    index_posts(post.id for post in live_posts(alice, [f"{n} #many" for n in range(30)]))
    first = Client().get("/tags/many/")
    cursor = first.context["page"].next_cursor
    second = Client().get("/tags/many/", {"cursor": cursor})
    assert [len(answer.context["page"].items) for answer in (first, second)] == [24, 6]
    assert Client().get("/tags/many/", {"cursor": "x"}).status_code == 400


def test_tags_and_places_are_offered_by_their_beginnings_the_most_used_first(posts: None) -> None:
    assert offered("sun", "tags") == [("sunset", 2), ("sun", 1), ("sundial", 1)]
    assert offered("#SUNs", "tags") == [("sunset", 2)]
    assert offered("são p", "places") == [("sao-paulo-brasil", 2)]
    assert offered("", "tags") == offered("#", "tags") == offered(",", "places") == []


def test_a_tag_of_posts_for_followers_alone_is_not_offered(posts: None) -> None:
    assert offered("sunn", "tags") == offered("salv", "places") == []


def test_a_tag_is_offered_no_more_when_its_last_public_post_goes(alice: User) -> None:
    made = live_post(alice, "#quokka and #wombat")
    other = live_post(alice, "#wombat")
    index_posts([made.id, other.id])
    services.delete_post(post=made, by=alice)
    outbox.drain()
    assert offered("quokka", "tags") == []
    assert offered("wombat", "tags") == [("wombat", 1)]
    users.update_profile(user=alice, is_private=True)
    outbox.drain()
    assert offered("womba", "tags") == []
    users.update_profile(user=alice, is_private=False)
    outbox.drain()
    assert offered("womb", "tags") == [("wombat", 1)]


def test_indexing_twice_counts_once(alice: User) -> None:
    made = live_post(alice, "#quokka")
    for _ in range(3):
        index_posts([made.id])
    assert offered("quokka", "tags") == [("quokka", 1)]


def test_the_offers_of_a_search_box(posts: None, alice: User) -> None:
    outbox.drain()

    def offers(text: str) -> dict[str, list[str]]:
        found = api_of().get("search/offers/", {"q": text}).json()
        return {kind: [one.get("username") or one["key"] for one in ones] for kind, ones in found.items()}

    assert offers("s") == {"people": [], "tags": ["sunset", "sun", "sundial"], "places": ["sao-paulo-brasil"]}
    assert offers("@al") == {"people": ["alice"], "tags": [], "places": []}
    assert offers("#sund") == {"people": [], "tags": ["sundial"], "places": []}
    assert offers("") == {"people": [], "tags": [], "places": []}
    assert api_of().get("search/offers/", {"q": "x" * 101}).status_code == 400


def test_captions_and_places_lead_to_these_pages(posts: None, alice: User) -> None:
    made = live_post(alice, "#Sunset", location="São Paulo, Brasil")
    text = Client().get(made.get_absolute_url()).content.decode()
    assert 'href="/tags/sunset/"' in text and 'href="/places/sao-paulo-brasil/"' in text
