"""`manage.py seed` leaves what the services would have left, each row on its server, beside what real members have."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.test import Client

from config.seed.population import Population, draw
from feeds.models import PulledAuthor
from feeds.selectors import feed_page
from media.models import Author, Like, Photo, Post, PostCount, Trace
from photoapp import ids
from photoapp.shards import CONTENT, FRIENDS, alias_for, servers
from users.models import FollowCount, Follower, Following, User
from users.selectors import followers_page

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)


def seed(**options: Any) -> None:
    defaults = {"members": 60, "posts": 300, "follows": 600, "until": UNTIL, "verbosity": 0}
    call_command("seed", **defaults | options)


def rows(model: Any, *fields: str) -> list[Any]:
    return [row for part in model.objects.on_every_shard() for row in part.values_list(*fields)]


def small(**changes: Any) -> Population:
    sizes = {"members": 200, "posts": 1000, "follows": 2000, "likes": 500, "seed": 3, "until": UNTIL}
    return draw(**sizes | changes)


def test_it_adds_as_many_as_it_was_asked_for(db: None) -> None:
    seed(likes=200)
    assert User.objects.count() == len(rows(Author, "id")) == 60
    assert len(rows(Post, "id")) == len(rows(Photo, "id")) == 300
    assert len(rows(Following, "follower_id")) == 600
    assert len(rows(Like, "post_id")) == 200


def test_both_sides_of_a_follow_are_equal(db: None) -> None:
    seed()
    fields = ("follower_id", "followee_id", "accepted", "position")
    assert sorted(rows(Following, *fields)) == sorted(rows(Follower, *fields))
    assert all(follower != followee for follower, followee in rows(Following, "follower_id", "followee_id"))


def test_counts_are_those_of_the_rows(db: None) -> None:
    seed()
    following = Counter(follower for (follower,) in rows(Following, "follower_id"))
    followers = Counter(followee for (followee,) in rows(Follower, "followee_id"))
    for user_id, has_followers, has_following in rows(FollowCount, "user_id", "followers", "following"):
        assert (has_followers, has_following) == (followers[user_id], following[user_id])
    posts = Counter(owner for (owner,) in rows(Post, "owner_id"))
    assert dict(rows(Author, "id", "post_count")) == {user.id: posts[user.id] for user in User.objects.all()}
    likes = Counter(post for (post,) in rows(Like, "post_id"))
    assert dict(rows(PostCount, "post_id", "likes")) == dict(likes)


def test_each_like_has_a_trace_with_the_member_who_gave_it(db: None) -> None:
    seed()
    likes = sorted((user, post) for post, user in rows(Like, "post_id", "user_id"))
    assert sorted(rows(Trace, "user_id", "target_id")) == likes


@pytest.mark.parametrize(
    ("model", "field", "group"),
    [
        (Following, "follower_id", FRIENDS),
        (Follower, "followee_id", FRIENDS),
        (FollowCount, "user_id", FRIENDS),
        (Author, "id", CONTENT),
        (Post, "id", CONTENT),
        (Post, "owner_id", CONTENT),
        (Photo, "id", CONTENT),
        (Photo, "post_id", CONTENT),
        (Like, "post_id", CONTENT),
        (PostCount, "post_id", CONTENT),
        (Trace, "user_id", CONTENT),
    ],
)
def test_every_row_is_on_its_owners_server(db: None, model: Any, field: str, group: str) -> None:
    seed()
    for alias in servers(group):
        homes = {alias_for(group, id) for id in model.objects.using(alias).values_list(field, flat=True)}
        assert homes == {alias}


def test_authors_show_the_members_face(db: None) -> None:
    seed()
    fields = ("id", "username", "display_name", "avatar", "is_private", "is_active")
    assert sorted(rows(Author, *fields)) == sorted(User.objects.values_list(*fields))
    for user in User.objects.all():
        user.full_clean(exclude=["password", "bio"])


def test_posts_are_spread_over_the_last_year_and_sort_by_time(db: None) -> None:
    seed()
    times = sorted(ids.time_of(id) for (id,) in rows(Post, "id"))
    assert UNTIL - timedelta(days=365) <= times[0] < UNTIL - timedelta(days=300)
    assert UNTIL - timedelta(days=60) < times[-1] <= UNTIL


def test_pages_can_be_read(db: None) -> None:
    seed()
    reader = User.objects.get(id=rows(Following, "follower_id")[0][0])
    page = feed_page(reader, None)
    assert len(page.items) == 5
    assert page.next_cursor
    popular = FollowCount.objects.on_every_shard()[0].order_by("-followers").first()
    owner = User.objects.get(id=popular.user_id)
    assert followers_page(owner, None).items


def test_members_cannot_log_in_unless_they_were_given_a_password(db: None) -> None:
    seed()
    name = User.objects.order_by("username").first().username
    assert not Client().login(username=name, password="")
    seed(seed=2, password="correct horse battery")
    assert check_password("correct horse battery", User.objects.order_by("username").last().password)


def test_a_second_run_adds_more(db: None) -> None:
    seed()
    seed(seed=2)
    assert User.objects.count() == 120
    assert len(rows(Post, "id")) == 600


def test_the_same_run_twice_is_refused(db: None) -> None:
    seed()
    with pytest.raises(CommandError, match="another --seed"):
        seed()
    assert User.objects.count() == 60


def test_it_refuses_a_site_with_real_members(alice: User) -> None:
    with pytest.raises(CommandError, match="1 real members"):
        seed()
    assert User.objects.get() == alice
    seed(yes=True)
    assert User.objects.count() == 61


def test_names_of_real_members_are_left_to_them(alice: User) -> None:
    User.objects.filter(id=alice.id).update(username="m000002")
    seed(yes=True)
    assert User.objects.get(username="m000002") == alice


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"members": 1}, "at least 2"),
        ({"posts": -1}, "at least 0"),
        ({"follows": 60 * 60}, "at most"),
        ({"posts": 2, "likes": 121}, "members × posts"),
    ],
)
def test_impossible_sizes_are_refused(db: None, options: dict[str, int], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        seed(**options)
    assert not User.objects.exists()


def test_very_popular_members_are_pulled_from_the_start(db: None, settings: Any) -> None:
    settings.FANOUT_THRESHOLD = 20
    seed()
    above = {user_id for user_id, followers in rows(FollowCount, "user_id", "followers") if followers > 20}
    assert above
    assert set(PulledAuthor.objects.values_list("author_id", flat=True)) == above


def test_the_same_seed_draws_the_same_population() -> None:
    assert small() == small()
    assert small().members != small(seed=4).members


def test_a_few_members_have_many_followers() -> None:
    people = small(members=2000, follows=20_000)
    counts = sorted((people.follower_count(number) for number in range(2000)), reverse=True)
    assert counts[0] > 10 * counts[1000]
    assert sum(counts) == 20_000


def test_an_even_population_posts_and_follows_equally_often() -> None:
    people = small(even=True)
    assert {people.following_count(number) for number in range(200)} == {10}
    assert set(people.post_counts.values()) == {5}


def test_nobody_follows_twice() -> None:
    people = small()
    assert len(set(zip(people.followers, people.followees, strict=True))) == 2000


def test_every_server_got_some(db: None) -> None:
    seed()
    for group, model in ((FRIENDS, Following), (CONTENT, Post)):
        assert all(model.objects.using(alias).exists() for alias in servers(group))
