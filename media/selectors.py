"""Reads of posts, always as somebody: what a viewer may not see is not in the answer.

A *card* is a Post with what a page shows of it: `owner` (Author), `card_photos`, `like_count`, `comment_count`,
`liked`, `saved`. Cards are read in one query per content server: photos joined with their posts and authors.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import BooleanField, Exists, OuterRef, QuerySet, Value

from media.models import Author, Comment, Like, Photo, Post, PostCount, Saved, StagedPhoto, Trace, UploadKey
from media.uploads import hashed_key
from photoapp.ids import MAX_ID
from photoapp.pagination import Page, encode_cursor, keyset_page
from photoapp.prepared import Prepared
from photoapp.replicas import reading_alias, reading_from
from photoapp.shards import CONTENT, by_server
from users.models import User
from users.selectors import (
    STRANGER,
    Relation,
    Viewer,
    heard_among,
    may_see,
    relation,
    relations,
)

GRID_SIZE = 12
ACTS: dict[str, Any] = {"l": Like, "s": Saved}
OVER_FETCH = 3  # pages of posts that others may have hidden


def _card_photos(alias: str, viewer_id: int | None) -> QuerySet[Photo]:
    """Photos joined with post and author, annotated with the post's counts and whether the viewer likes it."""
    liked: Any = Value(False, output_field=BooleanField())
    saved: Any = Value(False, output_field=BooleanField())
    if viewer_id is not None:
        liked = Exists(Like.objects.filter(post_id=OuterRef("post_id"), user_id=viewer_id))
        saved = Exists(Saved.objects.filter(post_id=OuterRef("post_id"), user_id=viewer_id))
    return (
        Photo.objects.using(alias)
        .select_related("post__owner")
        .annotate(
            likes_total=PostCount.total("likes", outer="post_id"),
            comments_total=PostCount.total("comments", outer="post_id"),
            liked=liked,
            saved=saved,
        )
        .order_by("post_id", "position")
    )


_photos_of_live_posts = Prepared(
    lambda alias, viewer_id, post_ids: _card_photos(alias, viewer_id).filter(
        post_id__in=post_ids, post__state=Post.State.LIVE, post__owner__is_active=True
    )
)

_photos_of_posts = Prepared(
    lambda alias, viewer_id, post_ids: (
        _card_photos(alias, viewer_id)
        .filter(post_id__in=post_ids)
        .exclude(post__state__in=(Post.State.DELETED, Post.State.RESERVED))
    )
)


_live_posts = Prepared(
    lambda alias, _, post_ids: (
        Post.objects.using(alias).filter(id__in=post_ids, state=Post.State.LIVE).select_related("owner")
    )
)


def _own(alias: str, user_id: int, post_ids: Iterable[int]) -> Any:
    """Rows (kind, id of the post)."""
    likes, saves = (
        model.objects.using(alias)
        .filter(user_id=user_id, post_id__in=post_ids)
        .order_by()
        .values_list(Value(kind), "post_id")
        for kind, model in ACTS.items()
    )
    return likes.union(saves, all=True)


_own_acts = Prepared(_own)


def _cards(photos: Iterable[Any]) -> list[Post]:
    """Groups photo rows (in the order of posts) into cards."""
    cards: dict[int, Post] = {}
    for photo in photos:
        post = cards.get(photo.post_id)
        if post is None:
            post = cards[photo.post_id] = photo.post
            post.card_photos = []
            post.like_count = photo.likes_total
            post.comment_count = photo.comments_total
            post.liked = photo.liked
            post.saved = photo.saved
        photo.post = post
        post.card_photos.append(photo)
    return list(cards.values())


def cards_by_ids(post_ids: Iterable[int], viewer_id: int | None) -> list[Post]:
    """Live posts of active authors, in the order of ids; whether the viewer may see them is not checked here."""
    wanted = list(post_ids)
    cards: dict[int, Post] = {}
    for alias, here in by_server(CONTENT, wanted).items():
        photos = _photos_of_live_posts.rows(reading_from(alias), viewer_id, here)
        cards.update((card.id, card) for card in _cards(photos))
    return [cards[id] for id in wanted if id in cards]


def visible_cards(post_ids: Iterable[int], viewer: Viewer) -> list[Post]:
    """Those of these posts that the viewer may see: one query per content server, one on the viewer's friends shard."""
    cards = cards_by_ids(post_ids, viewer.id)
    owners = {card.owner_id for card in cards} - {viewer.id}
    known = relations(viewer.id, owners) if viewer.id is not None and owners else {}
    return [card for card in cards if may_see_post(viewer, card, _relation_to(viewer, card.owner_id, known))]


def followed_cards(post_ids: Iterable[int], viewer: User) -> list[Post]:
    """Those of these posts whose author the viewer follows now and has not muted (or is): what a feed may show.

    A block ends follows both ways, and a follow of a private account was accepted, so following says it all.
    """
    cards = cards_by_ids(post_ids, viewer.id)
    followed = heard_among(viewer.id, {card.owner_id for card in cards} - {viewer.id}) | {viewer.id}
    return [card for card in cards if card.owner_id in followed]


