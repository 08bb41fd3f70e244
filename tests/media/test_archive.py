"""Put away and brought back; saved for later; and a history of all of it at random."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.selectors import feed_page
from media.models import Author, Post, PostCount, Saved
from media.selectors import archived_page, saved_page, visible_post
from media.services import (
    TooLate,
    add_comment,
    archive_post,
    delete_post,
    like,
    restore_post,
    talk,
    unarchive_post,
)
from photoapp import outbox
from tests import people
from tests.api import api_of
from users.models import User

ClientOf = Callable[[User], Client]


def state(post: Post) -> str:
    return Post.objects.on_shard_of(post.id).get(id=post.id).state


def test_away_from_everybody_but_its_owner_and_back_with_all_it_had(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    old, post, new = (people.upload(alice, name, people=["bob"]) for name in ("old", "Harbour", "new"))
    like(post=post, user=bob)
    add_comment(post=post, author=bob, text="Fine")
    outbox.drain()
    before = [card.id for card in feed_page(bob, None).items]
    owner, url = client_of(alice), post.get_absolute_url()
    assert owner.post(f"{url}archive/", {"action": "archive"})["Location"] == url
    outbox.drain()
    html = owner.get(url).content.decode()
    assert "This post is in your archive" in html and "Bring it back" in html and "Fine" in html
    assert "</textarea>" not in html
    assert client_of(bob).get(url).status_code == 404
    assert [card.id for card in feed_page(bob, None).items] == [new.id, old.id]
    assert [card.id for card in archived_page(alice, None).items] == [post.id]
    assert Author.objects.for_owner(alice.id).get().post_count == 2
    for act, fields in (("like", {"action": "like"}), ("comments", {"text": "x"}), ("save", {"action": "save"})):
        assert owner.post(f"{url}{act}/", fields).status_code == 404, act

    owner.post(f"{url}archive/", {"action": "unarchive"})
    outbox.drain()
    assert [card.id for card in feed_page(bob, None).items] == before
    assert "Fine" in client_of(bob).get(url).content.decode()
    assert PostCount.totals(post.id, "likes", "comments") == {"likes": 1, "comments": 1}
    assert Author.objects.for_owner(alice.id).get().post_count == 3


def test_only_the_owner_puts_away(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    url = f"{post.get_absolute_url()}archive/"
    moderator = people.make_user("moderator", is_staff=True)
    for other in (bob, moderator):
        assert client_of(other).post(url, {"action": "archive"}).status_code == 403
        with pytest.raises(PermissionDenied):
            unarchive_post(post=post, by=other)
    assert client_of(alice).post(url, {"action": "shred"}).status_code == 400
    assert client_of(alice).get(url).status_code == 405
    assert state(post) == Post.State.LIVE


def test_what_is_not_live_is_not_put_away(alice: User) -> None:
    post = people.live_post(alice)
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=Post.State.PROCESSING)
    archive_post(post=post, by=alice)
    unarchive_post(post=post, by=alice)
    assert state(post) == Post.State.PROCESSING


def test_the_news_of_a_withdrawal_that_comes_after_that_of_the_return(alice: User, bob: User) -> None:
    from feeds import receivers

    post = people.upload(alice)
    assert len(feed_page(bob, None).items) == 1
    archive_post(post=post, by=alice)
    unarchive_post(post=post, by=alice)
    outbox.drain()
    receivers.withdraw(post.id, alice.id)
    assert [card.id for card in feed_page(bob, None).items] == [post.id]


def test_the_api_does_the_same(alice: User, bob: User) -> None:
    post = people.live_post(alice)
    path, owner = f"posts/{post.id}/", api_of(alice)
    assert api_of(bob).put(f"{path}archive/").status_code == 403
    assert (owner.put(f"{path}archive/").status_code, owner.get(path).json()["state"]) == (204, "archived")
    assert api_of(bob).get(path).status_code == 404
    assert (owner.delete(f"{path}archive/").status_code, owner.get(path).json()["state"]) == (204, "live")
    assert owner.delete(path).status_code == 204
    assert api_of(bob).post(f"{path}restore/").status_code == 404
    assert owner.post(f"{path}restore/").json()["state"] == "live"


# --- Saved -------------------------------------------------------------------------------------------------------


def test_save_and_unsave_lead_back_to_the_card(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client, url = client_of(bob), f"{post.get_absolute_url()}save/"
    response = client.post(url, {"action": "save", "next": "/feed/"})
    assert response["Location"].startswith("/feed/#p-")
    assert client.post(url, {"action": "save"}, headers={"Accept": "application/json"}).json() == {"saved": True}
    assert [card.saved for card in saved_page(bob, None).items] == [True]
    assert client.post(url, {"action": "unsave"}, headers={"Accept": "application/json"}).json() == {"saved": False}
    assert saved_page(bob, None).items == []
    assert client.post(url, {"action": ""}).status_code == 400
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(url, {"action": "save"})
    assert visitor["Location"].startswith("/login/")


def test_the_api_saves_and_says_so(alice: User, bob: User) -> None:
    post = people.live_post(alice)
    client = api_of(bob)
    for _ in range(2):
        assert client.put(f"posts/{post.id}/save/").json() == {"saved": True}
    found = client.get(f"posts/{post.id}/").json()
    assert (found["saved"], found["audience"], found["comments_off"]) == (True, "everyone", False)
    assert not api_of(alice).get(f"posts/{post.id}/").json()["saved"], "nobody else knows"
    assert client.delete(f"posts/{post.id}/save/").json() == {"saved": False}


@pytest.mark.parametrize("act", ["like", "save", "comments"])
def test_an_act_while_its_post_is_erased_finds_nothing(
    alice: User, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Found, then erased, then written: the database sees at the commit that there is no such post."""
    post = people.live_post(alice)
    found = visible_post(post.id, bob)
    monkeypatch.setattr("media.pages.visible_post", lambda *_: found)
    monkeypatch.setattr("media.api.selectors.visible_post", lambda *_: found)
    delete_post(post=post, by=alice)
    from media.services import withdraw_post

    withdraw_post(post.id)
    outbox.drain()
    fields = {"text": "hello"} if act == "comments" else {"action": act}
    assert client_of(bob).post(f"{post.get_absolute_url()}{act}/", fields).status_code == 404
    call = api_of(bob).post if act == "comments" else api_of(bob).put
    assert call(f"/api/v1/posts/{post.id}/{act}/", {"text": "hello"}).status_code == 404
    assert not Saved.objects.on_shard_of(post.id).filter(post_id=post.id).exists()


