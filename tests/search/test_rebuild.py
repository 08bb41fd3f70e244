"""manage.py rebuild_search: whole, while the site runs, and on from where it was stopped."""

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client

from media.models import Post
from search import rebuild, services
from search.engines import PEOPLE, POSTS, Document, engine_of
from search.models import Rebuild
from tests.people import live_posts, make_user
from users.models import User

pytestmark = pytest.mark.django_db


def found(query: str) -> int:
    return len(Client().get("/api/v1/search/", {"q": query, "type": "posts"}).json()["results"])


def test_everything_is_found_afterwards_and_nothing_else(alice: User, bob: User) -> None:
    live_posts(alice, ["Quokka #quokka", "Wombat"])
    live_posts(bob, ["Quokka too #quokka"])
    connection = connections["content0"]
    engine_of(connection).index(connection, POSTS, [Document(5, ["wstray"], tags=["stray"])])
    call_command("rebuild_search", verbosity=0)
    assert (found("quokka"), found("#quokka"), found("wombat")) == (2, 2, 1)
    assert engine_of(connection).ids(connection, POSTS, 0, 1) != [5]
    tags = Client().get("/api/v1/search/", {"q": "q", "type": "tags"}).json()["results"]
    assert [(term["key"], term["posts"]) for term in tags] == [("quokka", 2)]
    people = Client().get("/api/v1/search/", {"q": "alcie"}).json()["results"]
    assert [person["username"] for person in people] == ["alice"]


def test_a_run_that_is_stopped_goes_on_there(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "CHUNK", 2)
    posts = live_posts(alice, [f"Quokka {n}" for n in range(6)])
    alias = Post.objects.on_shard_of(alice.id).db
    done: list[int] = []

    def stop_after_two(count: int) -> None:
        done.append(count)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(alias, stop_after_two)
    assert Rebuild.objects.get(alias=alias).after == posts[3].id
    again: list[list[int]] = []
    index = services.index_posts
    monkeypatch.setattr(services, "index_posts", lambda ids: (again.append(list(ids)), index(ids))[1])
    rebuild.rebuild(alias, done.append)
    assert again == [[posts[4].id, posts[5].id]]
    assert Rebuild.objects.get(alias=alias).finished_at is not None
    assert found("quokka") == 6


def test_only_what_is_new(alice: User) -> None:
    assert rebuild.never_built() == ["default", "content0", "content1"]
    call_command("rebuild_search", "--new", verbosity=0)
    assert rebuild.never_built() == []
    live_posts(alice, ["Quokka"])
    call_command("rebuild_search", "--new", verbosity=0)
    assert found("quokka") == 0


def test_a_member_who_left_is_taken_out(alice: User) -> None:
    make_user("bob")
    call_command("rebuild_search", verbosity=0)
    User.objects.filter(username="bob").update(is_active=False)
    call_command("rebuild_search", verbosity=0)
    connection = connections["default"]
    assert engine_of(connection).ids(connection, PEOPLE, 0, 9) == [alice.id]