def may_see_post(viewer: Viewer, post: Post, relation: Relation) -> bool:
    """Whether a viewer may see a live post, whose `owner` is loaded."""
    if not may_see(viewer, post.owner, relation):
        return False
    return post.audience == Post.Audience.EVERYONE or sees_all_of(viewer, relation)


def sees_all_of(viewer: Viewer, relation: Relation) -> bool:
    """Whether posts for followers are for this viewer, too."""
    return relation.is_self or relation.follows or bool(getattr(viewer, "is_staff", False))


def _relation_to(viewer: Viewer, owner_id: int, known: dict[int, Relation]) -> Relation:
    return Relation(is_self=True) if viewer.id == owner_id else known.get(owner_id, STRANGER)


def visible_post(post_id: int, viewer: Viewer) -> Post | None:
    """A card, or None when there is no such post for this viewer. Owners see theirs in every state but deleted."""
    cards = _cards(_photos_of_posts.rows(reading_alias(CONTENT, post_id), viewer.id, [post_id]))
    if not cards:
        return None
    card = cards[0]
    if viewer.id != card.owner_id and card.state != Post.State.LIVE:
        return None
    card.relation = relation(viewer, card.owner_id)
    return card if may_see_post(viewer, card, card.relation) else None


def post_to_act_on(post_id: int, viewer: Viewer) -> Post | None:
    """A live post that the viewer may see, with its `owner`. Without all else that a card has, which takes longer to
    find than a like to be noted."""
    for post in _live_posts.rows(reading_alias(CONTENT, post_id), None, [post_id]):
        if may_see_post(viewer, post, relation(viewer, post.owner_id)):
            return post  # type: ignore[no-any-return]
    return None


def neighbours(post: Post, viewer: Viewer) -> tuple[int | None, int | None]:
    """The ids of the same author's live posts just before and after a post of visible_post, of those that are for
    the viewer: (newer, older). Two queries."""
    posts = Post.objects.for_owner(post.owner_id).filter(state=Post.State.LIVE)
    if not sees_all_of(viewer, post.relation):
        posts = posts.filter(audience=Post.Audience.EVERYONE)
    ids = posts.values_list("id", flat=True)
    return ids.filter(id__gt=post.id).order_by("id").first(), ids.filter(id__lt=post.id).order_by("-id").first()


def visible_photo(photo_id: int, viewer: Viewer) -> Photo | None:
    """A photo with post and author, for its bytes. What is public is so to everybody, blocked members included:
    they need only log out."""
    photos = Photo.objects.on_shard_of(photo_id).filter(id=photo_id).select_related("post__owner")
    photo = photos.exclude(post__state__in=(Post.State.DELETED, Post.State.RESERVED)).first()
    if photo is None:
        return None
    owner = photo.post.owner
    if viewer.id == owner.id:
        return photo
    if photo.post.state != Post.State.LIVE or not owner.is_active:
        return None
    if photo.post.is_public or may_see_post(viewer, photo.post, relation(viewer, owner.id)):
        return photo
    return None


def archived_page(owner: User, cursor: str | None, size: int = GRID_SIZE) -> Page[Post]:
    """What the owner put away, newest first: one query for ids, one for cards."""
    posts = Post.objects.for_owner(owner.id).filter(state=Post.State.ARCHIVED)
    surface = f"archived:{owner.id}"
    page = keyset_page(posts.values_list("id", named=True), key="id", cursor=cursor, surface=surface, size=size)
    photos = _card_photos(reading_alias(CONTENT, owner.id), owner.id).filter(post_id__in=[row.id for row in page.items])
    return Page(_cards(photos.order_by("-post_id", "position")), page.next_cursor)


def tagged_page(member: User, cursor: str | None, viewer: Viewer, size: int = GRID_SIZE) -> Page[Post]:
    """Posts in which a member is tagged, newest first. The caller has checked may_see. Queries: as _traced_page."""
    traces = Trace.objects.for_owner(member.id).filter(kind=Trace.Kind.TAG)
    surface = f"tagged:{member.id}"
    return _traced_page(traces, "target_id", cursor, surface, viewer, size, tag=(member.id, Post.Tag.SHOWN))


def waiting_tags_page(member: User, cursor: str | None, size: int = GRID_SIZE) -> Page[Post]:
    """Posts in which a member was tagged and has not said yet whether that may be shown."""
    traces = Trace.objects.for_owner(member.id).filter(kind=Trace.Kind.ASKED)
    surface = f"waiting:{member.id}"
    return _traced_page(traces, "target_id", cursor, surface, member, size, tag=(member.id, Post.Tag.ASKED))


