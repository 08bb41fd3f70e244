"""Threads: a comment and its replies, one level deep."""

import re
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from media.comments import FIRST_REPLIES, REPLIES_SIZE, comments_page
from media.models import Comment, Post, PostCount
from media.services import add_comment, archive_post, delete_comment, edit_post, remove_comment
from photoapp import ids, outbox
from tests import people
from tests.api import api_of
from tests.queries import counted_queries
from users.models import User
from users.services import block, update_profile

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def url_of(comment: Comment, page: str = "replies") -> str:
    return f"/comments/{ids.encode(comment.id)}/{page}/"


def shown(html: str) -> list[str]:
    return re.findall(r'<p class="comment__text">(.*?)</p>', html, re.DOTALL)


@pytest.fixture
def post(alice: User) -> Post:
    return people.live_post(alice)


@pytest.fixture
def thread(post: Post, bob: User) -> Comment:
    return add_comment(post=post, author=bob, text="Where is this?")


def answers(thread: Comment, author: User, count: int, start: int = 0) -> list[Comment]:
    return [
        add_comment(post=thread.post, author=author, text=f"no {number}", parent=thread)
        for number in range(start, start + count)
    ]


def count(post: Post) -> int:
    return PostCount.totals(post.id, "comments")["comments"]


# --- Where they stand --------------------------------------------------------------------------------------------


def test_replies_stand_below_their_comment_oldest_first(
    post: Post, thread: Comment, alice: User, bob: User, client_of: ClientOf
) -> None:
    response = client_of(alice).post(url_of(thread), {"text": "In Oslo, @bob"})
    reply = Comment.objects.on_shard_of(post.id).get(parent_id=thread.id)
    assert response["Location"] == f"{url_of(thread)}#c-{ids.encode(reply.id)}"
    add_comment(post=post, author=bob, text="newest")
    add_comment(post=post, author=bob, text="Thanks!", parent=thread)
    html = client_of(bob).get(post.get_absolute_url()).content.decode()
    assert shown(html) == ["newest", "Where is this?", 'In Oslo, <a href="/u/bob/">@bob</a>', "Thanks!"]
    assert "4 comments" in html and count(post) == 4


def test_an_answer_to_a_reply_joins_the_thread_and_names_whom_it_answers(
    thread: Comment, alice: User, bob: User, client_of: ClientOf
) -> None:
    (reply,) = answers(thread, alice, 1)
    client = client_of(bob)
    assert "@alice </textarea>" in client.get(url_of(reply)).content.decode().replace("\n", "")
    client.post(url_of(reply), {"text": "@alice I see"})
    newest = Comment.objects.on_shard_of(thread.id).order_by("-id").first()
    assert newest and newest.parent_id == thread.id


def test_the_first_are_shown_and_the_rest_is_a_page_away(
    post: Post, thread: Comment, alice: User, client_of: ClientOf
) -> None:
    total = FIRST_REPLIES + REPLIES_SIZE + 3
    answers(thread, alice, total)
    client = client_of(alice)
    html = client.get(post.get_absolute_url()).content.decode()
    assert shown(html) == ["Where is this?", *(f"no {number}" for number in range(FIRST_REPLIES))]
    assert f"View {total - FIRST_REPLIES} more replies" in html
    (link,) = re.findall(r'hx-get="(/comments/[^"]+)"', html)
    found: list[str] = shown(html)[1:]
    while link:
        html = client.get(link).content.decode()
        found += shown(html)[1:]
        links = re.findall(r'<li class="replies__more"><a href="([^"]+)"', html)
        link = links[0] if links else ""
    assert found == [f"no {number}" for number in range(total)]
    whole = client.get(url_of(thread)).content.decode()
    assert shown(whole)[:2] == ["Where is this?", "no 0"], "without a script the page begins at the beginning"
    other = add_comment(post=post, author=alice, text="other")
    cursor = re.findall(r"cursor=([^\"&]+)", whole)[0]
    assert client.get(f"{url_of(other)}?cursor={cursor}").status_code == 400


def test_replies_of_members_with_a_block_are_not_shown(
    post: Post, thread: Comment, alice: User, charlie: User, client: Client, client_of: ClientOf
) -> None:
    add_comment(post=post, author=charlie, text="mine", parent=thread)
    assert shown(client.get(post.get_absolute_url()).content.decode()) == ["Where is this?", "mine"]
    dora = people.make_user("dora")
    block(blocker=dora, blocked=charlie)
    assert shown(client_of(dora).get(url_of(thread)).content.decode()) == ["Where is this?"]
    eve = people.make_user("eve")
    block(blocker=eve, blocked=User.objects.get(username="bob"))
    assert shown(client_of(eve).get(post.get_absolute_url()).content.decode()) == [], "with the comment goes its thread"
    assert client_of(eve).get(url_of(thread)).status_code == 404


# --- In place ----------------------------------------------------------------------------------------------------


