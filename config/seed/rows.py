"""The rows that the services would have left, per server and table. Posts have photo rows but no files."""

import base64
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connections
from django.utils import timezone
from PIL import Image

from config.seed.copying import Row, Table
from config.seed.population import Population
from feeds.models import PulledAuthor
from media.models import Author, Like, Photo, Post, PostCount, Trace
from photoapp.counters import SLOTS
from photoapp.ids import time_of
from photoapp.shards import CONTENT, FRIENDS, alias_for
from users.models import FollowCount, Follower, Following, User

EMAIL_DOMAIN = "seed.invalid"  # tells synthetic members from real ones; RFC 2606 keeps it from ever receiving mail
PRIVATE_ONE_IN = 25
PHOTO_KEY = 0x5A5  # a photo's id differs from its post's in the random bits
SIZES = ((4032, 3024), (3024, 4032), (4000, 3000), (3000, 3000), (1600, 1200), (1080, 1350))
CAPTIONS = (
    "",
    "Morning light",
    "On the way home",
    "The view from up here",
    "Finally, a day off",
    "Second coffee #morning",
    "Low tide #sea",
    "Somebody left the gate open",
    "Same bench, another season #autumn",
)
LOCATIONS = ("", "", "", "Lisbon", "Oslo", "Valparaíso", "Kyoto", "Cape Town", "Hamburg harbour")


