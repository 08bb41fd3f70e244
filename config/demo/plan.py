"""What the demo posts, when, and who says what about it: drawn from a seed, before anything touches a database."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.demo.people import SEED, Member, caption, comment, follow_graph, reply

HISTORY = timedelta(days=170)
NEWEST = timedelta(minutes=4)


@dataclass(frozen=True)
class Shot:
    seed: int
    scene: str


@dataclass(frozen=True)
class Remark:
    author: str
    text: str
    at: datetime
    to: str = ""  # whose remark it answers


@dataclass(frozen=True)
class PostPlan:
    key: str  # names the post for ever: the idempotency key of its upload
    author: str
    created_at: datetime
    shots: tuple[Shot, ...]
    caption: str
    located: bool
    for_followers: bool = False
    people: tuple[str, ...] = ()
    likers: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = field(default=())


def follows_among(members: tuple[Member, ...]) -> list[tuple[str, str]]:
    names = {member.username for member in members}
    return [(a, b) for a, b in follow_graph() if a in names and b in names]


def requests_left_open(members: tuple[Member, ...]) -> set[tuple[str, str]]:
    """Follows of private accounts that their owners have not answered yet: one each."""
    asked: dict[str, tuple[str, str]] = {}
    private = {member.username for member in members if member.is_private}
    for pair in follows_among(members):
        if pair[1] in private:
            asked.setdefault(pair[1], pair)
    return set(asked.values())


def plan_posts(members: tuple[Member, ...], count: int, until: datetime) -> list[PostPlan]:
    """Newest first, all before `until`. The same arguments give the same plan."""
    rng = random.Random(SEED)
    authors = [member for member in members if not member.is_admin]
    open_requests = requests_left_open(members)
    audience: dict[str, list[str]] = {member.username: [] for member in members}
    for follower, followee in follows_among(members):
        if (follower, followee) not in open_requests:
            audience[followee].append(follower)
    ages = sorted(NEWEST + HISTORY * rng.random() ** 2.3 for _ in range(count))
    plans, previous = [], ""
    for number, age in enumerate(ages):
        # Everyone posts; the popular more often; nobody twice in a row.
        weights = [0 if member.username == previous else 1 + member.popularity**0.6 for member in authors]
        author = rng.choices(authors, weights)[0] if len(authors) > 1 else authors[0]
        previous = author.username
        plans.append(_plan_post(rng, number, author, until - age, until, audience))
    return plans


def _plan_post(
    rng: random.Random, number: int, author: Member, at: datetime, until: datetime, audience: dict[str, list[str]]
) -> PostPlan:
    scene = rng.choice(author.scenes)
    shots = 1 if rng.random() < 0.88 else rng.randint(2, 4)
    followers = audience[author.username]
    keen = min(1.0, rng.uniform(0.25, 0.95))
    likers = tuple(name for name in followers if rng.random() < keen)
    talkers = rng.sample(followers, min(len(followers), rng.choice((0, 0, 1, 1, 2, 2, 3, 5))))
    remarks: list[Remark] = []
    for name in talkers:
        said = at + (until - at) * min(0.95, rng.random() ** 3 * 0.3 + 0.02)
        remarks.append(Remark(name, comment(rng, scene, author.username), said))
        if rng.random() < 0.3:
            remarks.append(Remark(author.username, reply(rng, name), said + (until - said) * 0.05, to=name))
    others = [name for name in followers if rng.random() < 0.2]
    return PostPlan(
        key=f"demo-{number}",
        author=author.username,
        created_at=at,
        shots=tuple(Shot(SEED + number * 10 + k, scene) for k in range(shots)),
        caption=caption(rng, scene),
        located=rng.random() < 0.7,
        for_followers=number % 17 == 9,
        people=tuple(rng.sample(others, min(len(others), rng.randint(1, 2)))) if rng.random() < 0.18 else (),
        likers=likers,
        remarks=tuple(sorted(remarks, key=lambda remark: remark.at)),
    )
