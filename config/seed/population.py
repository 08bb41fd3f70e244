"""Draws who there is, who follows whom, who posted and who liked what. Knows of no database.

Popularity follows Zipf's law: a few members have very many followers, most have few. The same seed and the same
moment give the same population, ids included.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from photoapp.ids import LOGICAL_SHARDS, RANDOM_BITS, SHARD_BITS, first_id_at

YEAR_MS = 365 * 24 * 3600 * 1000
TIME_SHIFT = SHARD_BITS + RANDOM_BITS
SHARD_MASK = LOGICAL_SHARDS - 1 << RANDOM_BITS

# Weight of the member of rank r: 1 / (r + HEAD) ** exponent. HEAD keeps the first few from having everybody.
HEAD = 10
POPULARITY = 0.8
DILIGENCE = 0.5  # of posting: less uneven


@dataclass
class Population:
    """Members are numbered in the order of their ids; edges, posts and likes name them by number.

    Edge e says that `followers[e]` follows `followees[e]` since `positions[e]`. Edges are sorted by (follower,
    followee); `by_followee` lists them sorted by (followee, follower). The edges of member i are
    `following_from[i]` to `following_from[i + 1]`, and `followers_from` is the same for `by_followee`.
    """

    members: list[int]
    followers: array[int]
    followees: array[int]
    positions: array[int]
    by_followee: array[int]
    following_from: list[int]
    followers_from: list[int]
    posts: list[tuple[int, int]]  # (post id, number of its owner), oldest first
    post_counts: Counter[int]
    likes: list[tuple[int, int]]  # (number of the post, number of the member), sorted

    def with_follows(self, followers: array[int], followees: array[int], positions: array[int]) -> Population:
        """The same members with other edges, which are sorted by (follower, followee)."""
        return replace(
            self,
            followers=followers,
            followees=followees,
            positions=positions,
            by_followee=array("q", sorted(range(len(followees)), key=followees.__getitem__)),
            following_from=_starts(followers, len(self.members)),
            followers_from=_starts(followees, len(self.members)),
        )

    def following_count(self, member: int) -> int:
        return self.following_from[member + 1] - self.following_from[member]

    def follower_count(self, member: int) -> int:
        return self.followers_from[member + 1] - self.followers_from[member]


def draw(
    *, members: int, posts: int, follows: int, likes: int, seed: int, until: datetime, even: bool = False
) -> Population:
    """Members joined in the year before the last, posts and follows are of the last year, up to `until`.

    `even`: everybody follows and posts equally often (who is followed stays uneven).
    """
    random = Random(seed)
    year_ago = until - timedelta(milliseconds=YEAR_MS)
    ids = _member_ids(random, members, year_ago - timedelta(milliseconds=YEAR_MS))
    ranks = list(range(members))
    random.shuffle(ranks)
    followers, followees = _edges(random, ranks, follows, even)
    written = _posts(random, ids, ranks, posts, year_ago, even)
    by_followee = array("q", sorted(range(follows), key=followees.__getitem__))
    return Population(
        members=ids,
        followers=followers,
        followees=followees,
        positions=_positions(random, ids, followers, year_ago),
        by_followee=by_followee,
        following_from=_starts(followers, members),
        followers_from=_starts(followees, members),
        posts=written,
        post_counts=Counter(owner for _, owner in written),
        likes=_likes(random, posts, members, likes),
    )


def most_follows(members: int) -> int:
    """How many follows can be drawn without end: the popular ones run out of members who do not follow them yet."""
    return members * (members - 1) // 4


def _member_ids(random: Random, count: int, since: datetime) -> list[int]:
    base, ids = first_id_at(since), set[int]()
    while len(ids) < count:
        ids.add(base + (random.randrange(YEAR_MS) << TIME_SHIFT | random.getrandbits(TIME_SHIFT)))
    return sorted(ids)


def _weights(ranks: Sequence[int], exponent: float) -> list[float]:
    """Cumulative weights of members by their ranks."""
    return list(accumulate((rank + HEAD) ** -exponent for rank in ranks))


def _shares(random: Random, ranks: Sequence[int], total: int, exponent: float, even: bool) -> list[int]:
    """How many of `total` each member gets."""
    count = len(ranks)
    if even:
        return [total // count + (member < total % count) for member in range(count)]
    drawn = Counter(random.choices(range(count), cum_weights=_weights(ranks, exponent), k=total))
    return [drawn[member] for member in range(count)]


def _edges(random: Random, ranks: Sequence[int], follows: int, even: bool) -> tuple[array[int], array[int]]:
    members = range(len(ranks))
    weights = _weights(ranks, POPULARITY)
    at_most = max(1, len(ranks) * 3 // 4)
    followers, followees = array("i"), array("i")
    owed = 0  # by members who cannot follow so many; the next ones follow more
    for member, share in enumerate(_shares(random, ranks, follows, DILIGENCE / 2, even)):
        wanted = min(share + owed, at_most)
        owed += share - wanted
        chosen: set[int] = set()
        while len(chosen) < wanted:
            chosen.update(random.choices(members, cum_weights=weights, k=wanted - len(chosen)))
            chosen.discard(member)
        followers.extend([member] * wanted)
        followees.extend(sorted(chosen))
    if owed:
        raise ValueError(f"{len(ranks)} members cannot follow {follows} times")
    return followers, followees


def _positions(random: Random, ids: list[int], followers: array[int], since: datetime) -> array[int]:
    base = first_id_at(since)
    draw, bits = random.random, random.getrandbits
    return array(
        "q",
        (
            base + (int(draw() * YEAR_MS) << TIME_SHIFT) | ids[follower] & SHARD_MASK | bits(RANDOM_BITS)
            for follower in followers
        ),
    )


def _starts(numbers: array[int], members: int) -> list[int]:
    degrees = Counter(numbers)
    return [0, *accumulate(degrees[member] for member in range(members))]


def _posts(
    random: Random, ids: list[int], ranks: Sequence[int], posts: int, since: datetime, even: bool
) -> list[tuple[int, int]]:
    base, found = first_id_at(since), dict[int, int]()
    for owner, share in enumerate(_shares(random, ranks, posts, DILIGENCE, even)):
        shard = ids[owner] & SHARD_MASK
        wanted = len(found) + share
        while len(found) < wanted:
            time = int(random.random() * YEAR_MS) << TIME_SHIFT
            found.setdefault(base + time | shard | random.getrandbits(RANDOM_BITS), owner)
    return sorted(found.items())


def _likes(random: Random, posts: int, members: int, likes: int) -> list[tuple[int, int]]:
    return [divmod(pair, members) for pair in sorted(random.sample(range(posts * members), likes))]
