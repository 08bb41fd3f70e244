"""Who is told of replies, of mentions in comments and captions, and of tags that wait for an answer."""

from collections.abc import Callable

import pytest
from django.test import Client

from feeds import receivers
from feeds.models import Notification
from feeds.notifications import notifications_page
from media.models import Post
from media.services import (
    add_comment,
    approve_tag,
    archive_post,
    delete_post,
    edit_post,
    remove_comment,
    remove_tag,
    restore_post,
    unarchive_post,
    withdraw_post,
)
from photoapp import ids, outbox
from tests.people import live_post, make_user, upload
from tests.queries import counted_queries
from users import services
from users.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def told(user: User) -> list[tuple[str, str]]:
    outbox.drain()
    notices = notifications_page(user, None).items
    return [(notice.actor.username, notice.kind) for notice in notices if notice.kind != "follow"]


def rows(user: User) -> int:
    return Notification.objects.for_owner(user.id).exclude(kind=Notification.Kind.FOLLOW).count()


# --- Comments ----------------------------------------------------------------------------------------------------


def test_a_reply_is_told_to_whom_it_answers_and_to_the_owner(alice: User, bob: User, charlie: User) -> None:
    post = live_post(alice)
    thread = add_comment(post=post, author=bob, text="Where?")
    reply = add_comment(post=post, author=charlie, text="Oslo", parent=thread)
    assert told(bob) == [("charlie", "reply")]
    assert told(alice) == [("charlie", "comment"), ("bob", "comment")]
    add_comment(post=post, author=alice, text="Yes", parent=reply)
    assert told(charlie) == [], "who is only answered in a thread of somebody else is named in it, or not told"
    assert told(bob) == [("alice", "reply"), ("charlie", "reply")]


def test_each_person_is_told_of_a_comment_once_and_the_best(alice: User, bob: User, charlie: User) -> None:
    """Owner, author of the comment that is answered, and mentioned, all in one."""
    post = live_post(alice)
    thread = add_comment(post=post, author=alice, text="Mine")
    add_comment(post=post, author=bob, text="@alice and again @alice, @bob, @charlie", parent=thread)
    assert told(alice) == [("bob", "reply")]
    assert told(charlie) == [("bob", "mention")]
    assert told(bob) == []
    add_comment(post=post, author=charlie, text="@alice")
    assert told(alice)[0] == ("charlie", "comment")


def test_with_a_comment_and_its_thread_goes_what_was_told(alice: User, bob: User, charlie: User) -> None:
    post = live_post(alice)
    thread = add_comment(post=post, author=bob, text="@charlie look")
    add_comment(post=post, author=charlie, text="@alice did you see", parent=thread)
    assert (len(told(alice)), len(told(bob)), len(told(charlie))) == (2, 1, 1)
    remove_comment(thread)
    outbox.drain()
    assert (rows(alice), rows(bob), rows(charlie)) == (0, 0, 0)


def test_with_a_post_that_is_erased_goes_what_was_told(alice: User, bob: User, charlie: User) -> None:
    post = upload(alice, "for @bob")
    thread = add_comment(post=post, author=bob, text="@charlie look")
    add_comment(post=post, author=charlie, text="nice", parent=thread)
    assert (len(told(bob)), len(told(charlie))) == (2, 1)
    delete_post(post=post, by=alice)
    assert (told(bob), told(charlie), told(alice)) == ([], [], [])
    withdraw_post(post.id)
    outbox.drain()
    assert (rows(alice), rows(bob), rows(charlie)) == (0, 0, 0)


def test_only_who_may_see_the_post_is_told(alice: User, bob: User, charlie: User) -> None:
    services.update_profile(user=alice, is_private=True)
    outbox.drain()
    post = live_post(alice, "with @charlie and @bob")
    receivers.notify_tagged(post.id, alice.id)
    add_comment(post=post, author=alice, text="@charlie @bob")
    assert told(bob) == [("alice", "mention")] * 2
    assert told(charlie) == [] and rows(charlie) == 0
    shut = live_post(bob, audience=Post.Audience.FOLLOWERS)
    add_comment(post=shut, author=bob, text="@charlie")
    assert told(charlie) == []


def test_a_block_keeps_mentions_away(alice: User, bob: User, charlie: User) -> None:
    services.block(blocker=charlie, blocked=bob)
    add_comment(post=live_post(alice), author=bob, text="@charlie")
    assert told(charlie) == [] and rows(charlie) == 0


