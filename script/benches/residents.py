"""Whom script/bench visitors is about: a seeded population with power-law follows, one author with very many followers,
everybody logged in within the last hour, with a feed in Redis.

Uploaders are members with 140 to 300 followers, so that a photo of theirs goes to about 200 feeds.
"""

from __future__ import annotations

import json
import random
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from heapq import nlargest
from io import BytesIO

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.crypto import get_random_string
from PIL import Image

from config.management.commands.seed import free_names, write_everywhere
from config.seed.population import Population, draw
from config.seed.rows import PRIVATE_ONE_IN, Rows
from feeds import store
from feeds.page_store import Face, keep_face
from feeds.selectors import FIRST_PAGE
from feeds.services import ACTS_KNOWN
from media.cards import cards_for
from media.models import Photo
from photoapp.ids import new_id_beside
from photoapp.redis_clients import FEEDS, acting
from users.models import User
from users.sessions import COPY_SECONDS, KEY_LENGTH, SEEN, SEEN_EVERY, SessionStore, prefix_of, record_key

FEW, MANY = 140, 300  # followers of those who upload
WIDTH = 640  # of the renditions that are looked at
PICTURES = 8  # different ones
CHUNK = 500  # members at a time


@dataclass(frozen=True)
class Sizes:
    members: int
    posts: int
    follows: int
    stars_followers: int
    stars_posts: int
    photos: int  # that have files
    warm: float  # seconds before those that count
    seconds: float


@dataclass
class Residents:
    population: Population
    star_number: int
    names: list[str]
    cookies: list[str]  # in the order of the population's members

    @property
    def star(self) -> int:
        return self.population.members[self.star_number]

    @cached_property
    def uploaders(self) -> list[int]:
        """Their numbers."""
        people = self.population
        return [number for number in range(len(people.members)) if FEW <= people.follower_count(number) <= MANY]

    @property
    def fan_out(self) -> float:
        """Followers of an uploader on average."""
        return sum(map(self.population.follower_count, self.uploaders)) / len(self.uploaders)

    @cached_property
    def stars_followers(self) -> list[int]:
        people, number = self.population, self.star_number
        edges = people.by_followee[people.followers_from[number] : people.followers_from[number + 1]]
        return [people.members[people.followers[edge]] for edge in edges]


def settle(sizes: Sizes) -> Residents:
    population = draw(
        members=sizes.members,
        posts=sizes.posts,
        follows=sizes.follows,
        likes=sizes.posts,
        seed=1,
        until=timezone.now() - timedelta(hours=1),
    )
    star = max(range(sizes.members), key=population.follower_count)
    population = with_followers(population, star, sizes.stars_followers)
    names, password = free_names(sizes.members), make_password(None)
    write_everywhere(Rows(population, names, password, 1), quiet=True)
    residents = Residents(population, star, names, log_in(population.members, password))
    build_feeds(population, names)
    return residents


def with_followers(population: Population, followee: int, count: int) -> Population:
    """The followee has at least so many followers."""
    edges = list(zip(population.followers, population.followees, population.positions, strict=True))
    there = {follower for follower, other, _ in edges if other == followee}
    others = [number for number in range(len(population.members)) if number != followee and number not in there]
    for number in random.Random(1).sample(others, max(0, count - len(there))):
        edges.append((number, followee, new_id_beside(population.members[number])))
    followers, followees, positions = zip(*sorted(edges), strict=True)
    return population.with_follows(array("i", followers), array("i", followees), array("q", positions))


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def log_in(members: Sequence[int], password: str) -> list[str]:
    """Rows of sessions, and their copies in Redis as users/sessions.py writes them; returns the cookies."""
    common = {BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0]}
    common[HASH_SESSION_KEY] = User(password=password).get_session_auth_hash()
    until, cookies, encode = timezone.now() + timedelta(days=7), [], SessionStore().encode
    for chunk in chunks(members):
        rows = []
        with acting(FEEDS).pipeline(transaction=False) as pipe:
            for id in chunk:
                key = prefix_of(id)
                key += get_random_string(KEY_LENGTH - len(key), VALID_KEY_CHARS)
                data = {SESSION_KEY: str(id), **common, SEEN: int(time.time() - random.random() * SEEN_EVERY)}
                rows.append(Session(session_key=key, session_data=encode(data), expire_date=until))
                pipe.set(record_key(key), json.dumps(data), ex=COPY_SECONDS)
                cookies.append(f"{settings.SESSION_COOKIE_NAME}={key}")
            pipe.execute()
        Session.objects.using("default").bulk_create(rows)
    return cookies


