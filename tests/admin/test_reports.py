"""Reports in the administration: what moderators see of them, and how they are done with."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from media.services import add_comment
from tests.people import live_post, live_posts, make_user
from tests.queries import counted_queries
from users import reports
from users.models import Report, User

pytestmark = pytest.mark.django_db
REPORTS = "/admin/users/report/"
ClientOf = Callable[[User], Client]


def report(reporter: User, target: object, reported: User, kind: str = "post", **words: str) -> Report:
    return reports.report(
        reporter=reporter,
        kind=kind,
        target_id=target.id,  # type: ignore[attr-defined]
        reported_id=reported.id,
        **({"reason": "spam"} | words),
    )


def rows(client: Client, **query: str) -> list[Report]:
    return list(client.get(REPORTS, query).context["cl"].result_list)


def test_open_ones_come_first_and_of_these_what_most_reported(
    admin_client: Client, alice: User, bob: User, charlie: User, olivia: User
) -> None:
    once, often, done = live_posts(alice, ["once", "often", "done"])
    closed = report(bob, done, alice)
    reports.close_reports(Report.objects.filter(id=closed.id), by=olivia)
    first = report(bob, once, alice)
    both = [report(person, often, alice) for person in (bob, charlie)]
    answer = admin_client.get(REPORTS)
    assert [row.id for row in answer.context["cl"].result_list] == [both[0].id, both[1].id, first.id, closed.id]
    text = answer.content.decode()
    assert "Reports: 3 open" in text and "post, reported 2 times" in text and "(3 open)" in text


def test_each_kind_shows_what_was_reported_and_leads_there(
    admin_client: Client, alice: User, bob: User, charlie: User
) -> None:
    post = live_post(alice, "a doubtful photo")
    comment = add_comment(post=post, author=bob, text="a cruel word")
    made = [
        report(charlie, post, alice, text="look at this"),
        report(charlie, comment, bob, "comment"),
        report(charlie, alice, alice, "member"),
    ]
    text = admin_client.get(REPORTS).content.decode()
    for words in ("a doubtful photo", "a cruel word", "look at this"):
        assert words in text
    pages = [admin_client.get(f"{REPORTS}{row.id}/change/").content.decode() for row in made]
    assert f"/admin/media/post/{post.id}/change/" in pages[0] and post.get_absolute_url() in pages[0]
    assert f"/admin/media/comment/{comment.id}/change/" in pages[1]
    for page, member in zip(pages, (alice, bob, alice), strict=True):
        assert f"/admin/users/user/{member.id}/change/" in page


def test_filters_and_search(admin_client: Client, alice: User, bob: User, charlie: User, olivia: User) -> None:
    one, other = live_posts(alice, ["one", "other"])
    a, b = report(bob, one, alice, reason="hate", text="cruel"), report(charlie, other, alice)
    reports.close_reports(Report.objects.filter(id=b.id), by=olivia)
    assert rows(admin_client, state="open") == rows(admin_client, reason="hate") == rows(admin_client, q="cruel") == [a]
    assert rows(admin_client, state="closed") == rows(admin_client, q="charlie") == [b]


def test_they_are_closed_with_one_action(admin_client: Client, alice: User, bob: User, olivia: User) -> None:
    made = [report(bob, post, alice) for post in live_posts(alice, "abc")]
    words = {"action": "close", "_selected_action": [row.id for row in made[:2]]}
    answer = admin_client.post(REPORTS, words, follow=True)
    assert "2 reports closed" in answer.content.decode()
    assert [row.closed_by_id for row in Report.objects.order_by("id")] == [olivia.id, olivia.id, None]


def test_one_is_closed_and_opened_again_on_its_page(admin_client: Client, alice: User, bob: User) -> None:
    made = report(bob, alice, alice, "member")
    url = f"{REPORTS}{made.id}/change/"
    admin_client.post(url, {"closed": "on"})
    made.refresh_from_db()
    assert made.closed_at is not None
    again = report(bob, alice, alice, "member")
    admin_client.post(url, {})
    made.refresh_from_db()
    assert made.closed_at is not None, "there is another open one of the same"
    reports.close_reports(Report.objects.filter(id=again.id), by=bob)
    admin_client.post(url, {})
    made.refresh_from_db()
    assert made.closed_at is None and made.closed_by is None


def test_what_is_gone_is_said(admin_client: Client, alice: User, bob: User) -> None:
    post = live_post(alice, "soon gone")
    made = report(bob, post, alice)
    type(post).objects.on_shard_of(post.id).filter(id=post.id).delete()
    assert "It is gone." in admin_client.get(REPORTS).content.decode()
    page = admin_client.get(f"{REPORTS}{made.id}/change/").content.decode()
    assert "It is gone." in page and f"/admin/media/post/{post.id}/" not in page


def test_nobody_makes_or_deletes_them_here(admin_client: Client, alice: User, bob: User) -> None:
    made = report(bob, alice, alice, "member")
    assert admin_client.get(f"{REPORTS}add/").status_code == 403
    assert admin_client.post(f"{REPORTS}{made.id}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(f"{REPORTS}{made.id}/change/", {"reason": "hate", "text": "changed"})
    made.refresh_from_db()
    assert (made.reason, made.text) == ("spam", "")


def test_moderators_need_the_right(client_of: ClientOf, mike: User, alice: User, bob: User) -> None:
    report(bob, alice, alice, "member")
    assert client_of(mike).get(REPORTS).status_code == 403
    mike.user_permissions.add(*Permission.objects.filter(codename__in=("view_report", "change_report")))
    assert client_of(User.objects.get(id=mike.id)).get(REPORTS).status_code == 200


def test_cost_is_flat(admin_client: Client, alice: User, bob: User) -> None:
    for post in live_posts(alice, map(str, range(3))):
        report(bob, post, alice)
    with counted_queries() as few:
        admin_client.get(REPORTS)
    for number, post in enumerate(live_posts(alice, map(str, range(20)))):
        report(make_user(f"r{number}ed"), post, alice)
    with counted_queries() as lots:
        admin_client.get(REPORTS)
    assert few == lots
