"""Whom script/bench fanout is about. All rows are those that the services would have left, both sides of each follow.

authors     followed by as many readers each as an author may have who is pushed
star        followed by some readers, the fans, and by very many more, of whom there are only the rows of the follow
returning   follow very many of the others, and have nothing in Redis
readers     the rest; each follows some of the authors and has a feed in Redis, of real ids
"""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from heapq import nlargest
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from config.management.commands.seed import free_names, write_everywhere
from config.seed.copying import Table, refresh_statistics, write
from config.seed.population import Population, draw
from config.seed.rows import Rows
from feeds import store
from feeds.page_store import Face, keep_face
from feeds.services import ACTS_KNOWN
from media.models import Post
from photoapp.ids import first_id_at, new_id_beside
from photoapp.shards import FRIENDS, alias_for
from script.benches.feed import session_of
from tests.people import live_post
from users.models import FollowCount, Follower, User

POSTS = 3  # of everybody
AUTHORS_POSTS = 20  # more of each author, so that feeds are full


@dataclass(frozen=True)
class Sizes:
    members: int
    authors: int
    followers: int  # of each author
    stars_followers: int
    fans: int = 40
    returning: int = 120
    followees: int = 1_000  # of a returning member
    visitors: int = 10_000  # of the readers; have sessions


@dataclass
class Crowd:
    sizes: Sizes
    population: Population

    def members(self, first: int, count: int | None = None) -> list[int]:
        return self.population.members[first : None if count is None else first + count]

    @cached_property
    def authors(self) -> list[int]:
        return self.members(0, self.sizes.authors)

    @property
    def star(self) -> int:
        return self.population.members[self.sizes.authors]

    @cached_property
    def returning(self) -> list[int]:
        return self.members(self.sizes.authors + 1, self.sizes.returning)

    @cached_property
    def readers(self) -> list[int]:
        return self.members(first_reader(self.sizes))

    @property
    def fans(self) -> list[int]:
        return self.readers[: self.sizes.fans]

    @property
    def visitors(self) -> list[int]:
        return self.readers[: self.sizes.visitors]

    @cached_property
    def followed(self) -> dict[int, list[int]]:
        """Whom each reader follows."""
        ids, starts, followees = self.population.members, self.population.following_from, self.population.followees
        readers = range(first_reader(self.sizes), len(ids))
        return {ids[n]: [ids[followee] for followee in followees[starts[n] : starts[n + 1]]] for n in readers}

    def followers(self, author: int) -> list[int]:
        return [reader for reader, authors in self.followed.items() if author in authors]


def first_reader(sizes: Sizes) -> int:
    return sizes.authors + 1 + sizes.returning


def make_crowd(sizes: Sizes) -> Crowd:
    """In the databases; the readers with their feeds."""
    population = draw(
        members=sizes.members,
        posts=sizes.members * POSTS,
        follows=0,
        likes=0,
        seed=1,
        until=timezone.now() - timedelta(days=1),
        even=True,
    )
    population = _with_authors_posts(population.with_follows(*_edges(population.members, sizes)), sizes)
    write_everywhere(Rows(population, free_names(sizes.members), make_password(None), 1), quiet=True)
    crowd = Crowd(sizes, population)
    _build_feeds(crowd)
    return crowd


def _edges(ids: list[int], sizes: Sizes) -> tuple[array[int], array[int], array[int]]:
    followees: list[list[int]] = [[] for _ in ids]
    first = first_reader(sizes)
    readers = range(first, len(ids))
    for author in range(sizes.authors):
        for reader in random.sample(readers, sizes.followers):
            followees[reader].append(author)
    for reader in range(first, first + sizes.fans):
        followees[reader].append(sizes.authors)
    for member in range(sizes.authors + 1, first):
        followees[member] = sorted(random.sample(readers, sizes.followees))
    followers = array("i", (follower for follower, some in enumerate(followees) for _ in some))
    return (
        followers,
        array("i", (one for some in followees for one in some)),
        array("q", map(ids.__getitem__, followers)),
    )


def _with_authors_posts(population: Population, sizes: Sizes) -> Population:
    now = timezone.now()
    more = [
        (new_id_beside(population.members[author], now - timedelta(seconds=random.randrange(60, 86_400))), author)
        for author in range(sizes.authors + 1)
        for _ in range(AUTHORS_POSTS)
    ]
    posts = sorted(population.posts + more)
    return replace(population, posts=posts, post_counts=Counter(owner for _, owner in posts))


def _build_feeds(crowd: Crowd) -> None:
    """As services.rebuild leaves them, from what was drawn: reading it back for so many takes minutes."""
    posts: dict[int, list[int]] = {}
    for id, owner in crowd.population.posts:
        posts.setdefault(crowd.population.members[owner], []).append(id)
    faces = {user.id: Face.of(user) for user in User.objects.filter(id__in=crowd.readers)}
    for reader, authors in crowd.followed.items():
        ids = nlargest(store.FEED_LENGTH, (id for author in [*authors, reader] for id in posts[author]))
        begun = store.begin(reader)
        built = store.Built(store.IdList(ids, len(ids) < store.FEED_LENGTH), authors, (), ids[:ACTS_KNOWN][-1])
        if not store.finish(reader, begun.version, built):
            raise RuntimeError(f"the feed of {reader} was not stored")
        keep_face(begun.version.partition("/")[0], faces[reader])


def write_cookies(members: Iterable[int], file: Path) -> list[str]:
    """Logs members in; a line of the file for each."""
    with transaction.atomic(using="default"):  # one wait for the disk, not one for each
        cookies = [session_of(user) for user in User.objects.filter(id__in=list(members))]
    file.write_text("\n".join(cookies) + "\n")
    return cookies


def crowd_around(star: int, count: int) -> None:
    """Very many followers of whom there are only these rows."""
    using = alias_for(FRIENDS, star)
    first = first_id_at(timezone.now() - timedelta(days=1000))

    def rows() -> Iterator[tuple[int, int, bool, int]]:
        for number in range(count):
            id = first + number * 4099  # on all shards
            yield star, id, True, id

    write(using, Table(Follower, "followee_id follower_id accepted position", rows()), progress=int)
    FollowCount.add(star, using=using, followers=count)
    refresh_statistics(using)


def finished_post(owner_id: int) -> int:
    """The id of a post that only has to be made live: its photo is rendered."""
    post = live_post(User.objects.get(id=owner_id), "News")
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=Post.State.PROCESSING)
    return post.id