def build_feeds(population: Population, names: Sequence[str]) -> None:
    """As services.rebuild leaves them, from what was drawn: reading it back for so many takes minutes. Cards of what
    comes first on them are rendered, as when posts are published."""
    seen: set[int] = set()
    ids, posts, likes = population.members, population.posts, set(population.likes)
    written: dict[int, list[int]] = {}  # numbers of posts by number of their owner
    for post, (_, owner) in enumerate(posts):
        written.setdefault(owner, []).append(post)
    pulled = {number for number in range(len(ids)) if population.follower_count(number) > settings.FANOUT_THRESHOLD}
    for number, id in enumerate(ids):
        edges = slice(population.following_from[number], population.following_from[number + 1])
        authors = list(population.followees[edges])
        feed = nlargest(store.FEED_LENGTH, (post for author in [*authors, number] for post in written.get(author, ())))
        newest, known = feed[:ACTS_KNOWN], 0
        if len(newest) == ACTS_KNOWN:
            known = posts[newest[-1]][0]
        acts = [f"l{posts[post][0]}" for post in newest if (post, number) in likes]
        begun = store.begin(id)
        store.add_pulls(id, [ids[author] for author in authors if author in pulled])
        listed = store.IdList([posts[post][0] for post in feed], len(feed) < store.FEED_LENGTH)
        if not store.finish(id, begun.version, store.Built(listed, [ids[author] for author in authors], acts, known)):
            raise RuntimeError(f"the feed of {id} was not stored")
        seen.update(listed.ids[: FIRST_PAGE + 1])
        keep_face(begun.version.partition("/")[0], Face(id, names[number], User().theme, False))
    for chunk in chunks(sorted(seen)):
        cards_for(chunk, settings.LANGUAGE_CODE)


def put_photos(residents: Residents, count: int) -> list[str]:
    """Files for the newest photos of popular, public authors; their paths, the most viewed first."""
    people = residents.population
    popular = [owner for owner, _ in people.post_counts.most_common() if people.members[owner] % PRIVATE_ONE_IN]
    popular.sort(key=people.follower_count, reverse=True)
    newest = {owner: id for id, owner in people.posts}
    posts = [newest[owner] for owner in popular[:count]]
    photos = [photo for id in posts for photo in Photo.objects.on_shard_of(id).filter(post_id=id)]
    files = [picture(number) for number in range(PICTURES)]
    for number, photo in enumerate(photos):
        default_storage.save(photo.rendition_key(WIDTH, "webp"), ContentFile(files[number % PICTURES]))
    return [photo.url(WIDTH) for photo in photos]


def picture(number: int) -> bytes:
    """About as many bytes as a photo of WIDTH has as WebP: 40 to 60 KB."""
    out = BytesIO()
    painted((WIDTH, WIDTH * 3 // 4), 10 + number / 4).save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def photo_to_upload() -> bytes:
    """12 megapixels, about 3 MB."""
    out = BytesIO()
    painted((4000, 3000), 18).save(out, "JPEG", quality=85)
    return out.getvalue()


def painted(size: tuple[int, int], grain: float) -> Image.Image:
    """Gradients under noise, as a photo of something with a texture has."""
    channels = [Image.linear_gradient("L").rotate(90 * turn).resize(size) for turn in range(3)]
    noise = Image.effect_noise(size, grain)
    return Image.merge("RGB", [Image.blend(channel, noise, 0.5) for channel in channels])
