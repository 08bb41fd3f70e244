"""What members report to the moderators: members, posts, comments; who may, how often, and what happens next."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.fixtures import Settings

from media import services
from media.models import Comment, Post
from photoapp import outbox
from photoapp.ids import encode
from tests.people import live_post
from users import reports
from users.models import Report, User
from users.services import block, update_profile

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
WORDS = {"reason": "spam", "text": "the same link, again"}


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def post(alice: User) -> Post:
    return live_post(alice, "Buy my watch")


@pytest.fixture
def comment(post: Post, bob: User) -> Comment:
    return services.add_comment(post=post, author=bob, text="a cruel word")


def addresses(post: Post, comment: Comment) -> dict[str, str]:
    return {
        "post": f"{post.get_absolute_url()}report/",
        "comment": f"/comments/{encode(comment.id)}/report/",
        "member": "/u/alice/report/",
    }


@pytest.mark.parametrize("kind", ["post", "comment", "member"])
def test_a_report(client_of: ClientOf, charlie: User, alice: User, post: Post, comment: Comment, kind: str) -> None:
    client, path = client_of(charlie), addresses(post, comment)[kind]
    page = client.get(path).content.decode()
    assert "What is wrong?" in page and page.count('type="radio"') == len(Report.Reason)
    assert {"post": "Buy my watch", "comment": "a cruel word", "member": "@alice"}[kind] in page
    answer = client.post(path, WORDS)
    assert (answer.status_code, answer["Location"]) == (302, path)
    found = Report.objects.get()
    owner = comment.author_id if kind == "comment" else alice.id
    target = {"post": post.id, "comment": comment.id, "member": alice.id}[kind]
    assert (found.kind, found.target_id, found.reported_id, found.reporter_id) == (kind, target, owner, charlie.id)
    assert (found.reason, found.text, found.closed_at) == ("spam", "the same link, again", None)
    thanks = client.get(path).content.decode()
    assert "Thank you" in thanks and "is not told who reported" in thanks
    assert 'value="block"' in thanks and 'value="mute"' not in thanks, "charlie does not follow"


def test_who_follows_is_offered_to_mute(client_of: ClientOf, bob: User, post: Post) -> None:
    path = f"{post.get_absolute_url()}report/"
    client_of(bob).post(path, WORDS)
    assert 'value="mute"' in client_of(bob).get(path).content.decode()


def test_one_open_report_of_each(client_of: ClientOf, alice: User, charlie: User, bob: User, post: Post) -> None:
    path = f"{post.get_absolute_url()}report/"
    client_of(charlie).post(path, WORDS)
    client_of(charlie).post(path, {"reason": "hate", "text": "once more"})
    assert [(report.reason, report.text) for report in Report.objects.all()] == [("spam", WORDS["text"])]
    client_of(bob).post(path, WORDS)
    assert Report.objects.count() == 2
    reports.close_reports(Report.objects.filter(reporter=charlie), by=alice)
    assert "What is wrong?" in client_of(charlie).get(path).content.decode()
    client_of(charlie).post(path, WORDS)
    assert Report.objects.filter(reporter=charlie).count() == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "Choose what is wrong."),
        ({"reason": "dislike"}, "Choose what is wrong."),
        ({"reason": "spam", "text": "x" * 1001}, "At most 1,000 characters."),
    ],
)
def test_what_is_not_valid_is_said(client_of: ClientOf, charlie: User, post: Post, words: dict, said: str) -> None:
    answer = client_of(charlie).post(f"{post.get_absolute_url()}report/", words)
    assert answer.status_code == 400 and said in answer.content.decode()
    assert words.get("text", "") in answer.content.decode()
    assert not Report.objects.exists()


def test_visitors_log_in_first(alice: User, post: Post, comment: Comment) -> None:
    for path in addresses(post, comment).values():
        for answer in (Client().get(path), Client(headers={"Sec-Fetch-Site": "same-origin"}).post(path, WORDS)):
            assert answer["Location"] == f"/login/?next={path}"


def test_what_one_cannot_see_cannot_be_reported(
    client_of: ClientOf, alice: User, charlie: User, post: Post, comment: Comment
) -> None:
    update_profile(user=alice, is_private=True)
    client = client_of(charlie)
    for kind in ("post", "comment"):
        assert client.get(addresses(post, comment)[kind]).status_code == 404
        assert client.post(addresses(post, comment)[kind], WORDS).status_code == 404
    assert client.get("/u/alice/report/").status_code == 200, "that there is a private account is no secret"
    block(blocker=alice, blocked=charlie)
    assert client.post("/u/alice/report/", WORDS).status_code == 404
    assert client.post("/u/nobody/report/", WORDS).status_code == 404
    assert not Report.objects.exists()


def test_a_comment_of_who_blocked_the_reporter_is_not_there(
    client_of: ClientOf, bob: User, charlie: User, post: Post, comment: Comment
) -> None:
    block(blocker=bob, blocked=charlie)
    assert client_of(charlie).post(addresses(post, comment)["comment"], WORDS).status_code == 404


def test_nobody_reports_themselves(client_of: ClientOf, alice: User, post: Post) -> None:
    for path in ("/u/alice/report/", f"{post.get_absolute_url()}report/"):
        assert client_of(alice).get(path).status_code == 403
        assert client_of(alice).post(path, WORDS).status_code == 403
    with pytest.raises(ValidationError):
        reports.report(reporter=alice, kind="member", target_id=alice.id, reported_id=alice.id, reason="spam")


def test_reports_are_limited(client_of: ClientOf, alice: User, charlie: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"report": "2/h/user"}
    client = client_of(charlie)
    answers = [client.post(f"{live_post(alice).get_absolute_url()}report/", WORDS).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    assert Report.objects.count() == 2


def test_the_reported_are_not_told(client_of: ClientOf, alice: User, charlie: User, post: Post) -> None:
    client_of(charlie).post(f"{post.get_absolute_url()}report/", WORDS)
    outbox.drain()
    assert "charlie" not in client_of(alice).get("/notifications/").content.decode()
