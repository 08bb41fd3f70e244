"""Who and what the tests are about. alice owns, bob follows, charlie is a stranger."""

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image

from media.models import Author, Photo, Post
from media.services import ensure_author, publish_post
from photoapp import outbox
from photoapp.ids import new_id, new_id_beside
from users import services
from users.models import Follower, Following, User

PASSWORD = "correct horse battery"


def make_user(username: str, *, shard: int | None = None, **fields: object) -> User:
    """A member as sign-up leaves one; `shard` chooses the logical shard (0 to 1023)."""
    if shard is not None:
        fields["id"] = new_id(shard)
    fields.setdefault("display_name", username.capitalize())
    with transaction.atomic(using="default"):
        user = User.objects.create_user(username, f"{username}@example.org", PASSWORD, **fields)
        services.emit_user_changed(user.id)
    return user


def follow(follower: User, followee: User) -> None:
    services.follow(follower=follower, followee=followee)


def crowd(count: int, *, start: int = 0) -> list[User]:
    """Many members at once, on all shards, by their rows alone: for tests of what a page costs among many."""
    return User.objects.bulk_create(
        User(id=new_id((7 * number) % 1024), username=f"m{number}", email=f"m{number}@example.org", display_name="M")
        for number in range(start, start + count)
    )


def add_follows(pairs: Iterable[tuple[User, User]]) -> None:
    """Both sides of accepted follows (the first of a pair follows the second), as the services leave them, at once."""
    rows = [
        {"follower_id": a.id, "followee_id": b.id, "accepted": True, "position": new_id_beside(a.id)} for a, b in pairs
    ]
    Following.objects.bulk_create([Following(**row) for row in rows])
    Follower.objects.bulk_create([Follower(**row) for row in rows])


def jpeg(
    color: object = (200, 120, 60), size: tuple[int, int] = (64, 48), name: str = "photo.jpg"
) -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", size, color).save(file, "JPEG")
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


def live_post(owner: User, caption: str = "", *, photos: int = 1, at: datetime | None = None, **fields: object) -> Post:
    """A post with the rows of a live one, but no files: for tests that are not about bytes."""
    return live_posts(owner, [caption], photos=photos, at=at, **fields)[0]


def live_posts(
    owner: User, captions: Iterable[str], *, photos: int = 1, at: datetime | None = None, **fields: object
) -> list[Post]:
    """Many at once, oldest first. They are not fanned out: feeds that exist do not know of them."""
    ensure_author(owner)
    posts, ids = [], set()
    for caption in captions:
        while (id := new_id_beside(owner.id, at)) in ids:
            pass
        ids.add(id)
        posts.append(Post(owner_id=owner.id, caption=caption, state=Post.State.LIVE, **fields))
    for post, id in zip(posts, sorted(ids), strict=True):
        post.id = id
    Post.objects.bulk_create(posts)
    Photo.objects.bulk_create(
        Photo(post=post, position=position, content_type="image/jpeg", size=1000, width=1200, height=800, rendered=True)
        for post in posts
        for position in range(photos)
    )
    author = Author.objects.for_owner(owner.id)
    author.update(post_count=Post.objects.for_owner(owner.id).filter(state=Post.State.LIVE).count())
    return posts


def upload(owner: User, caption: str = "", *, photos: int = 1, **fields: object) -> Post:
    """A real upload through to live: original, renditions, fan-out."""
    files = [jpeg(color=(40 * number % 255, 90, 120)) for number in range(photos)]
    post = publish_post(owner=owner, photos=files, caption=caption, **fields)  # type: ignore[arg-type]
    outbox.drain()
    return Post.objects.on_shard_of(post.id).get(id=post.id)
