"""A block ends follows both ways, at once, and holds until it is taken back."""

import pytest

from photoapp import outbox
from tests.people import follow
from users import selectors, services
from users.models import BlockedBy, Follower, User

pytestmark = pytest.mark.django_db


def test_a_block_ends_both_follows_before_it_is_answered(alice: User, bob: User) -> None:
    follow(alice, bob)
    services.block(blocker=alice, blocked=bob)
    assert selectors.relation(bob, alice.id) == selectors.Relation(blocked_by=True)
    assert selectors.relation(alice, bob.id) == selectors.Relation(blocks=True)
    assert not Follower.objects.for_owner(alice.id).exists()
    assert not Follower.objects.for_owner(bob.id).exists()
    assert selectors.follow_counts(alice.id) == {"followers": 0, "following": 0}
    assert selectors.follow_counts(bob.id) == {"followers": 0, "following": 0}


def test_neither_can_follow_the_other_while_it_holds(alice: User, bob: User) -> None:
    services.block(blocker=alice, blocked=bob)
    with pytest.raises(services.Refused):
        follow(bob, alice)
    with pytest.raises(services.Refused):
        follow(alice, bob)
    services.unblock(blocker=alice, blocked=bob)
    follow(bob, alice)
    assert selectors.relation(bob, alice.id).follows


def test_nobody_blocks_themselves(alice: User) -> None:
    with pytest.raises(services.Refused):
        services.block(blocker=alice, blocked=alice)


def test_a_block_whose_news_comes_late_still_arrives(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        context.setattr(outbox, "_start", lambda group, row: None)
        services.block(blocker=alice, blocked=bob)
    assert not BlockedBy.objects.for_owner(bob.id).exists()
    outbox.drain()
    assert selectors.relation(bob, alice.id) == selectors.Relation(blocked_by=True)
