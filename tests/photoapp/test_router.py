"""No query on a sharded model runs without a shard, and rows of two shards never mix."""

from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.db import IntegrityError, connections
from django.db.models import Count, Max
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from media.models import Author, Comment, Like, Photo, Post, PostCount
from photoapp import ids
from photoapp.router import ShardRouter
from photoapp.shards import ShardRequired, alias_for, on_server, servers
from tests.people import live_post, live_posts, make_user
from users.models import Follower, Following, User

pytestmark = pytest.mark.django_db

UNSHARDED: dict[str, Callable[[], Any]] = {
    "all": lambda: list(Post.objects.all()),
    "filter": lambda: list(Post.objects.filter(caption="x")),
    "exclude": lambda: list(Post.objects.exclude(id=5)),
    "or": lambda: list(Post.objects.filter(id=5) | Post.objects.filter(id=6)),
    "get": lambda: Post.objects.get(caption="x"),
    "first": lambda: Post.objects.first(),
    "in several servers": lambda: list(Post.objects.filter(id__in=[ids.new_id(1), ids.new_id(1000)])),
    "range": lambda: list(Post.objects.filter(id__gt=5)),
    "count": lambda: Post.objects.count(),
    "exists": lambda: Post.objects.exists(),
    "aggregate": lambda: Post.objects.aggregate(Max("id")),
    "annotate": lambda: list(Post.objects.annotate(n=Count("photos"))),
    "values": lambda: list(Post.objects.values_list("id")),
    "iterator": lambda: list(Post.objects.iterator()),
    "in_bulk": lambda: Post.objects.in_bulk([ids.new_id(1), ids.new_id(1000)]),
    "update": lambda: Post.objects.update(caption="x"),
    "delete": lambda: Post.objects.all().delete(),
    "create": lambda: Post.objects.create(caption="x"),
    "save": lambda: Post(caption="x").save(),
    "bulk_create": lambda: Post.objects.bulk_create([Post(caption="x")]),
    "bulk_update": lambda: Post.objects.bulk_update([Post(caption="x")], ["caption"]),
    "get_or_create": lambda: Post.objects.get_or_create(caption="x"),
    "update_or_create": lambda: Post.objects.update_or_create(caption="x", defaults={"location": "y"}),
    "related lookup": lambda: list(Photo.objects.filter(post__caption="x")),
    "base manager": lambda: list(Post._base_manager.all()),
    "composite key": lambda: list(Like.objects.filter(user_id=5)),
    "other group": lambda: list(Following.objects.filter(followee_id=5)),
    "form choices": lambda: forms.modelform_factory(Photo, fields=["post"])().as_p(),
    "form validation": lambda: forms.ModelMultipleChoiceField(Post.objects.all()).clean(
        [ids.new_id(1), ids.new_id(1000)]
    ),
    "serializer choices": lambda: serializers.PrimaryKeyRelatedField(queryset=Post.objects.all()).choices,
    "serializer list": lambda: serializers.ListSerializer(Post.objects.all(), child=serializers.Serializer()).data,
    "get_object_or_404": lambda: get_object_or_404(Post, caption="x"),
    "hints of another group": lambda: ShardRouter().db_for_read(Post, instance=User(id=5)),
}


@pytest.mark.parametrize("query", UNSHARDED.values(), ids=UNSHARDED.keys())
def test_a_query_that_names_no_shard_raises(query: Callable[[], Any]) -> None:
    with pytest.raises(ShardRequired):
        query()


def test_the_error_is_no_value_error() -> None:
    """Form and API validators, and get_object_or_404, would swallow one."""
    assert not issubclass(ShardRequired, ValueError)


@pytest.fixture
def neighbours() -> tuple[User, User]:
    """Two members on two servers."""
    return make_user("anna", shard=1), make_user("ben", shard=1022)


def test_each_members_rows_are_on_their_own_server(neighbours: tuple[User, User]) -> None:
    for user in neighbours:
        post = live_post(user)
        home = alias_for("content", user.id)
        for alias in servers("content"):
            assert Post.objects.using(alias).filter(id=post.id).exists() == (alias == home)
            assert Photo.objects.using(alias).filter(post_id=post.id).exists() == (alias == home)


