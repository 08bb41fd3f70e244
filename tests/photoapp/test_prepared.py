"""Prepared queries give what their querysets give, for every value they are run with."""

import socket
from typing import Any

import pytest
from django.db import connections

from media.models import Post
from photoapp.prepared import LONGEST, Prepared
from photoapp.shards import CONTENT, alias_for
from tests.people import live_posts
from tests.queries import counted_queries
from users.models import User


def build(alias: str, owner_id: int | None, ids: Any) -> Any:
    posts = Post.objects.using(alias).filter(id__in=ids).select_related("owner").order_by("id")
    return posts if owner_id is None else posts.filter(owner_id=owner_id)


def test_rows_are_those_of_the_queryset(alice: User) -> None:
    alias = alias_for(CONTENT, alice.id)
    posts = live_posts(alice, map(str, range(LONGEST + 10)), location="Oslo")
    prepared = Prepared(build)
    for count in (0, 1, 2, 8, 9, LONGEST, LONGEST + 1):
        ids = [post.id for post in posts[-count:]] if count else []
        for owner_id in (alice.id, None, 5):
            rows = prepared.rows(alias, owner_id, ids)
            assert rows == list(build(alias, owner_id, ids))
            assert all(row.location == "Oslo" and row.owner.username == "alice" for row in rows)


def test_one_query_and_no_other_for_the_owner(alice: User) -> None:
    post = live_posts(alice, ["one"])[0]
    prepared = Prepared(build)
    with counted_queries() as counts:
        row = prepared.rows(alias_for(CONTENT, alice.id), None, [post.id])[0]
        assert row.owner.username == "alice"
    assert sum(counts.values()) == 1


def test_rows_have_the_types_of_their_fields(alice: User) -> None:
    person = [{"id": "1", "username": "bob"}]
    post = live_posts(alice, ["one"], people=person)[0]
    assert Prepared(build).rows(alias_for(CONTENT, alice.id), None, [post.id])[0].people == person


def test_a_connection_whose_server_went_away_is_replaced(alice: User) -> None:
    alias = alias_for(CONTENT, alice.id)
    connection = connections[alias]
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with socket.socket(fileno=socket.dup(connection.connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
        assert not connection.is_usable()
        connection.close_if_unusable_or_obsolete()
        connection.health_check_enabled, connection.health_check_done = True, False
    assert Post.objects.using(alias).count() == 0


@pytest.mark.real("postgres")
def test_the_server_plans_once_what_is_asked_often(alice: User) -> None:
    alias = alias_for(CONTENT, alice.id)
    prepared, post = Prepared(build), live_posts(alice, ["one"])[0]
    for _ in range(10):
        prepared.rows(alias, None, [post.id])
        assert Post.objects.using(alias).get(id=post.id) == post
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%media_post%'")
        assert cursor.fetchone()[0] >= 2, "those of Prepared, and all others"