def test_news_of_a_comment_that_comes_twice_or_late(alice: User, bob: User, charlie: User) -> None:
    post = live_post(alice)
    comment = add_comment(post=post, author=bob, text="@charlie")
    for _ in range(2):
        receivers.notify_comment(post.id, comment.id, bob.id, [alice.id, charlie.id])
    assert (told(alice), told(charlie)) == ([("bob", "comment")], [("bob", "mention")])
    remove_comment(comment)
    for _ in range(2):
        receivers.notify_comment(post.id, comment.id, bob.id, [alice.id, charlie.id])
    assert (rows(alice), rows(charlie)) == (0, 0)


# --- Captions and tags -------------------------------------------------------------------------------------------


def test_a_caption_tells_whom_it_mentions_and_an_edit_takes_that_back(alice: User, bob: User, charlie: User) -> None:
    post = upload(alice, "with @bob")
    assert told(bob) == [("alice", "mention")]
    edit_post(post=post, editor=alice, caption="with @charlie")
    assert (told(bob), told(charlie)) == ([], [("alice", "mention")])
    edit_post(post=post, editor=alice, people=["charlie"])
    assert told(charlie) == [("alice", "tag")], "one for both"
    edit_post(post=post, editor=alice, people=[])
    assert told(charlie) == [("alice", "mention")]
    edit_post(post=post, editor=alice, caption="alone")
    assert told(charlie) == [] and rows(charlie) == 0


def test_a_tag_that_waits_asks_and_the_answer_ends_that(alice: User, charlie: User, client_of: ClientOf) -> None:
    services.update_profile(user=charlie, approve_tags=True)
    post = upload(alice, people=["charlie"])
    assert told(charlie) == [("alice", "tag_request")]
    page = client_of(charlie).get("/notifications/").content.decode()
    assert "asks to tag you in a photo" in page and f'href="{post.get_absolute_url()}tag/"' in page
    (asked,) = notifications_page(charlie, None).items
    approve_tag(post=post, user=charlie)
    assert told(charlie) == [("alice", "tag")]
    assert notifications_page(charlie, None).items[0].id == asked.id, "in its place: it is no news to who said yes"
    remove_tag(post=post, user=charlie)
    assert told(charlie) == [] and rows(charlie) == 0
    edit_post(post=post, editor=alice, people=["charlie"])
    assert told(charlie) == [], "what was said of a tag stays said"


def test_taken_back_a_deletion_tells_nobody_again(alice: User, bob: User) -> None:
    post = upload(alice, "@bob", people=["bob"])
    assert told(bob) == [("alice", "tag")]
    (before,) = (notice.id for notice in notifications_page(bob, None).items if notice.kind == "tag")
    delete_post(post=post, by=alice)
    assert told(bob) == []
    restore_post(post_id=post.id, by=alice)
    assert told(bob) == [("alice", "tag")]
    assert before in [notice.id for notice in notifications_page(bob, None).items]


def test_an_edit_while_the_post_is_put_away_counts(alice: User, bob: User, charlie: User) -> None:
    post = upload(alice, people=["bob", "charlie"])
    assert told(bob) == told(charlie) == [("alice", "tag")]
    archive_post(post=post, by=alice)
    edit_post(post=post, editor=alice, people=["charlie"])
    assert (told(bob), told(charlie), rows(bob), rows(charlie)) == ([], [], 0, 1)
    unarchive_post(post=post, by=alice)
    assert (told(bob), told(charlie)) == ([], [("alice", "tag")])


# --- The page ----------------------------------------------------------------------------------------------------


def test_each_leads_to_where_it_is(alice: User, bob: User, client_of: ClientOf) -> None:
    post = live_post(alice)
    thread = add_comment(post=post, author=alice, text="Mine")
    comment = add_comment(post=post, author=bob, text="first")
    reply = add_comment(post=post, author=bob, text="second", parent=thread)
    outbox.drain()
    page = client_of(alice).get("/notifications/").content.decode()
    assert f'href="{post.get_absolute_url()}#c-{ids.encode(comment.id)}"' in page
    assert f'href="/comments/{ids.encode(reply.id)}/replies/#c-{ids.encode(reply.id)}"' in page
    assert "replied to your comment" in page and ">second</q>" in page


def test_comments_of_many_servers_cost_the_same(alice: User, bob: User) -> None:
    owners = [bob, *(make_user(f"owner{number}", shard=100 * number) for number in range(9))]

    def cost() -> dict[str, int]:
        with counted_queries() as counts:
            notifications_page(alice, None)
        return dict(counts)

    for owner in owners:
        add_comment(post=live_post(owner, "@alice"), author=owner, text="@alice")
    assert len(told(alice)) == 10
    few = cost()
    for owner in owners * 3:
        add_comment(post=live_post(owner), author=owner, text="@alice")
    outbox.drain()
    assert cost() == few
