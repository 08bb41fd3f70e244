"""What each page costs in SQL, and that it costs the same with 5 posts, follows and comments as with hundreds."""

from collections.abc import Callable

import pytest
from django.test import Client

from feeds import store
from feeds.models import Notification
from media.models import Comment, Like, Post, PostCount, Saved, Trace
from photoapp import ids, outbox
from photoapp.ids import new_id_beside
from photoapp.pagination import encode_cursor
from tests.people import add_follows, crowd, live_post, live_posts
from tests.queries import counted_queries
from users.models import FollowCount, User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]

# As alice, who is logged in: queries in all, of every database. One of them reads her own row.
PAGES = {
    "feed": ("/feed/", 1),
    "feed below": ("/feed/?cursor={cursor}", 4),
    "profile": ("/u/bob/", 6),
    "own profile": ("/u/alice/", 7),
    "tagged": ("/u/bob/tagged/", 7),
    "saved": ("/saved/", 6),
    "archived": ("/archived/", 5),
    "followers": ("/u/bob/followers/", 6),
    "following": ("/u/alice/following/", 5),
    "post": ("{post}", 9),
    "replies": ("/comments/{comment}/replies/", 9),
    "own post": ("{own}", 8),
    "edit": ("{own}edit/", 2),
    "notifications": ("/notifications/", 7),
    "search": ("/search/?q=m", 5),
    "upload": ("/upload/", 1),
    "settings": ("/settings/", 1),
    "requests": ("/settings/requests/", 2),
}


def add_comments(post: Post, authors: list[User], count: int) -> None:
    """Every fourth one opens a thread, the others answer it."""
    opening = None
    rows = []
    for number in range(count):
        row = Comment(
            id=new_id_beside(post.id),
            post_id=post.id,
            author_id=authors[number % len(authors)].id,
            text=f"Comment {number}",
            parent_id=opening.id if opening and number % 4 else None,
        )
        opening = opening if number % 4 else row
        rows.append(row)
    Comment.objects.bulk_create(rows)


def grow(alice: User, bob: User, post: Post, own: Post, size: tuple[int, int, int], start: int) -> None:
    posts, follows, comments = size
    members = crowd(follows, start=start)
    add_follows([(alice, member) for member in members])
    add_follows([(member, bob) for member in members])
    add_follows([(member, alice) for member in members[::2]])
    tags = [{"id": str(bob.id), "username": "bob", "state": "shown"}]
    mine, theirs = [], []
    for count in (posts - 4, 1, 1, 1, 1):  # the newest, by turns: every page has posts of both servers
        mine += live_posts(alice, ["Mine #oslo @bob"] * count, photos=2, people=tags)
        theirs += live_posts(bob, ["Theirs"] * count)
    Trace.objects.bulk_create(
        Trace(user_id=bob.id, kind="tag", target_id=one.id, position=new_id_beside(bob.id)) for one in mine
    )
    Saved.objects.bulk_create(Saved(post_id=one.id, user_id=alice.id) for one in theirs)
    Trace.objects.bulk_create(
        Trace(user_id=alice.id, kind="save", target_id=one.id, position=new_id_beside(alice.id)) for one in theirs
    )
    live_posts(alice, ["Put away"] * posts)
    put_away = Post.objects.for_owner(alice.id).filter(caption="Put away")
    put_away.update(state=Post.State.ARCHIVED)
    for one in (post, own):
        add_comments(one, members, comments)
        Like.objects.bulk_create([Like(post_id=one.id, user_id=member.id) for member in members])
    Notification.objects.bulk_create(
        Notification(
            id=new_id_beside(alice.id),
            recipient_id=alice.id,
            actor_id=member.id,
            kind=kind,
            target_id=target,
            post_id=about,
        )
        for member in members
        for kind, target, about in (("like", own.id, own.id), ("tag", post.id, post.id), ("follow", 0, None))
    )


def counts_of(client: Client, addresses: dict[str, str]) -> dict[str, int]:
    found = {}
    for name, (path, _) in PAGES.items():
        path = path.format(**addresses)
        client.get(path)  # builds what is kept in Redis
        with counted_queries() as counts:
            answer = client.get(path)
        assert answer.status_code == 200, path
        found[name] = sum(counts.values())
    return found


def test_no_page_costs_more_with_hundreds_than_with_five(client_of: ClientOf, alice: User, bob: User) -> None:
    add_follows([(alice, bob)])
    for member in (alice, bob):
        FollowCount.add(member.id, using=FollowCount.objects.for_owner(member.id).db, followers=1, following=1)
    post, own = live_post(bob, "Talked about"), live_post(alice, "Talked about, too")
    for one in (post, own):
        PostCount.add(one.id, using=PostCount.objects.on_shard_of(one.id).db, comments=5)
    client = client_of(alice)
    grow(alice, bob, post, own, (5, 5, 5), start=0)
    outbox.drain()
    thread = Comment.objects.on_shard_of(post.id).get(post_id=post.id, text="Comment 0")  # all of one millisecond
    addresses = {"post": post.get_absolute_url(), "own": own.get_absolute_url(), "comment": ids.encode(thread.id)}
    addresses["cursor"] = encode_cursor(ids.MAX_ID, surface=f"feed:{alice.id}")
    small = counts_of(client, addresses)
    grow(alice, bob, post, own, (500, 300, 200), start=1000)
    store.forget(alice.id)
    large = counts_of(client, addresses)
    assert large == small
    assert large == {name: expected for name, (_, expected) in PAGES.items()}