def test_queries_that_pin_a_shard_find_their_server(neighbours: tuple[User, User]) -> None:
    for user in neighbours:
        post = live_post(user, "hello")
        Like.objects.bulk_create([Like(post_id=post.id, user_id=user.id)])
        found = [
            Post.objects.get(id=post.id),
            Post.objects.get(pk=post.pk),
            Post.objects.for_owner(user.id).get(),
            Post.objects.filter(owner_id=user.id).first(),
            Post.objects.filter(id__in=[post.id]).get(),
            get_object_or_404(Post, pk=post.id),
            Post.objects.get_or_create(id=post.id, owner_id=user.id)[0],
            Photo.objects.filter(post_id=post.id).get().post,
            Like.objects.get(pk=(post.id, user.id)).post,
            Author.objects.get(id=user.id).posts.get(),
        ]
        post.refresh_from_db()
        assert {row._state.db for row in found} == {alias_for("content", user.id)}
        assert set(found) == {post}


def test_by_ids_keeps_the_order_over_servers(neighbours: tuple[User, User]) -> None:
    anna, ben = neighbours
    a = live_posts(anna, ["1", "2"])
    b = live_posts(ben, ["3", "4"])
    wanted = [b[1].id, a[0].id, 12345, b[0].id, a[1].id, a[0].id]
    assert [post.caption for post in Post.objects.all().by_ids(wanted)] == ["4", "1", "3", "2"]


def test_prefetches_inside_by_ids_see_the_rows_of_both_servers(neighbours: tuple[User, User]) -> None:
    posts = [live_post(user, photos=2) for user in neighbours]
    found = Post.objects.prefetch_related("photos").by_ids([post.id for post in posts])
    assert [len(post.photos.all()) for post in found] == [2, 2]


def test_on_every_shard_visits_each_server_once(neighbours: tuple[User, User]) -> None:
    posts = {live_post(user).id for user in neighbours}
    parts = Post.objects.on_every_shard()
    assert [part.db for part in parts] == servers("content")
    assert {post.id for part in parts for post in part} == posts


def test_bulk_create_sends_rows_to_their_servers(neighbours: tuple[User, User]) -> None:
    anna, ben = neighbours
    Following.objects.bulk_create(
        Following(follower_id=one.id, followee_id=other.id, accepted=True, position=1)
        for one, other in [(anna, ben), (ben, anna)]
    )
    for user in neighbours:
        assert Following.objects.using(alias_for("friends", user.id)).get().follower_id == user.id


def test_a_new_row_never_overwrites_one_with_its_id(alice: User) -> None:
    post = live_post(alice, "the first")
    with pytest.raises(IntegrityError):
        Post(id=post.id, owner_id=alice.id, caption="the second").save()
    post.refresh_from_db()
    assert post.caption == "the first"


def test_an_id_that_collides_is_drawn_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = live_post(alice).id
    free = ids.new_id_beside(alice.id)
    draws = iter([taken, taken, free])
    monkeypatch.setattr("photoapp.sharding.new_id_beside", lambda key: next(draws))
    assert Post.objects.create(owner_id=alice.id).id == free


def test_ids_drawn_for_one_batch_differ(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ids.new_id_beside(alice.id), ids.new_id_beside(alice.id)
    draws = iter([first, first, first, second])
    monkeypatch.setattr("photoapp.sharding.new_id_beside", lambda key: next(draws))
    rows = Post.objects.bulk_create([Post(owner_id=alice.id), Post(owner_id=alice.id)])
    assert [row.id for row in rows] == [first, second]


def test_after_three_collisions_the_error_is_told(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = live_post(alice).id
    monkeypatch.setattr("photoapp.sharding.new_id_beside", lambda key: taken)
    with pytest.raises(IntegrityError):
        Post.objects.create(owner_id=alice.id)


def test_rows_of_two_servers_cannot_point_at_each_other(neighbours: tuple[User, User]) -> None:
    anna, ben = neighbours
    post = live_post(anna)
    with pytest.raises(ValueError, match="prevents this relation"):
        Comment(id=ids.new_id_beside(ben.id), post=post)


def test_a_pinned_server_serves_only_inside_its_block(neighbours: tuple[User, User]) -> None:
    anna, _ = neighbours
    post = live_post(anna)
    with on_server(alias_for("content", anna.id)):
        assert Post.objects.get(caption=post.caption) == post
        with pytest.raises(ShardRequired):
            Following.objects.first()
    with pytest.raises(ShardRequired):
        Post.objects.first()


def test_every_table_is_only_where_its_group_is(db: None) -> None:
    def tables(alias: str) -> set[str]:
        return set(connections[alias].introspection.table_names()) - {"django_migrations"}

    for alias in servers("friends"):
        assert {Following._meta.db_table, Follower._meta.db_table} <= tables(alias)
        assert not tables(alias) & (tables("default") | tables("content0"))
    for alias in servers("content"):
        assert {Post._meta.db_table, PostCount._meta.db_table} <= tables(alias)
        assert not tables(alias) & (tables("default") | tables("friends0"))
    assert User._meta.db_table in tables("default")