def test_sent_by_the_script_only_what_changes_comes_back(
    post: Post, thread: Comment, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    html = client.post(f"{post.get_absolute_url()}comments/", {"text": "Hello"}, headers=HTMX).content.decode()
    assert 'hx-swap-oob="afterbegin:#comment-list"' in html and shown(html) == ["Hello"]
    assert "2 comments" in html and "<html" not in html and "</textarea>" in html
    html = client.post(url_of(thread), {"text": "Hi"}, headers=HTMX).content.decode()
    assert f'hx-swap-oob="beforeend:#r-{ids.encode(thread.id)}"' in html and shown(html) == ["Hi"]
    assert "3 comments" in html
    for path in (f"{post.get_absolute_url()}comments/", url_of(thread)):
        html = client.post(path, {"text": " "}, headers=HTMX).content.decode()
        assert "Write something first." in html and shown(html) == [] and f'hx-post="{path}"' in html
    html = client.post(url_of(thread, "delete"), headers=HTMX).content.decode()
    assert "1 comment<" in html and "<html" not in html


def test_what_is_wrong_is_said_on_the_page_of_the_thread(thread: Comment, alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post(url_of(thread), {"text": "x" * 1001})
    assert response.status_code == 400
    assert "at most 1,000 characters" in response.content.decode()


# --- Deleting ----------------------------------------------------------------------------------------------------


def test_with_a_comment_go_its_replies_and_the_count_is_right(
    post: Post, thread: Comment, alice: User, bob: User
) -> None:
    answers(thread, alice, 3)
    other = add_comment(post=post, author=alice, text="stays")
    assert count(post) == 5
    thread.post = post
    delete_comment(comment=thread, by=bob)
    assert list(Comment.objects.on_shard_of(post.id).filter(post_id=post.id)) == [other]
    assert count(post) == 1
    remove_comment(thread)
    assert count(post) == 1, "twice is the same as once"


def test_a_reply_to_a_comment_that_just_went_is_refused(post: Post, thread: Comment, alice: User) -> None:
    remove_comment(thread)
    with pytest.raises(ValidationError, match="was deleted"):
        add_comment(post=post, author=alice, text="Oslo", parent=thread)
    assert count(post) == 0


def test_a_reply_belongs_to_the_post_of_its_comment(alice: User, thread: Comment) -> None:
    with pytest.raises(ValidationError):
        add_comment(post=people.live_post(alice), author=alice, text="x", parent=thread)


# --- Who may -----------------------------------------------------------------------------------------------------


def test_comments_off_is_said_and_held_to(
    post: Post, thread: Comment, alice: User, bob: User, client_of: ClientOf
) -> None:
    edit_post(post=post, editor=alice, comments_off=True)
    client = client_of(bob)
    for path in (post.get_absolute_url(), url_of(thread)):
        html = client.get(path).content.decode()
        assert "Comments on this post are turned off." in html and shown(html) == ["Where is this?"]
        assert "</textarea>" not in html
    for path in (f"{post.get_absolute_url()}comments/", url_of(thread)):
        assert client.post(path, {"text": "x"}).status_code == 400
    assert api_of(bob).post(f"posts/{post.id}/comments/", {"text": "x"}).json() == {
        "detail": "Comments on this post are turned off."
    }
    assert count(post) == 1


def test_those_who_may_not_see_the_post_find_no_thread(
    post: Post, thread: Comment, alice: User, charlie: User, client: Client, client_of: ClientOf
) -> None:
    assert client.get(url_of(thread)).status_code == 200
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert visitor.post(url_of(thread), {"text": "x"})["Location"].startswith("/login/")
    update_profile(user=alice, is_private=True)
    outbox.drain()
    assert client.get(url_of(thread)).status_code == 404
    assert client_of(charlie).post(url_of(thread), {"text": "x"}).status_code == 404
    archive_post(post=post, by=alice)
    owner = client_of(alice)
    assert owner.get(url_of(thread)).status_code == 200
    assert owner.post(url_of(thread), {"text": "x"}).status_code == 404
    assert count(post) == 1


# --- The API -----------------------------------------------------------------------------------------------------


def test_the_api_says_parents_and_counts(post: Post, thread: Comment, alice: User, bob: User) -> None:
    client = api_of(alice)
    made = client.post(f"comments/{thread.id}/replies/", {"text": "In Oslo"})
    assert (made.status_code, made.json()["parent"], made.json()["replies"]) == (201, str(thread.id), 0)
    (found,) = client.get(f"posts/{post.id}/comments/").json()["results"]
    assert (found["id"], found["parent"], found["replies"]) == (str(thread.id), None, 1)
    for name in (thread.id, made.json()["id"]):
        listed = client.get(f"comments/{name}/replies/").json()
        assert [reply["text"] for reply in listed["results"]] == ["In Oslo"] and listed["next"] is None
    assert client.post(f"comments/{thread.id}/replies/", {"text": ""}).status_code == 400
    assert api_of().post(f"comments/{thread.id}/replies/", {"text": "x"}).status_code == 401
    assert client.get(f"comments/{ids.new_id_beside(alice.id)}/replies/").status_code == 404


# --- Cost --------------------------------------------------------------------------------------------------------


def test_threads_cost_the_same_at_5_and_at_200(post: Post, thread: Comment, alice: User, bob: User) -> None:
    answers(thread, alice, 5)

    def cost() -> dict[str, int]:
        with counted_queries() as counts:
            comments_page(post, None, bob)
        return dict(counts)

    few = cost()
    assert sum(few.values()) == 4
    answers(thread, bob, 100)
    for number in range(100):
        other = add_comment(post=post, author=bob, text=str(number))
        if number % 10 == 0:
            answers(other, alice, 3)
    assert cost() == few
