"""Whatever members do in whatever order, and however late the index hears of it: nobody finds what is not for them, and
at the quiet point everybody finds all that is."""

import re
from contextlib import suppress

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from media.models import Post
from media.services import archive_post, edit_post, restore_post, unarchive_post, withdraw_post
from media.services import delete_post as delete
from media.services.posts import TooLate
from photoapp import outbox
from photoapp.ids import encode
from photoapp.redis_clients import CACHE, acting
from photoapp.remember import hot
from search import terms, trends
from search.queries import parse_posts
from search.selectors import find_posts, find_terms
from tests.feeds.reading import publish
from tests.people import follow, make_user
from users.models import BlockedBy, User
from users.services import Refused, block, unblock, update_profile

MEMBERS = 3
PHASES = [phase for phase in Phase if phase is not Phase.shrink]  # a history takes a second: shrinking would take many
ACTS = [
    *("post", "post", "edit", "hide", "show", "archive", "unarchive", "delete", "undelete", "withdraw"),
    *("private", "public", "rename", "follow", "block", "unblock", "trends", "deliver", "lose cache"),
]
histories = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, MEMBERS - 1), st.integers(0, MEMBERS - 1)), min_size=6, max_size=14
)
numbers = iter(range(10**9))


class Words:
    """Of one history: the posts of others before it are still there."""

    def __init__(self) -> None:
        self.quokka, self.wombat = f"quokka{next(numbers)}", f"wombat{next(numbers)}"
        self.captions = (
            self.quokka.upper(),
            f"{self.quokka} #{self.wombat}",
            f"#{self.wombat} and #{self.quokka}",
            "Nothing",
        )
        self.queries = (self.quokka, f"#{self.wombat}", f"{self.wombat} {self.quokka}")


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_any_history_agrees_with_sql(db: None, history: list[tuple[str, int, int]]) -> None:
    words = Words()
    people = [make_user(f"p{number}x{next(numbers)}", shard=number * 400) for number in range(MEMBERS)]
    outbox.drain()
    posts = [publish(person, words.captions[number]) for number, person in enumerate(people)]
    for number, (act, one, other) in enumerate(history):
        own = [post for post in posts if post.owner_id == people[one].id]
        step(act, people[one], people[other], posts, own[number % len(own)], words)
        compare_visitors_pages(words)
        nobody_finds_too_much([people[other], None], words)
    outbox.drain()
    acting(CACHE).flushdb()
    hot.clear()  # what was found before, this process may keep for half a second
    for viewer in [*people, None]:
        for query in words.queries:
            assert set(found(query, viewer)) == {post.id for post in visible(viewer) if fits(query, post)}
    counted = {term.key: term.posts for term in find_terms(terms.TAG, words.wombat)}
    public = [post for post in visible(None) if f"#{words.wombat}" in post.caption]
    assert counted == ({words.wombat: len(public)} if public else {})


def step(act: str, one: User, other: User, posts: list[Post], own: Post, words: Words) -> None:
    own = Post.objects.on_shard_of(own.id).filter(id=own.id).select_related("owner").first() or own
    one.refresh_from_db()
    if act == "post":
        posts.append(publish(one, words.captions[len(posts) % 4]))
    elif act in ("edit", "hide", "show", "archive", "unarchive", "delete", "undelete", "withdraw"):
        with suppress(Post.DoesNotExist, TooLate):
            {
                "edit": lambda: edit_post(post=own, editor=one, caption=words.captions[len(own.caption) % 4]),
                "hide": lambda: edit_post(post=own, editor=one, audience=Post.Audience.FOLLOWERS),
                "show": lambda: edit_post(post=own, editor=one, audience=Post.Audience.EVERYONE),
                "archive": lambda: archive_post(post=own, by=one),
                "unarchive": lambda: unarchive_post(post=own, by=one),
                "delete": lambda: delete(post=own, by=one),
                "undelete": lambda: restore_post(post_id=own.id, by=one),
                "withdraw": lambda: withdraw_post(own.id),
            }[act]()
    elif act in ("private", "public"):
        update_profile(user=one, is_private=act == "private")
    elif act == "rename":
        update_profile(user=one, username=f"r{next(numbers)}")
    elif act in ("follow", "block", "unblock") and one != other:
        with suppress(Refused):
            {
                "follow": lambda: follow(one, other),
                "block": lambda: block(blocker=one, blocked=other),
                "unblock": lambda: unblock(blocker=one, blocked=other),
            }[act]()
    elif act == "trends":
        trends.compute()
    elif act == "deliver":
        outbox.drain()
    elif act == "lose cache":
        acting(CACHE).flushdb()


def compare_visitors_pages(words: Words) -> None:
    """Those that are kept for all: what is on them is public now."""
    public = {encode(post.id) for post in visible(None)}
    paths = (
        f"/search/?q={words.quokka}",
        f"/search/?q={words.wombat}&type=posts",
        f"/tags/{words.wombat}/",
        "/discover/",
    )
    for path in paths:
        shown = set(re.findall(r'class="tile" href="/p/(\w+)/"', Client().get(path).content.decode()))
        assert shown <= public, path


def nobody_finds_too_much(viewers: list[User | None], words: Words) -> None:
    for viewer in viewers:
        allowed = {post.id for post in visible(viewer)}
        for query in words.queries:
            assert set(found(query, viewer)) <= allowed


def found(query: str, viewer: User | None) -> list[int]:
    return [post.id for post in find_posts(parse_posts(query), viewer or AnonymousUser()).items]


def visible(viewer: User | None) -> list[Post]:
    """By plain SQL over all shards: what a search may find for somebody."""
    live = [
        post
        for part in Post.objects.on_every_shard()
        for post in part.filter(state=Post.State.LIVE, owner__is_active=True).select_related("owner")
    ]
    if viewer is None:
        return [post for post in live if post.is_public]
    apart = {
        id
        for part in BlockedBy.objects.on_every_shard()
        for pair in part.values_list("blocked_id", "blocker_id")
        if viewer.id in pair
        for id in pair
    } - {viewer.id}
    return [post for post in live if post.owner_id == viewer.id or (post.is_public and post.owner_id not in apart)]


def fits(query: str, post: Post) -> bool:
    said = post.caption.lower().split()
    return all(part in said or f"#{part}" in said for part in query.split())
