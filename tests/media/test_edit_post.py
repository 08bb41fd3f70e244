import re
from collections.abc import Callable

import pytest
from django.test import Client

from media.models import Photo, Post
from photoapp import outbox
from tests import people
from tests.queries import counted_queries
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


def form_of(html: str) -> dict[str, list[str]]:
    """What a browser would send of the edit form as it is."""
    version = re.search(r'name="version" value="(\w+)"', html)
    assert version
    return {
        "version": [version[1]],
        "photo": re.findall(r'name="photo" value="(\w+)"', html),
        "position": re.findall(r'name="position"[^>]* value="(\d+)"', html),
    }


def photos_of(post: Post) -> list[Photo]:
    return list(Photo.objects.on_shard_of(post.id).filter(post_id=post.id).order_by("position"))


@pytest.mark.parametrize(
    ("numbers", "order"),
    [
        (["1", "2", "3"], [0, 1, 2]),
        (["3", "1", "2"], [1, 2, 0]),
        (["1", "2", "1"], [2, 0, 1]),  # the last one was moved to the front
        (["3", "2", "3"], [1, 2, 0]),  # the first one was moved to the end
        (["9", "2", "3"], [1, 2, 0]),
    ],
)
def test_photos_are_put_in_the_order_of_their_numbers(
    alice: User, client_of: ClientOf, numbers: list[str], order: list[int]
) -> None:
    post = people.live_post(alice, "Before", photos=3)
    before = [photo.id for photo in photos_of(post)]
    url = f"{post.get_absolute_url()}edit/"
    form = form_of(client_of(alice).get(url).content.decode())
    assert form["position"] == ["1", "2", "3"]
    client_of(alice).post(url, {**form, "position": numbers, "alt": ["a", "b", "c"]})
    after = photos_of(post)
    assert [photo.id for photo in after] == [before[place] for place in order]
    assert [photo.alt for photo in after] == ["abc"[place] for place in order]


def test_dragged_photos_keep_their_own_descriptions(alice: User, client_of: ClientOf) -> None:
    """The script moves the rows: photos, descriptions and numbers arrive in the new order."""
    post = people.live_post(alice, "Before", photos=3)
    url = f"{post.get_absolute_url()}edit/"
    form = form_of(client_of(alice).get(url).content.decode())
    form["photo"] = [form["photo"][2], form["photo"][0], form["photo"][1]]
    before = [photo.id for photo in photos_of(post)]
    client_of(alice).post(url, {**form, "alt": ["third", "first", "second"]})
    assert [(photo.id, photo.alt) for photo in photos_of(post)] == [
        (before[2], "third"),
        (before[0], "first"),
        (before[1], "second"),
    ]


@pytest.mark.parametrize("number", ["", "x", "-1", "1.5", "9" * 5000])
def test_a_number_that_is_none_is_said_at_its_photo(alice: User, client_of: ClientOf, number: str) -> None:
    post = people.live_post(alice, "Before", photos=2)
    url = f"{post.get_absolute_url()}edit/"
    form = form_of(client_of(alice).get(url).content.decode())
    response = client_of(alice).post(url, {**form, "position": [number, "2"], "caption": "After"})
    assert response.status_code == 400
    assert "Give this photo a number from 1 to 2." in response.content.decode()
    assert again(post).caption == "Before"


def test_audience_and_comments_can_be_changed(alice: User, charlie: User, client_of: ClientOf) -> None:
    post = people.live_post(alice, "Before")
    url = f"{post.get_absolute_url()}edit/"
    client_of(alice).post(url, {"caption": "Before", "audience": "followers", "comments_off": "on"})
    changed = again(post)
    assert (changed.audience, changed.comments_off, changed.edited_at) == ("followers", True, None)
    assert client_of(charlie).get(post.get_absolute_url()).status_code == 404
    html = client_of(alice).get(url).content.decode()
    assert re.search(r'value="followers"[^>]*checked', html) and re.search(r'name="comments_off"[^>]*checked', html)
    client_of(alice).post(url, {"caption": "Before", "audience": "everyone"})
    assert (again(post).audience, again(post).comments_off) == ("everyone", False)
    refused = client_of(alice).post(url, {"audience": "nobody"})
    assert refused.status_code == 400 and "Choose who may see this" in refused.content.decode()


def test_a_change_from_elsewhere_is_not_overwritten_unseen(alice: User, client_of: ClientOf) -> None:
    post = people.live_post(alice, "Before", photos=2)
    url = f"{post.get_absolute_url()}edit/"
    client = client_of(alice)
    mine, other = (form_of(client.get(url).content.decode()) for _ in range(2))
    assert client.post(url, {**other, "caption": "From the phone"}).status_code == 302
    response = client.post(url, {**mine, "caption": "From the desk", "alt": ["a ship", ""]})
    html = response.content.decode()
    assert response.status_code == 409
    assert "changed meanwhile" in html and "From the desk" in html and "a ship" in html
    assert again(post).caption == "From the phone"
    assert client.post(url, {**form_of(html), "caption": "From the desk"}).status_code == 302
    assert again(post).caption == "From the desk"


def test_the_page_costs_the_same_for_one_photo_and_for_ten(alice: User, client_of: ClientOf) -> None:
    def queries(photos: int) -> dict[str, int]:
        post = people.live_post(alice, "Words", photos=photos)
        client = client_of(alice)
        client.get(f"{post.get_absolute_url()}edit/")
        with counted_queries() as counted:
            client.get(f"{post.get_absolute_url()}edit/")
        return dict(counted)

    assert queries(1) == queries(10)
