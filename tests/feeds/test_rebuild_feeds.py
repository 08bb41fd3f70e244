"""The operator whose Redis died: feeds are built anew from the databases."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from feeds import store
from feeds.models import PulledAuthor
from feeds.selectors import feed_page
from tests.feeds.reading import first_page_of
from tests.people import live_posts
from users.models import User

pytestmark = pytest.mark.django_db


def rebuild(*names: str) -> str:
    out = StringIO()
    call_command("rebuild_feeds", *names, stdout=out, verbosity=0)
    return out.getvalue()


def test_a_named_members_feed_is_built(alice: User, bob: User) -> None:
    posts = live_posts(alice, ["one", "two"])
    assert rebuild("Bob") == "1 feeds rebuilt\n"
    assert store.read_feed(bob.id)[0] == store.IdList([posts[1].id, posts[0].id], complete=True)
    assert store.read_feed(alice.id)[0] is None


def test_a_wrong_list_is_replaced(alice: User, bob: User) -> None:
    (post,) = live_posts(alice, ["one"])
    feed_page(bob, None)
    store.push(12345, [bob.id])
    assert 12345 in store.read_feed(bob.id)[0].ids  # type: ignore[union-attr]
    assert rebuild("bob") == "1 feeds rebuilt\n"
    assert store.read_feed(bob.id)[0] == store.IdList([post.id], complete=True)


def test_what_is_composed_of_a_wrong_list_goes_with_it(alice: User, bob: User) -> None:
    one, two = live_posts(alice, ["one", "two"])
    feed_page(bob, None)
    store.remove(two.id, [bob.id])
    shown = first_page_of(bob)
    assert shown and shown.posts == [one.id]
    rebuild("bob")
    shown = first_page_of(bob)
    assert shown and shown.posts == [two.id, one.id]


def test_without_names_it_is_who_logged_in_lately(alice: User, bob: User, charlie: User) -> None:
    User.objects.filter(id=bob.id).update(last_login=timezone.now() - timedelta(days=2))
    User.objects.filter(id=charlie.id).update(last_login=timezone.now() - timedelta(days=20))
    assert rebuild() == "1 feeds rebuilt\n"
    assert store.read_feed(bob.id)[0] is not None
    assert store.read_feed(charlie.id)[0] is None


def test_pulled_authors_are_known_again(alice: User, bob: User) -> None:
    PulledAuthor.objects.create(author_id=alice.id)
    rebuild("bob")
    assert store.read_feed(bob.id)[1] == [alice.id]


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(CommandError, match="nobody"):
        rebuild("nobody")
