"""Whatever members do in whatever order, and however late the news of it comes: feeds say what plain SQL says."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds import selectors, services, store
from media.models import Like, Post
from media.services import archive_post, like, unarchive_post, unlike, withdraw_post
from photoapp import outbox
from photoapp.redis_clients import CACHE, FEEDS, acting
from tests.feeds.reading import announce, feed_of, first_page_of, on_their_way, publish
from tests.people import follow, live_post, make_user
from users.models import Following, User
from users.services import Refused, block, end_follow, mute

MEMBERS = 4
SHORT, LONG = 7, store.FEED_LENGTH
ACTS_KNOWN = services.ACTS_KNOWN
ACTS = [
    *("post", "post late", "archive", "unarchive", "delete", "like", "unlike"),
    *("follow", "follow", "unfollow", "mute", "unmute", "block"),
    *("deliver", "lose feeds", "lose cache"),
]
everybody = frozenset(range(MEMBERS))
histories = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.integers(0, MEMBERS - 1),
        st.integers(0, MEMBERS - 1),
        st.one_of(st.just(everybody), st.frozensets(st.sampled_from(range(MEMBERS)))),  # who looks then
    ),
    min_size=10,
    max_size=25,
)
numbers = iter(range(10**9))


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, short=st.booleans(), threshold=st.integers(1, 2))
def test_any_history_agrees_with_sql(
    db: None,
    history: list[tuple[str, int, int, frozenset[int]]],
    short: bool,
    threshold: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After every step pages show what SQL says, but for posts whose news is on its way: these may be missing. At the
    quiet point every feed is what SQL says, down to its end."""
    monkeypatch.setattr("django.conf.settings.FANOUT_THRESHOLD", threshold)
    monkeypatch.setattr("django.conf.settings.FANOUT_CHUNK", 1)
    monkeypatch.setattr(store, "FEED_LENGTH", SHORT if short else LONG)
    monkeypatch.setattr(services, "ACTS_KNOWN", selectors.FIRST_PAGE if short else ACTS_KNOWN)
    people = [make_user(f"p{number}x{next(numbers)}", shard=number * 300) for number in range(MEMBERS)]
    posts = [live_post(person, f"post {number}") for number, person in enumerate(people)]
    for number, person in enumerate(people):  # in a ring, and every second one another
        follow(person, people[number - 1])
        if number % 2:
            follow(person, people[number - 2])
        compare_pages(person)
    for act, one, other, who_look in history:
        own = [post for post in posts if post.owner_id == people[one].id]
        step(act, people[one], people[other], posts, own[other % len(own)] if own else None)
        for number in sorted(who_look):
            compare_pages(people[number])
    outbox.drain()
    for person in people:
        compare_pages(person)
        assert feed_of(person) == [post.caption for post in oracle(person)]


def step(act: str, one: User, other: User, posts: list[Post], own: Post | None) -> None:
    if act == "post":
        posts.append(publish(one, f"post {len(posts)}"))
    elif act == "post late":
        posts.append(live_post(one, f"post {len(posts)}"))
        announce(posts[-1])
    elif act in ("archive", "unarchive", "delete") and own:
        {
            "archive": lambda: archive_post(post=own, by=one),
            "unarchive": lambda: unarchive_post(post=own, by=one),
            "delete": lambda: withdraw_post(own.id),
        }[act]()
    elif act in ("like", "unlike"):
        for post in oracle(one)[::2]:
            (like if act == "like" else unlike)(post=post, user=one)
    elif act in ("follow", "mute", "unmute", "block") and one != other:
        with suppress(Refused):
            {
                "follow": lambda: follow(one, other),
                "mute": lambda: mute(follower=one, followee=other),
                "unmute": lambda: mute(follower=one, followee=other, muted=False),
                "block": lambda: block(blocker=one, blocked=other),
            }[act]()
    elif act == "unfollow":
        end_follow(one.id, other.id)
    elif act == "deliver":
        outbox.drain()
    elif act == "lose feeds":
        acting(FEEDS).flushdb()
    elif act == "lose cache":
        acting(CACHE).flushdb()


def compare_pages(person: User) -> None:
    """The first page as it is stored or composed, and as the view makes it where that cannot be, and the API always."""
    truth, late = oracle(person), on_their_way()
    made = [post.id for post in selectors.feed_page(person, None).items]
    assert made == expected(truth, late, made)
    page = first_page_of(person)
    if page is None:
        assert not made or store.FEED_LENGTH == SHORT, "only an empty page is left to the view, or one of a short list"
        return
    assert page.posts == expected(truth, late, page.posts)
    liked = {row.post_id for rows in Like.objects.on_every_shard() for row in rows.filter(user_id=person.id)}
    assert page.liked - late == liked & set(page.posts) - late


def expected(truth: list[Post], late: set[int], found: list[int]) -> list[int]:
    return [post.id for post in truth if post.id not in late or post.id in found][: selectors.FIRST_PAGE]


def oracle(user: User) -> list[Post]:
    """The feed by plain SQL over all shards."""
    followed = Following.objects.for_owner(user.id).filter(accepted=True, muted=False)
    heard = {*followed.values_list("followee_id", flat=True), user.id}
    live = [post for part in Post.objects.on_every_shard() for post in part.filter(state=Post.State.LIVE)]
    return sorted((post for post in live if post.owner_id in heard), key=lambda post: -post.id)
