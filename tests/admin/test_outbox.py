"""The outbox of each group in the admin: what is parked first, with its error and a retry."""

from typing import Any

import pytest
from django.test import Client

from feeds.models import PulledAuthor
from photoapp import ids
from photoapp.models import OUTBOXES, OutboxRow
from photoapp.outbox import MAX_ATTEMPTS, drain
from photoapp.shards import alias_for, servers
from tests.admin.conftest import server_down
from users.models import User

pytestmark = pytest.mark.django_db


def row(group: str, shard: int, **fields: Any) -> OutboxRow:
    made = OUTBOXES[group](id=ids.new_id(shard), handler="users.accept_pending", payload={"user_id": 5}, **fields)
    made.save(using=alias_for(group, made.id), force_insert=True)
    return made


def again(group: str, made: OutboxRow) -> OutboxRow | None:
    return OUTBOXES[group].objects.using(alias_for(group, made.id)).filter(id=made.id).first()


def url_of(group: str) -> str:
    return f"/admin/photoapp/{group}outbox/"


@pytest.mark.parametrize("group", OUTBOXES)
def test_parked_rows_come_first_newest_first(admin_client: Client, group: str) -> None:
    drain()
    waiting = [row(group, shard) for shard in (10, 600, 20)]
    parked = [row(group, shard, parked=True, attempts=10, error="OSError: disk full") for shard in (600, 10, 700)]
    waiting += [row(group, shard) for shard in (700, 30)]
    newest_first = sorted(parked, key=lambda r: -r.id) + sorted(waiting, key=lambda r: -r.id)
    response = admin_client.get(url_of(group))
    assert [found.pk for found in response.context["cl"].result_list] == [made.id for made in newest_first]
    body = response.content.decode()
    assert "OSError: disk full" in body
    assert f"10 of {MAX_ATTEMPTS}" in body
    assert f"{alias_for(group, parked[0].id)} · shard 600" in body
    only_parked = admin_client.get(url_of(group), {"parked__exact": 1}).context["cl"].result_list
    assert [found.pk for found in only_parked] == [made.id for made in newest_first[:3]]
    assert len(admin_client.get(url_of(group), {"q": "disk"}).context["cl"].result_list) == 3
    assert len(admin_client.get(url_of(group), {"q": str(waiting[0].id)}).context["cl"].result_list) == 1


@pytest.mark.parametrize("group", OUTBOXES)
def test_a_parked_row_is_shown_whole_and_tried_again(admin_client: Client, group: str) -> None:
    drain()
    parked = [row(group, shard, parked=True, attempts=10, error="OSError: <disk>\nfull") for shard in (10, 600)]
    waiting = row(group, 20, attempts=3)
    page = admin_client.get(f"{url_of(group)}{parked[1].id}/change/")
    assert "OSError: &lt;disk&gt;\nfull" in page.content.decode()
    form = {"action": "retry", "_selected_action": [made.id for made in (*parked, waiting)]}
    response = admin_client.post(url_of(group), form, follow=True)
    body = response.content.decode()
    assert "2 parked rows will be tried again" in body
    assert "1 rows were not parked" in body
    for made in parked:
        now = again(group, made)
        assert now is not None
        assert (now.parked, now.attempts) == (False, 0)
    assert again(group, waiting).attempts == 3  # type: ignore[union-attr]
    drain()
    assert not any(again(group, made) for made in parked)


def test_rows_cannot_be_edited_and_only_parked_ones_given_up(admin_client: Client) -> None:
    parked, waiting = row("content", 10, parked=True), row("content", 600)
    for made in (parked, waiting):
        form = {"handler": "other", "parked": ""}
        assert admin_client.post(f"{url_of('content')}{made.id}/change/", form).status_code == 403
    assert admin_client.post(f"{url_of('content')}{waiting.id}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"{url_of('content')}{parked.id}/delete/", {"post": "yes"}).status_code == 302
    assert again("content", parked) is None
    assert again("content", waiting) is not None


def test_a_dead_server_is_named_and_the_other_rows_are_shown(admin_client: Client) -> None:
    drain()
    lost, kept = row("friends", 10, parked=True), row("friends", 600, parked=True)
    with server_down(servers("friends")[0]):
        response = admin_client.get(url_of("friends"))
        assert [found.pk for found in response.context["cl"].result_list] == [kept.id]
        assert "Server friends0 does not answer" in response.content.decode()
        form = {"action": "retry", "_selected_action": [lost.id, kept.id]}
        assert admin_client.post(url_of("friends"), form).status_code == 302
    assert again("friends", kept).parked is False  # type: ignore[union-attr]
    assert again("friends", lost).parked is True  # type: ignore[union-attr]


def test_pulled_authors_are_shown_with_their_names(admin_client: Client, alice: User) -> None:
    PulledAuthor.objects.create(author_id=alice.id)
    PulledAuthor.objects.create(author_id=ids.new_id(5))
    body = admin_client.get("/admin/feeds/pulledauthor/").content.decode()
    assert "alice" in body
    assert "gone" in body
    for query in ("alice", "ali", str(alice.id), ids.encode(alice.id)):
        found = admin_client.get("/admin/feeds/pulledauthor/", {"q": query}).context["cl"].result_list
        assert [row.author_id for row in found] == [alice.id]
