"""Who sees what, on every surface: public, after an account goes private, for followers, put away, deleted.

Viewers: a visitor, a stranger, one who asked to follow, a follower, one whom the owner blocked (a follower until
then), the owner, a moderator. Each surface is asked for something that only the post or its owner's lists hold.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from media.models import Comment, Photo, Post
from media.services import add_comment, archive_post, delete_post, edit_post, save
from photoapp import outbox
from photoapp.ids import encode
from tests.people import follow, make_user, upload
from users.models import User
from users.services import block, update_profile

pytestmark = pytest.mark.django_db

CAPTION = "the hidden harbour"
COMMENT = "a word among friends"
FAN = "fanny"

VIEWERS = ("visitor", "stranger", "requested", "follower", "blocked", "owner", "staff")
EVERYBODY = set(VIEWERS)
NOT_BLOCKED = EVERYBODY - {"blocked"}
TRUSTED = {"follower", "owner", "staff"}
FEED = {"follower", "owner"}


class Scene:
    """alice's account with one post, and how to ask each surface for it."""

    def __init__(self) -> None:
        self.alice = make_user("alice", shard=10)
        self.people = {
            "owner": self.alice,
            "stranger": make_user("charlie", shard=600),
            "requested": make_user("dora", shard=300),
            "follower": make_user("bob", shard=1000),
            "blocked": make_user("eve", shard=100),
            "staff": make_user("mona", shard=900, is_staff=True),
        }
        fan = make_user(FAN)
        for follower in (self.people["follower"], self.people["blocked"], fan):
            follow(follower, self.alice)
        self.post = upload(self.alice, CAPTION, people=[FAN])
        add_comment(post=self.post, author=fan, text=f"{COMMENT} @bob @charlie @dora @eve @mona")
        for member in self.people.values():
            save(post=self.post, user=member)
        self.photo = Photo.objects.on_shard_of(self.post.id).get(post_id=self.post.id)
        block(blocker=self.alice, blocked=self.people["blocked"])
        outbox.drain()

    def go_private(self) -> None:
        self.alice = update_profile(user=User.objects.get(id=self.alice.id), is_private=True)
        follow(self.people["requested"], self.alice)

    def surfaces(self) -> dict[str, tuple[str, str]]:
        """{name: (path, what it shows to who may see)}"""
        short, api, photo = encode(self.post.id), "/api/v1", self.photo
        return {
            "post page": (f"/p/{short}/", CAPTION),
            "comments on the post page": (f"/p/{short}/", COMMENT),
            "profile": ("/u/alice/", f"/p/{short}/"),
            "user details": ("/get_user_details?username=alice", f"/p/{short}/"),
            "followers": ("/u/alice/followers/", FAN),
            "following": ("/u/fanny/following/", "alice"),
            "tagged": (f"/u/{FAN}/tagged/", f"/p/{short}/"),
            "saved": ("/saved/", f"/p/{short}/"),
            "archived": ("/archived/", f"/p/{short}/"),
            "notifications": ("/notifications/", f"/p/{short}/"),
            "feed": ("/feed/", CAPTION),
            "api post": (f"{api}/posts/{self.post.id}/", CAPTION),
            "api comments": (f"{api}/posts/{self.post.id}/comments/", COMMENT),
            "api profile posts": (f"{api}/users/alice/posts/", CAPTION),
            "api followers": (f"{api}/users/alice/followers/", FAN),
            "api feed": (f"{api}/feed/", CAPTION),
            **{
                f"photo {width}.{format}": (photo.url(width, format), "bytes")
                for width in (320, 2048)
                for format in ("webp", "jpg")
            },
        }


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def who_sees(scene: Scene, client_of: Callable[[User], Client]) -> dict[str, set[str]]:
    """{surface: the viewers who get what it shows}"""
    seen: dict[str, set[str]] = {name: set() for name in scene.surfaces()}
    bodies = {}
    for viewer in VIEWERS:
        client = client_of(scene.people[viewer]) if viewer in scene.people else Client()
        for name, (path, wanted) in scene.surfaces().items():
            response = client.get(path)
            assert response.status_code in (200, 302, 401, 403, 404), (viewer, name, response.status_code)
            body = bodies[viewer, name] = response.getvalue()
            if response.status_code == 200 and (wanted == "bytes" or wanted.encode() in body):
                seen[name].add(viewer)
    for (viewer, name), body in bodies.items():
        if viewer not in seen["post page"]:
            assert CAPTION.encode() not in body, (viewer, name)
            assert scene.photo.secret.encode() not in body, (viewer, name)
    return seen


def expected(
    scene: Scene,
    *,
    pages: set[str],
    photos: set[str],
    lists: set[str] = NOT_BLOCKED,
    listed: set[str] | None = None,
    feeds: set[str] = FEED,
    archived: frozenset[str] = frozenset(),
) -> dict[str, set[str]]:
    """`pages`: who sees the post by itself; `listed`: who finds it among others, the same if not given."""
    found = pages if listed is None else listed
    kinds = {
        "followers": lists,
        "api followers": lists,
        "following": NOT_BLOCKED,  # fanny's own list is hers to show; only who has a block with alice misses her there
        "feed": feeds,
        "api feed": feeds,
        "archived": set(archived),
        "saved": found - {"visitor"},
        "notifications": found - {"visitor"},
        **dict.fromkeys(("profile", "user details", "api profile posts", "tagged"), found),
    }
    return {name: photos if name.startswith("photo") else kinds.get(name, pages) for name in scene.surfaces()}


