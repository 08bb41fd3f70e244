"""What a member is told: once for each thing, not when it is gone, and only what they may see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from feeds import notifications, receivers
from feeds.models import Notification, NotificationsSeen
from feeds.notifications import notifications_page
from media.services import add_comment, delete_post, edit_post, like, remove_comment, unlike, withdraw_post
from photoapp import ids, outbox
from photoapp.shards import alias_for
from tests.api import api_of
from tests.people import follow, live_post, live_posts, make_user, upload
from tests.queries import counted_queries
from users import services
from users.deletion import erase_account
from users.models import User

pytestmark = pytest.mark.django_db


def told(user: User) -> list[tuple[str, str]]:
    outbox.drain()
    return [(notice.actor.username, notice.kind) for notice in notifications_page(user, None).items]


def rows_of(user: User) -> int:
    return Notification.objects.for_owner(user.id).count()


# --- What is told ------------------------------------------------------------------------------------------------


def test_a_follow_a_like_and_a_comment_are_told(alice: User, bob: User) -> None:
    post = live_post(alice)
    like(post=post, user=bob)
    outbox.drain()
    add_comment(post=post, author=bob, text="Lovely")
    assert told(alice) == [("bob", "comment"), ("bob", "like"), ("bob", "follow")]
    assert told(bob) == []
    comment, liked, followed = notifications_page(alice, None).items
    assert (comment.comment.text, liked.post, followed.post) == ("Lovely", post, None)


def test_rows_are_on_the_recipients_server(alice: User, bob: User) -> None:
    assert alias_for("content", alice.id) != alias_for("content", bob.id)
    assert Notification.objects.using(alias_for("content", alice.id)).count() == 1
    assert Notification.objects.using(alias_for("content", bob.id)).count() == 0
    row = Notification.objects.for_owner(alice.id).get()
    assert ids.shard_of(row.id) == ids.shard_of(alice.id)


def test_tagged_people_are_told_when_the_post_is_live(alice: User, charlie: User) -> None:
    upload(alice, people=["charlie"])
    assert told(charlie) == [("alice", "tag")]


def test_an_edit_tells_the_new_and_takes_back_the_old(alice: User, bob: User, charlie: User) -> None:
    post = upload(alice, people=["charlie"])
    edit_post(post=post, editor=alice, people=["bob"])
    assert (told(charlie), told(bob)) == ([], [("alice", "tag")])
    edit_post(post=post, editor=alice, people=[])
    assert told(bob) == []


def test_a_request_becomes_a_follow(alice: User, charlie: User) -> None:
    services.update_profile(user=alice, is_private=True)
    follow(charlie, alice)
    assert told(alice) == [("charlie", "follow_request")]
    services.accept_request(owner=alice, follower_id=charlie.id)
    assert told(alice) == [("charlie", "follow")]
    services.unfollow(follower=charlie, followee=alice)
    assert told(alice) == []


def test_nobody_is_told_of_their_own_acts(alice: User) -> None:
    post = upload(alice, people=["alice"])
    like(post=post, user=alice)
    add_comment(post=post, author=alice, text="mine")
    assert told(alice) == []


# --- Once, and not when it is gone -------------------------------------------------------------------------------


def test_what_is_taken_back_is_not_told(alice: User, charlie: User) -> None:
    post = live_post(alice)
    like(post=post, user=charlie)
    comment = add_comment(post=post, author=charlie, text="x")
    follow(charlie, alice)
    assert len(told(alice)) == 3
    unlike(post=post, user=charlie)
    remove_comment(comment)
    services.unfollow(follower=charlie, followee=alice)
    assert told(alice) == []
    assert rows_of(alice) == 0


def test_news_that_comes_twice_is_told_once(alice: User, bob: User) -> None:
    post = live_post(alice, people=[{"id": str(bob.id), "username": "bob"}])
    like(post=post, user=bob)
    comment = add_comment(post=post, author=bob, text="x")
    outbox.drain()
    for _ in range(2):
        receivers.notify_like(post.id, bob.id)
        receivers.notify_comment(post.id, comment.id, bob.id)
        receivers.notify_follow(bob.id, alice.id)
        receivers.notify_tagged(post.id, alice.id)
    assert sorted(kind for _, kind in told(alice)) == ["comment", "follow", "like"]
    assert told(bob) == [("alice", "tag")]


def test_news_that_comes_late_tells_the_truth_of_now(alice: User, bob: User) -> None:
    """All orders of two deliveries of a like and of its withdrawal."""
    post = live_post(alice)
    for liked in (True, False):
        (like if liked else unlike)(post=post, user=bob)
        for _ in range(3):
            receivers.notify_like(post.id, bob.id)
        assert (("bob", "like") in told(alice)) is liked


def test_two_comments_are_two_notifications(alice: User, bob: User) -> None:
    post = live_post(alice)
    for text in "ab":
        add_comment(post=post, author=bob, text=text)
    assert [kind for _, kind in told(alice)].count("comment") == 2


# --- Only what the recipient may see -----------------------------------------------------------------------------


def test_blocked_people_tell_nothing(alice: User, bob: User) -> None:
    post = live_post(alice)
    like(post=post, user=bob)
    assert ("bob", "like") in told(alice)
    services.block(blocker=alice, blocked=bob)
    assert [notice.kind for notice in notifications_page(alice, None).items] == [], "at once"
    receivers.notify_like(post.id, bob.id)
    assert told(alice) == []
    assert rows_of(alice) == 0


def test_a_deleted_post_is_not_told_of(alice: User, bob: User, charlie: User) -> None:
    post = upload(alice, people=["charlie"])
    like(post=post, user=charlie)
    outbox.drain()
    delete_post(post=post, by=alice)
    assert [notice.kind for notice in notifications_page(alice, None).items] == ["follow"], "at once"
    assert notifications_page(charlie, None).items == []
    outbox.drain()
    assert rows_of(alice) == 2, "it can still be taken back"
    withdraw_post(post.id)
    outbox.drain()
    assert rows_of(alice) == 1


def test_a_tag_in_a_post_that_went_private_is_not_told(alice: User, charlie: User) -> None:
    upload(alice, people=["charlie"])
    assert told(charlie) == [("alice", "tag")]
    services.update_profile(user=alice, is_private=True)
    assert told(charlie) == []


def test_a_member_who_left_is_not_told_of_and_leaves_nothing(alice: User, bob: User) -> None:
    post = live_post(alice)
    like(post=post, user=bob)
    assert len(told(alice)) == 2
    notifications.mark_seen(user=alice, up_to=ids.MAX_ID)
    erase_account(user=bob)
    assert notifications_page(alice, None).items == [], "at once"
    outbox.drain()
    assert rows_of(alice) == 0
    follow(make_user("dora"), alice)
    outbox.drain()
    erase_account(user=alice)
    outbox.drain()
    for part in (*Notification.objects.on_every_shard(), *NotificationsSeen.objects.on_every_shard()):
        assert not part.exists()


# --- Seen --------------------------------------------------------------------------------------------------------


def test_seeing_goes_up_to_a_notification_and_never_back(alice: User, bob: User) -> None:
    for text in "abc":
        add_comment(post=live_post(alice), author=bob, text=text)
        outbox.drain()
    newest, *_, oldest = notifications_page(alice, None).items

    def seen() -> list[bool]:
        return [notice.seen for notice in notifications_page(alice, None).items]

    notifications.mark_seen(user=alice, up_to=oldest.id)
    assert seen() == [False, False, False, True]
    notifications.mark_seen(user=alice, up_to=newest.id)
    notifications.mark_seen(user=alice, up_to=oldest.id)
    assert seen() == [True] * 4
    add_comment(post=live_post(alice), author=bob, text="later")
    outbox.drain()
    assert seen() == [False] + [True] * 4


def test_nobody_can_see_ahead(alice: User, bob: User) -> None:
    notifications.mark_seen(user=alice, up_to=ids.MAX_ID)
    like(post=live_post(alice), user=bob)
    outbox.drain()
    assert [notice.seen for notice in notifications_page(alice, None).items] == [False, True]


# --- The page ----------------------------------------------------------------------------------------------------

ClientOf = Callable[[User], Client]


def test_the_page_lists_and_marks_as_seen(alice: User, bob: User, client_of: ClientOf) -> None:
    post = live_post(alice)
    add_comment(post=post, author=bob, text="<b>Lovely</b>")
    outbox.drain()
    browser = client_of(alice)
    for _ in range(2):  # a GET changes nothing
        answer = browser.get("/notifications/")
        page = answer.content.decode()
        assert "Mark all as seen" in page
        assert "&lt;b&gt;Lovely&lt;/b&gt;" in page
        assert post.get_absolute_url() in page
        assert "follows you" in page
    answer = browser.post("/notifications/", {"seen": answer.context["seen"]})
    assert (answer.status_code, answer.url) == (302, "/notifications/")
    assert "Mark all as seen" not in browser.get("/notifications/").content.decode()


def test_likes_of_one_post_are_one_line(alice: User, client_of: ClientOf) -> None:
    post = live_post(alice)
    for number in range(3):
        like(post=post, user=make_user(f"fan{number}"))
        outbox.drain()
    page = client_of(alice).get("/notifications/").content.decode()
    assert page.count("liked") == 1
    assert "and 2 others" in page


def test_the_page_needs_a_login(client: Client) -> None:
    assert client.get("/notifications/").url.startswith("/login/")
    assert client.post("/notifications/", headers={"Sec-Fetch-Site": "same-origin"}).url.startswith("/login/")


@pytest.mark.parametrize("seen", ["", "0", "not an id", "é"])
def test_a_form_that_was_edited_is_refused(alice: User, client_of: ClientOf, seen: str) -> None:
    assert client_of(alice).post("/notifications/", {"seen": seen}).status_code == 400


def test_an_empty_page_says_so(alice: User, client_of: ClientOf) -> None:
    assert "will be listed here" in client_of(alice).get("/notifications/").content.decode()


# --- The API -----------------------------------------------------------------------------------------------------


def test_the_api_lists_pages(alice: User, bob: User) -> None:
    post = live_post(alice)
    for number in range(25):
        add_comment(post=post, author=bob, text=str(number))
        outbox.drain()
    client = api_of(alice)
    first = client.get("notifications/").json()
    second = client.get(first["next"]).json()
    assert [found["comment"] for found in first["results"]] == [str(number) for number in range(24, 4, -1)]
    assert [found["kind"] for found in second["results"]] == ["comment"] * 5 + ["follow"]
    assert second["next"] is None
    newest = first["results"][0]
    assert newest["post"] == str(post.id)
    assert newest["actor"]["username"] == "bob"
    assert newest["thumbnail"].startswith("http://testserver/photos/")
    assert client.put("notifications/seen/", {"id": newest["id"]}).status_code == 204
    assert all(found["seen"] for found in client.get("notifications/").json()["results"])


def test_the_api_refuses_what_is_not_the_callers(alice: User, bob: User) -> None:
    assert api_of().get("notifications/").status_code == 401
    assert api_of().put("notifications/seen/", {"id": "1"}).status_code == 401
    for bad in ("x", "", None, "-5", 5.5, "9" * 40):
        assert api_of(alice).put("notifications/seen/", {"id": bad}).status_code == 400
    assert api_of(alice).put("notifications/seen/", {"id": "9" * 19}).status_code == 204
    assert api_of(alice).get("notifications/?cursor=x").status_code == 400


def test_the_list_costs_the_same_however_much_there_is(alice: User, bob: User) -> None:
    client = api_of(alice)
    happen(alice, bob, 10)
    few = counted(client)
    live_posts(alice, map(str, range(490)))
    for number in range(20):
        follow(make_user(f"fan{number}"), alice)
    happen(alice, bob, 40)
    assert counted(client) == few


def happen(owner: User, actor: User, times: int) -> None:
    """Comments, and tags in posts on another server, in turn."""
    people = [{"id": str(owner.id), "username": owner.username}]
    for _ in range(times):
        receivers.notify_tagged(live_post(actor, people=people).id, actor.id)
        add_comment(post=live_post(owner), author=actor, text="y")
        outbox.drain()


def counted(client: Any) -> dict[str, int]:
    client.get("notifications/")
    with counted_queries() as counts:
        assert len(client.get("notifications/").json()["results"]) == 20
    return dict(counts)