def saved_page(viewer: User, cursor: str | None, size: int = GRID_SIZE) -> Page[Post]:
    """What the viewer saved and may still see, the last saved first."""
    traces = Trace.objects.for_owner(viewer.id).filter(kind=Trace.Kind.SAVE)
    return _traced_page(traces, "position", cursor, f"saved:{viewer.id}", viewer, size)


def _traced_page(
    traces: Any,
    key: str,
    cursor: str | None,
    surface: str,
    viewer: Viewer,
    size: int,
    tag: tuple[int, str] | None = None,
) -> Page[Post]:
    """Posts that traces of one member lead to, as far as they are for the viewer; with `tag` (member, state), where
    the tag is in that state now. Reads more than it shows, so that pages are mostly full; one may still be short, or
    empty, and go on. One query on the member's content server, then those of visible_cards."""
    page = keyset_page(traces, key=key, cursor=cursor, surface=surface, size=size * OVER_FETCH)
    cards = {card.id: card for card in visible_cards((trace.target_id for trace in page.items), viewer)}
    shown = [
        (getattr(trace, key), card)
        for trace in page.items
        if (card := cards.get(trace.target_id)) and (tag is None or card.tag_of(tag[0]) == tag[1])
    ]
    if len(shown) > size:
        page.next_cursor = encode_cursor(shown[size - 1][0], surface=surface)
    return Page([card for _, card in shown[:size]], page.next_cursor)


def own_tag(post_id: int, member: User) -> Post | None:
    """A post in which the member is tagged, shown or asked, also one that they may not see: it is their name. One
    query."""
    post = Post.objects.on_shard_of(post_id).filter(id=post_id, state=Post.State.LIVE).first()
    if post is None or post.tag_of(member.id) not in (Post.Tag.SHOWN, Post.Tag.ASKED):
        return None
    return post


def unfinished_posts(owner: User) -> list[Post]:
    """The owner's uploads that are not live yet or failed, newest first."""
    states = (Post.State.UPLOADED, Post.State.PROCESSING, Post.State.FAILED)
    photos = _card_photos(reading_alias(CONTENT, owner.id), owner.id)
    return _cards(photos.filter(post__owner_id=owner.id, post__state__in=states).order_by("-post_id", "position"))


def post_count(owner_id: int) -> int:
    """One query; 0 for a member who never posted."""
    row = Author.objects.for_owner(owner_id).values_list("post_count", flat=True).first()
    return row or 0


def comment_for(comment_id: int, viewer: Viewer) -> Comment | None:
    """A comment on a post that the viewer may see, with `post`."""
    comment = Comment.objects.on_shard_of(comment_id).filter(id=comment_id).first()
    if comment is None:
        return None
    post = visible_post(comment.post_id, viewer)
    if post is None:
        return None
    comment.post = post
    return comment


def newest_ids_of(owner_ids: Iterable[int], limit: int, before: int | None = None) -> list[int]:
    """The newest live posts of these authors, newest first: one bounded query per content server."""
    found: list[int] = []
    for alias, here in by_server(CONTENT, owner_ids).items():
        posts = Post.objects.on_leader(alias).filter(owner_id__in=here, state=Post.State.LIVE)
        if before is not None:
            posts = posts.filter(id__lt=before)
        found.extend(posts.order_by("-id").values_list("id", flat=True)[:limit])
    return sorted(found, reverse=True)[:limit]


def own_acts_on(post_ids: Iterable[int], user_id: int) -> list[str]:
    """Which of these posts a member likes ("l<id>") and saved ("s<id>"): a query on each content server."""
    return [
        f"{kind}{post_id}"
        for alias, here in by_server(CONTENT, post_ids).items()
        for kind, post_id in _own_acts.rows(reading_from(alias), user_id, here)
    ]


def who_acted_on(post_id: int, kind: str, size: int, *, first: int = 1, last: int = MAX_ID) -> Iterator[list[int]]:
    """Who likes a post (kind "l"), or saved it ("s"), in chunks, by keyset; `first` and `last` bound their ids."""
    after = first - 1
    while True:
        rows = ACTS[kind].objects.on_shard_of(post_id).filter(post_id=post_id, user_id__gt=after, user_id__lte=last)
        chunk = list(rows.order_by("user_id").values_list("user_id", flat=True)[:size])
        if chunk:
            yield chunk
        if len(chunk) < size:
            return
        after = chunk[-1]


def staged_photos_of(owner: User, keys: Iterable[str]) -> list[StagedPhoto]:
    """The member's own that are stored, and wait for their post; by the names that the client gave them."""
    proper = [key for key in keys if "\0" not in key]
    return list(StagedPhoto.objects.for_owner(owner.id).filter(key__in=proper, stored=True).order_by("id"))


def shared_post(owner: User, key: str) -> Post | None:
    """The post that was shared under an idempotency key, if its answer was lost on the way."""
    rows = UploadKey.objects.for_owner(owner.id).filter(key=hashed_key(key)).select_related("post")
    found = rows.first() if key else None
    return found.post if found and found.post.state not in (Post.State.RESERVED, Post.State.DELETED) else None