def test_a_public_account(scene: Scene, client_of: Callable[[User], Client]) -> None:
    """A block hides pages. The bytes are as public as to somebody who logged out."""
    assert who_sees(scene, client_of) == expected(scene, pages=NOT_BLOCKED, photos=EVERYBODY)


def test_a_private_account(scene: Scene, client_of: Callable[[User], Client]) -> None:
    scene.go_private()
    assert who_sees(scene, client_of) == expected(scene, pages=TRUSTED, photos=TRUSTED, lists=TRUSTED)


def test_a_post_for_followers(scene: Scene, client_of: Callable[[User], Client]) -> None:
    edit_post(post=scene.post, editor=scene.alice, audience=Post.Audience.FOLLOWERS)
    assert who_sees(scene, client_of) == expected(scene, pages=TRUSTED, photos=TRUSTED)


def test_a_post_that_was_put_away(scene: Scene, client_of: Callable[[User], Client]) -> None:
    archive_post(post=scene.post, by=scene.alice)
    owner = {"owner"}
    assert who_sees(scene, client_of) == expected(
        scene, pages=owner, photos=owner, listed=set(), feeds=set(), archived=frozenset(owner)
    )


def test_a_post_that_was_deleted(scene: Scene, client_of: Callable[[User], Client]) -> None:
    delete_post(post=scene.post, by=scene.alice)
    assert who_sees(scene, client_of) == expected(scene, pages=set(), photos=set(), feeds=set())


def test_switching_takes_effect_at_once_and_back(scene: Scene, client_of: Callable[[User], Client]) -> None:
    stranger = client_of(scene.people["stranger"])
    path = scene.photo.url(640)
    assert stranger.get(path).status_code == 200
    scene.go_private()
    assert stranger.get(path).status_code == 404
    assert stranger.get(path, headers={"If-None-Match": f'"{scene.photo.secret}-640-webp"'}).status_code == 404
    update_profile(user=scene.alice, is_private=False)
    assert stranger.get(path).status_code == 200


def test_nobody_acts_on_what_they_cannot_see(scene: Scene, client_of: Callable[[User], Client]) -> None:
    scene.go_private()
    short, number = encode(scene.post.id), scene.post.id
    thread = encode(Comment.objects.on_shard_of(number).get(post_id=number).id)
    for viewer in ("stranger", "requested", "blocked"):
        client = client_of(scene.people[viewer])
        answers = [
            client.post(f"/p/{short}/like/", {"action": "like"}),
            client.post(f"/p/{short}/comments/", {"text": "hello"}),
            client.post(f"/p/{short}/save/", {"action": "save"}),
            client.post(f"/comments/{thread}/replies/", {"text": "hello"}),
            client.put(f"/api/v1/posts/{number}/like/"),
            client.put(f"/api/v1/posts/{number}/save/"),
            client.post(f"/api/v1/posts/{number}/comments/", {"text": "hello"}),
        ]
        assert [answer.status_code for answer in answers] == [404] * len(answers), viewer
    for viewer in ("stranger", "follower", "staff"):
        client = client_of(scene.people[viewer])
        assert client.post(f"/p/{short}/edit/", {"caption": "mine now"}).status_code in (403, 404)
        assert client.patch(f"/api/v1/posts/{number}/", {"caption": "x"}, "application/json").status_code in (403, 404)
    for viewer in ("stranger", "follower"):
        client = client_of(scene.people[viewer])
        assert client.post(f"/p/{short}/delete/").status_code in (403, 404)
        assert client.delete(f"/api/v1/posts/{number}/").status_code in (403, 404)
        assert client.post(f"/p/{short}/archive/", {"action": "archive"}).status_code in (403, 404)
        assert client.post(f"/p/{short}/restore/").status_code in (403, 404)
        assert client.put(f"/api/v1/posts/{number}/archive/").status_code in (403, 404)
    scene.post.refresh_from_db()
    assert (scene.post.caption, scene.post.state) == (CAPTION, Post.State.LIVE)


def test_the_answers_about_a_private_account_are_for_one_person(
    scene: Scene, client_of: Callable[[User], Client]
) -> None:
    scene.go_private()
    follower = client_of(scene.people["follower"])
    for name, (path, _) in scene.surfaces().items():
        cache = follower.get(path).headers["Cache-Control"]
        assert "private" in cache or "no-store" in cache, (name, cache)
        assert "public" not in cache, (name, cache)


def test_a_visible_secret_is_needed_even_for_public_bytes(scene: Scene) -> None:
    path = scene.photo.url(320).replace(scene.photo.secret, "x" * 16)
    assert Client().get(path).status_code == 404
    assert Client().get(scene.photo.url(320).replace("320.webp", "original")).status_code == 404