@dataclass
class Rows:
    """`names[i]` is the user name of member i; `password` is stored as it is (hashed, or unusable)."""

    population: Population
    names: list[str]
    password: str
    seed: int
    placeholders: list[str] = field(default_factory=lambda: placeholders(12))

    def tables_of(self, alias: str) -> list[Table]:
        """What a server holds, parents before children."""
        tables: list[Table] = []
        if alias == "default":
            tables += self._auth()
        if alias in settings.SHARD_SERVERS[FRIENDS]:
            tables += self._friends(alias)
        if alias in settings.SHARD_SERVERS[CONTENT]:
            tables += self._content(alias)
        return tables

    def totals(self) -> dict[str, int]:
        """Rows a progress bar expects, by the model's label."""
        population = self.population
        members, follows, posts = len(population.members), len(population.followers), len(population.posts)
        likes = len(population.likes)
        return {
            "members": 3 * members,  # user, author, count
            "follows": 2 * follows,
            "posts": 2 * posts,  # post, photo
            "likes": 2 * likes + len({post for post, _ in population.likes}),  # like, trace, count
        }

    def _auth(self) -> list[Table]:
        people = self.population
        pulled = [
            number for number in range(len(people.members)) if people.follower_count(number) > settings.FANOUT_THRESHOLD
        ]
        now = connections["default"].ops.adapt_datetimefield_value(timezone.now())
        return [
            Table(
                User,
                "id password is_superuser username email is_staff is_active date_joined display_name year_of_birth bio "
                "avatar is_private",
                self._users(),
            ),
            Table(PulledAuthor, "author_id since", ((people.members[number], now) for number in pulled)),
        ]

    def _users(self) -> Iterator[Row]:
        adapt = connections["default"].ops.adapt_datetimefield_value
        for number, (id, name) in enumerate(zip(self.population.members, self.names, strict=True)):
            mail, joined, born = f"{name}@{EMAIL_DOMAIN}", adapt(time_of(id)), 1950 + id % 57
            account = (id, self.password, False, name, mail, False, True, joined)
            yield *account, self._display(number), born, "", "", self._is_private(number)

    def _display(self, number: int) -> str:
        return f"Member {self.names[number][1:].lstrip('0').upper()}"

    def _is_private(self, number: int) -> bool:
        return self.population.members[number] % PRIVATE_ONE_IN == 0

    def _here(self, group: str, alias: str) -> list[int]:
        """The numbers of the members at home on a server."""
        return [number for number, id in enumerate(self.population.members) if alias_for(group, id) == alias]

    def _friends(self, alias: str) -> list[Table]:
        here = self._here(FRIENDS, alias)
        return [
            Table(Following, "follower_id followee_id accepted position", self._following(here)),
            Table(Follower, "followee_id follower_id accepted position", self._followers(here)),
            Table(FollowCount, "user_id slot followers following", self._follow_counts(here)),
        ]

    def _following(self, here: list[int]) -> Iterator[Row]:
        people = self.population
        ids, starts = people.members, people.following_from
        for number in here:
            edges = slice(starts[number], starts[number + 1])
            for followee, position in zip(people.followees[edges], people.positions[edges], strict=True):
                yield ids[number], ids[followee], True, position

    def _followers(self, here: list[int]) -> Iterator[Row]:
        people = self.population
        ids, starts, positions, followers = people.members, people.followers_from, people.positions, people.followers
        for number in here:
            for edge in people.by_followee[starts[number] : starts[number + 1]]:
                yield ids[number], ids[followers[edge]], True, positions[edge]

    def _follow_counts(self, here: list[int]) -> Iterator[Row]:
        people = self.population
        for number in here:
            yield people.members[number], number % SLOTS, people.follower_count(number), people.following_count(number)

    def _content(self, alias: str) -> list[Table]:
        here = self._here(CONTENT, alias)
        at_home = set(here)
        people = self.population
        posts = [(number, id, owner) for number, (id, owner) in enumerate(people.posts) if owner in at_home]
        numbers = {number for number, _, _ in posts}
        likes = [(people.posts[post][0], people.members[liker]) for post, liker in people.likes if post in numbers]
        traces = sorted((liker, post) for post, liker in people.likes if liker in at_home)
        return [
            Table(
                Author,
                "id username display_name avatar is_private is_active post_count",
                self._authors(here),
            ),
            Table(
                Post,
                "id owner_id caption location people state failure",
                self._posts(posts),
            ),
            Table(
                Photo,
                "id post_id position secret content_type size width height placeholder alt rendered",
                self._photos(posts, alias),
            ),
            Table(Like, "post_id user_id", likes),
            Table(PostCount, "post_id slot likes comments", _like_counts(likes)),
            Table(
                Trace,
                "user_id kind target_id",
                ((people.members[liker], Trace.Kind.LIKE.value, people.posts[post][0]) for liker, post in traces),
            ),
        ]

    def _authors(self, here: list[int]) -> Iterator[Row]:
        people = self.population
        for number in here:
            face = (self.names[number], self._display(number), "", self._is_private(number), True)
            yield people.members[number], *face, people.post_counts[number]

    def _posts(self, posts: list[tuple[int, int, int]]) -> Iterator[Row]:
        live = Post.State.LIVE.value
        for number, id, owner in posts:
            words = CAPTIONS[number % len(CAPTIONS)], LOCATIONS[number % 7 + number % 3]
            yield id, self.population.members[owner], *words, "[]", live, ""

    def _photos(self, posts: list[tuple[int, int, int]], alias: str) -> Iterator[Row]:
        bits = random.Random(f"{self.seed} {alias}").getrandbits
        for number, id, _ in posts:
            secret, size = f"{bits(64):016x}", 200_000 + bits(18)
            shape = SIZES[number % len(SIZES)]
            tiny = self.placeholders[number % len(self.placeholders)]
            yield id ^ PHOTO_KEY, id, 0, secret, "image/jpeg", size, *shape, tiny, "", True


def _like_counts(likes: list[tuple[int, int]]) -> Iterator[Row]:
    """`likes` are sorted by post."""
    post, count = None, 0
    for liked, _ in [*likes, (None, 0)]:
        if liked != post:
            if post is not None:
                yield post, post % SLOTS, count, 0
            post, count = liked, 0
        count += 1


def placeholders(count: int) -> list[str]:
    """Tiny WebP pictures in different colours, base64."""
    found = []
    for number in range(count):
        file = io.BytesIO()
        Image.new("HSV", (16, 12), (number * 255 // count, 90, 170)).convert("RGB").save(file, "WEBP", quality=20)
        found.append(base64.b64encode(file.getvalue()).decode())
    return found
