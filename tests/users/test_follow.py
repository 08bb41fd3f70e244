"""Both sides of a follow, the counts and the requests, in whatever order the news arrives."""

import contextlib
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoapp import outbox
from photoapp.shards import alias_for
from tests.people import follow, make_user
from users import receivers, selectors, services
from users.models import FollowCount, Follower, Following, User

pytestmark = pytest.mark.django_db


def mirror(follower: User, followee: User) -> bool | None:
    """Whether the followee's side says accepted; None when it says nothing."""
    row = Follower.objects.for_owner(followee.id).filter(follower_id=follower.id).first()
    return row.accepted if row else None


def make_private(user: User) -> None:
    services.update_profile(user=user, is_private=True)


def test_a_follow_is_on_both_sides_at_once(alice: User, bob: User) -> None:
    assert mirror(bob, alice) is True
    assert selectors.follow_counts(alice.id) == {"followers": 1, "following": 0}
    assert selectors.follow_counts(bob.id) == {"followers": 0, "following": 1}
    assert [user.username for user in selectors.followers_page(alice, None).items] == ["bob"]
    assert [user.username for user in selectors.following_page(bob, None).items] == ["alice"]


def test_the_rows_are_on_their_owners_servers(alice: User, bob: User) -> None:
    assert alias_for("friends", alice.id) != alias_for("friends", bob.id)
    assert Following.objects.using(alias_for("friends", bob.id)).count() == 1
    assert Follower.objects.using(alias_for("friends", alice.id)).count() == 1
    assert Following.objects.using(alias_for("friends", alice.id)).count() == 0


def test_following_twice_is_following_once(alice: User, bob: User) -> None:
    follow(bob, alice)
    outbox.drain()
    assert selectors.follow_counts(alice.id)["followers"] == 1


def test_unfollow_ends_both_sides(alice: User, bob: User) -> None:
    services.unfollow(follower=bob, followee=alice)
    assert mirror(bob, alice) is None
    assert selectors.follow_counts(alice.id) == {"followers": 0, "following": 0}
    assert selectors.follow_counts(bob.id) == {"followers": 0, "following": 0}


def test_nobody_follows_themselves(alice: User) -> None:
    with pytest.raises(services.Refused):
        follow(alice, alice)


def test_a_private_account_is_asked_and_accepts(alice: User, charlie: User) -> None:
    make_private(alice)
    assert services.follow(follower=charlie, followee=alice) == "requested"
    assert mirror(charlie, alice) is False
    assert selectors.follow_counts(alice.id)["followers"] == 0
    assert selectors.relation(charlie, alice.id) == selectors.Relation(requested=True)
    assert [user.username for user in selectors.requests_page(alice, None).items] == ["charlie"]
    services.accept_request(owner=alice, follower_id=charlie.id)
    services.accept_request(owner=alice, follower_id=charlie.id)
    assert mirror(charlie, alice) is True
    assert selectors.follow_counts(alice.id)["followers"] == 1
    assert selectors.relation(charlie, alice.id).follows


def test_a_declined_request_is_gone_on_both_sides(alice: User, charlie: User) -> None:
    make_private(alice)
    follow(charlie, alice)
    services.remove_follower(owner=alice, follower=charlie)
    assert mirror(charlie, alice) is None
    assert selectors.relation(charlie, alice.id) == selectors.STRANGER


def test_an_account_that_goes_public_accepts_who_asked(alice: User, charlie: User) -> None:
    make_private(alice)
    follow(charlie, alice)
    services.update_profile(user=alice, is_private=False)
    outbox.drain()
    assert mirror(charlie, alice) is True
    assert selectors.follow_counts(alice.id)["followers"] == 1


def test_accepting_what_was_never_asked_makes_no_follow(alice: User, charlie: User) -> None:
    services.accept_request(owner=alice, follower_id=charlie.id)
    assert selectors.relation(charlie, alice.id) == selectors.STRANGER


pairs = count()
ACTS = st.lists(st.sampled_from(["follow", "unfollow", "accept", "remove", "block", "unblock", "news"]), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_after_any_history_both_sides_agree(db: None, monkeypatch: pytest.MonkeyPatch, acts: list[str]) -> None:
    """The news arrives late, twice and out of order; at the quiet point all rows and counts agree."""
    number = next(pairs)
    one = make_user(f"one{number}", shard=3)
    other = make_user(f"two{number}", shard=1020, is_private=True)
    with monkeypatch.context() as context:
        context.setattr(outbox, "_start", lambda group, row: None)  # nobody delivers at once
        for act in acts:
            with contextlib.suppress(services.Refused):
                {
                    "follow": lambda: follow(one, other),
                    "unfollow": lambda: services.unfollow(follower=one, followee=other),
                    "accept": lambda: services.accept_request(owner=other, follower_id=one.id),
                    "remove": lambda: services.remove_follower(owner=other, follower=one),
                    "block": lambda: services.block(blocker=other, blocked=one),
                    "unblock": lambda: services.unblock(blocker=other, blocked=one),
                    "news": lambda: receivers.mirror_follow(one.id, other.id),
                }[act]()
    outbox.drain()
    truth = Following.objects.for_owner(one.id).filter(followee_id=other.id).first()
    assert mirror(one, other) == (truth.accepted if truth else None)
    accepted = int(bool(truth and truth.accepted))
    assert FollowCount.totals(one.id, "following") == {"following": accepted}
    assert FollowCount.totals(other.id, "followers") == {"followers": accepted}
    relation = selectors.relation(one, other.id)
    assert relation.blocked_by == selectors.relation(other, one.id).blocks
    assert not (relation.blocked_by and relation.follows)
