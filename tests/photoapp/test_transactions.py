"""Statements that are sent together: fewer round trips, and all that a transaction promises."""

import pytest
from django.db import IntegrityError, connections, transaction

from media import services
from media.models import Like, PostCount
from photoapp.shards import CONTENT, alias_for
from photoapp.transactions import sent_together
from tests.people import live_post
from users.models import User

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def using(alice: User) -> str:
    return alias_for(CONTENT, alice.id)


def add_twice(post_id: int, using: str) -> None:
    """What the database refuses, without asking for its answer."""
    with connections[using].cursor() as cursor:
        for _ in range(2):
            cursor.execute("INSERT INTO media_like (post_id, user_id) VALUES (%s, 1)", [post_id])


@pytest.mark.real("postgres")
def test_the_answers_are_waited_for_where_one_is_fetched(alice: User, using: str) -> None:
    connection = connections[using]
    with transaction.atomic(using=using), sent_together(using), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.rowcount == -1, "nothing was heard of it yet"
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)


def test_what_one_raises_the_end_raises_as_an_error_of_djangos(alice: User, using: str) -> None:
    post = live_post(alice, "Sea")
    with pytest.raises(IntegrityError), transaction.atomic(using=using), sent_together(using):
        add_twice(post.id, using)
    assert not Like.objects.using(using).filter(post_id=post.id).exists()
    with transaction.atomic(using=using), sent_together(using):
        PostCount.add(post.id, using=using, likes=1)
    assert PostCount.totals(post.id, "likes") == {"likes": 1}, "the connection is as before"


def test_an_error_of_the_block_itself_undoes_what_was_sent(alice: User, using: str) -> None:
    post = live_post(alice, "Sea")
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=using), sent_together(using):
        PostCount.add(post.id, using=using, likes=1)
        _ = 1 / 0
    assert PostCount.totals(post.id, "likes") == {"likes": 0}


@pytest.mark.real("postgres")
def test_the_statements_of_a_like_are_sent_together(
    alice: User, bob: User, using: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = live_post(alice, "Sea")
    entered = []
    original = connections[using].connection.pipeline

    def pipeline() -> object:
        entered.append(connections[using].in_atomic_block)
        return original()

    monkeypatch.setattr(connections[using].connection, "pipeline", pipeline)
    services.like(post=post, user=bob)
    assert entered == [True]
    assert PostCount.totals(post.id, "likes") == {"likes": 1}
