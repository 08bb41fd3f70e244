import re
from collections.abc import Callable

import pytest
from django.test import Client

from media.models import COMMENT_LENGTH, Comment, Post, PostCount
from media.services import add_comment
from photoapp import ids, outbox
from tests import people
from users.deletion import erase_account
from users.models import User
from users.services import block, update_profile

ClientOf = Callable[[User], Client]


def texts(post: Post) -> list[str]:
    comments = Comment.objects.on_shard_of(post.id).filter(post_id=post.id)
    return list(comments.order_by("id").values_list("text", flat=True))


def shown(html: str) -> list[str]:
    return re.findall(r'<p class="comment__text">(.*?)</p>', html, re.DOTALL)


def test_a_comment_appears_with_its_author_and_is_counted(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client = client_of(bob)
    response = client.post(f"{post.get_absolute_url()}comments/", {"text": "Lovely, @alice! <b>"})
    assert response["Location"] == f"{post.get_absolute_url()}#comments"
    html = client.get(post.get_absolute_url()).content.decode()
    assert shown(html) == ['Lovely, <a href="/u/alice/">@alice</a>! &lt;b&gt;']
    assert 'href="/u/bob/">Bob</a>' in html
    assert PostCount.totals(post.id, "comments") == {"comments": 1}


def test_what_is_said_in_place_is_counted_on_the_card_too(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client, count = client_of(bob), f'id="comments-{ids.encode(post.id)}"'
    assert f"{count}>0<" in client.get(post.get_absolute_url()).content.decode()
    said = client.post(f"{post.get_absolute_url()}comments/", {"text": "Lovely"}, headers={"HX-Request": "true"})
    assert f'{count} hx-swap-oob="true">1<' in said.content.decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "Write something first."), ("  \n ", "Write something first."), ("x" * 1001, "at most 1,000 characters")],
)
def test_an_invalid_comment_is_refused_at_its_field_and_kept_for_mending(
    alice: User, bob: User, client_of: ClientOf, text: str, message: str
) -> None:
    post = people.live_post(alice, "Harbour")
    response = client_of(bob).post(f"{post.get_absolute_url()}comments/", {"text": text})
    html = response.content.decode()
    assert response.status_code == 400
    assert message in html and "Harbour" in html
    assert text.strip() in html
    assert texts(post) == []


def test_the_longest_comment_is_accepted(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    # The browser counts the end of a line as one character, and sends two.
    text = "ä\r\n" * ((COMMENT_LENGTH - 1) // 2) + "!!"
    response = client_of(bob).post(f"{post.get_absolute_url()}comments/", {"text": text})
    assert response.status_code == 302
    assert len(texts(post)[0]) == COMMENT_LENGTH


def test_twenty_a_page_newest_first(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    for number in range(25):
        add_comment(post=post, author=bob, text=f"no {number}")
    client = client_of(alice)
    html = client.get(post.get_absolute_url()).content.decode()
    link = re.search(r'rel="next" href="([^"]+)"', html)
    assert link
    rest = client.get(f"{post.get_absolute_url()}{link[1]}").content.decode()
    assert len(shown(html)) == 20
    assert shown(html) + shown(rest) == [f"no {number}" for number in range(24, -1, -1)]
    other = people.live_post(alice)
    for path in (f"{post.get_absolute_url()}{link[1]}x", f"{other.get_absolute_url()}{link[1]}"):
        assert client.get(path).status_code == 400


def test_comments_of_members_who_left_or_are_blocked_are_not_shown(
    alice: User, bob: User, charlie: User, client: Client, client_of: ClientOf
) -> None:
    post = people.live_post(alice)
    dora = people.make_user("dora")
    for author in (bob, charlie, dora):
        add_comment(post=post, author=author, text=f"of {author.username}")
    block(blocker=bob, blocked=charlie)
    erase_account(user=dora)
    assert shown(client.get(post.get_absolute_url()).content.decode()) == ["of charlie", "of bob"]
    assert shown(client_of(bob).get(post.get_absolute_url()).content.decode()) == ["of bob"]


def test_visitors_and_those_who_may_not_see_the_post_cannot_comment(
    alice: User, bob: User, charlie: User, client_of: ClientOf
) -> None:
    post = people.live_post(alice)
    url = f"{post.get_absolute_url()}comments/"
    response = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(url, {"text": "hello"})
    assert response["Location"] == f"/login/?next={post.get_absolute_url()}"
    update_profile(user=alice, is_private=True)
    block(blocker=alice, blocked=bob)
    outbox.drain()
    for stranger in (bob, charlie):
        assert client_of(stranger).post(url, {"text": "hello"}).status_code == 404
    assert texts(post) == []


def test_reading_the_address_leads_to_the_post(alice: User, client: Client) -> None:
    post = people.live_post(alice)
    response = client.get(f"{post.get_absolute_url()}comments/")
    assert response["Location"] == f"{post.get_absolute_url()}#comments"


def delete_url(comment: Comment) -> str:
    return f"/comments/{ids.encode(comment.id)}/delete/"


@pytest.mark.parametrize("by", ["alice", "bob", "moderator"])
def test_author_owner_and_staff_delete_a_comment(alice: User, bob: User, client_of: ClientOf, by: str) -> None:
    moderator = people.make_user("moderator", is_staff=True)
    post = people.live_post(alice)
    comment = add_comment(post=post, author=bob, text="Oops")
    client = client_of({"alice": alice, "bob": bob, "moderator": moderator}[by])
    assert delete_url(comment) in client.get(post.get_absolute_url()).content.decode()
    assert client.post(delete_url(comment))["Location"] == f"{post.get_absolute_url()}#comments"
    assert texts(post) == []
    assert PostCount.totals(post.id, "comments") == {"comments": 0}
    assert client.post(delete_url(comment)).status_code == 404


def test_nobody_else_does(alice: User, bob: User, charlie: User, client: Client, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    comment = add_comment(post=post, author=bob, text="Stays")
    assert delete_url(comment) not in client_of(charlie).get(post.get_absolute_url()).content.decode()
    assert client_of(charlie).post(delete_url(comment)).status_code == 403
    assert client_of(bob).get(delete_url(comment)).status_code == 405
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(delete_url(comment))
    assert visitor["Location"].startswith("/login/")
    update_profile(user=alice, is_private=True)
    outbox.drain()
    assert client_of(charlie).post(delete_url(comment)).status_code == 404
    assert texts(post) == ["Stays"]