def test_other_errors_of_the_database_are_not_hidden(alice: User) -> None:
    post = people.live_post(alice)
    with pytest.raises(IntegrityError), talk.beside_post(post.id):
        raise IntegrityError("something else")


# --- Any history -------------------------------------------------------------------------------------------------

ACTS = st.lists(st.sampled_from(["archive", "unarchive", "delete", "restore", "news", "old news"]), max_size=12)


@given(acts=ACTS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_after_any_history_state_count_and_feed_agree(alice: User, bob: User, acts: list[str]) -> None:
    """A model of three states beside the site; news comes when it comes, also twice, and at the end."""
    from feeds import receivers

    feed_page(bob, None)  # so that a feed exists
    post = people.live_post(alice, "history")
    receivers.fan_out(post.id, alice.id)
    model, before = "live", ""
    for act in acts:
        match act:
            case "archive":
                archive_post(post=post, by=alice)
                model = "archived" if model == "live" else model
            case "unarchive":
                unarchive_post(post=post, by=alice)
                model = "live" if model == "archived" else model
            case "delete":
                delete_post(post=post, by=alice)
                model, before = ("deleted", before if model == "deleted" else model)
            case "restore":
                restore_post(post_id=post.id, by=alice)
                model = before if model == "deleted" else model
            case "news":
                outbox.drain()
            case "old news":
                receivers.withdraw(post.id, alice.id)
        assert state(post) == model
    outbox.drain()
    live = Post.objects.for_owner(alice.id).filter(state=Post.State.LIVE)
    assert Author.objects.for_owner(alice.id).get().post_count == live.count()
    assert (post.id in [card.id for card in feed_page(bob, None).items]) is (model == "live")
    assert (visible_post(post.id, bob) is not None) is (model == "live")
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=Post.State.DELETED, state_before="")
    with pytest.raises(TooLate):
        restore_post(post_id=post.id, by=alice)
    Author.objects.for_owner(alice.id).update(post_count=0)
    Post.objects.for_owner(alice.id).delete()
