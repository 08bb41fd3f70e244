from collections.abc import Callable

import pytest
from django.test import Client

from media.models import Photo, Post
from photoapp import outbox
from tests import people
from users.models import User
from users.services import block, update_profile

ClientOf = Callable[[User], Client]


def again(post: Post) -> Post:
    return Post.objects.on_shard_of(post.id).get(id=post.id)


def alts(post: Post) -> list[str]:
    return list(Photo.objects.on_shard_of(post.id).filter(post_id=post.id).values_list("alt", flat=True))


def test_the_form_holds_what_is_there(alice: User, client_of: ClientOf) -> None:
    post = people.live_post(alice, "Harbour & sea", photos=2, location="Kiel", people=[{"id": "5", "username": "dora"}])
    html = client_of(alice).get(f"{post.get_absolute_url()}edit/").content.decode()
    for text in ("Harbour &amp; sea", 'value="Kiel"', 'value="dora"', 'id="alt-2"'):
        assert text in html


def test_everything_can_be_changed(alice: User, bob: User, charlie: User, client_of: ClientOf) -> None:
    post = people.live_post(alice, "Before", photos=2)
    words = {"caption": "After", "location": " New  York ", "people": "@Bob, charlie", "alt": ["a ship", "a gull"]}
    response = client_of(alice).post(f"{post.get_absolute_url()}edit/", words)
    assert response["Location"] == post.get_absolute_url()
    changed = again(post)
    assert (changed.caption, changed.location) == ("After", "New York")
    assert [person["username"] for person in changed.people] == ["bob", "charlie"]
    assert alts(post) == ["a ship", "a gull"]
    assert " · edited" in client_of(bob).get(post.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("caption", "x" * 3000, "A caption has at most 2,200 characters; this one has 3,000."),
        ("location", "x" * 101, "A place has at most 100 characters."),
        ("people", "bob nobody", "There is no member called nobody."),
        ("alt", "x" * 501, "A description of a photo has at most 500 characters."),
    ],
)
def test_errors_stand_at_their_fields_and_words_are_kept(
    alice: User, bob: User, client_of: ClientOf, field: str, value: str, message: str
) -> None:
    post = people.live_post(alice, "Before")
    words = {"caption": "After", "location": "There", "people": "bob", "alt": "a ship", field: value}
    response = client_of(alice).post(f"{post.get_absolute_url()}edit/", words)
    html = response.content.decode()
    assert response.status_code == 400
    assert message in html
    assert all(text in html for text in words.values())
    assert again(post).caption == "Before"


def test_nobody_else_may(alice: User, bob: User, charlie: User, client_of: ClientOf) -> None:
    staff = people.make_user("moderator", is_staff=True)
    post = people.live_post(alice, "Before")
    url = f"{post.get_absolute_url()}edit/"
    for other in (bob, charlie, staff):
        assert client_of(other).get(url).status_code == 403
        assert client_of(other).post(url, {"caption": "Hijacked"}).status_code == 403
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert visitor.post(url, {"caption": "Hijacked"})["Location"].startswith("/login/")
    block(blocker=alice, blocked=charlie)
    update_profile(user=alice, is_private=True)
    outbox.drain()
    assert client_of(charlie).post(url, {"caption": "Hijacked"}).status_code == 404
    assert again(post).caption == "Before"
