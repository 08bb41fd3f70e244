"""Writing the index: documents of posts beside the posts, of members beside the members."""

from collections.abc import Iterable, Sequence

from django.db import connections, transaction

from media.models import Post
from photoapp.remember import renew
from photoapp.shards import AUTH, CONTENT, alias_for, by_server, servers
from search import terms
from search.documents import person_document, post_document
from search.engines import PEOPLE, POSTS, Document, engine_of
from search.queries import generation_of
from users.models import User

CHUNK = 500
PEOPLE_ALIAS = servers(AUTH)[0]


def index_posts(post_ids: Iterable[int]) -> int:
    """Makes the documents of these posts say what the posts say. Returns how many posts can be found."""
    found = 0
    for alias, here in by_server(CONTENT, sorted(post_ids)).items():
        for start in range(0, len(here), CHUNK):
            found += _index_posts_of(alias, here[start : start + CHUNK])
    return found


def _index_posts_of(alias: str, post_ids: Sequence[int]) -> int:
    """The truth is read under the lock of its rows, so whoever comes last is right."""
    connection = connections[alias]
    engine = engine_of(connection)
    with transaction.atomic(using=alias):
        locked = Post.objects.using(alias).select_for_update(of=("self",), no_key=True).order_by("id")
        posts = list(locked.filter(id__in=post_ids).select_related("owner"))
        before = engine.stored(connection, post_ids)
        documents = [document for post in posts if (document := post_document(post))]
        kept = {document.id for document in documents}
        engine.index(connection, POSTS, documents)
        engine.remove(connection, POSTS, [id for id in before if id not in kept])
        terms.count_difference(connection, before.values(), documents)
    return len(documents)


def index_author(author_id: int) -> None:
    """After a switch to private or back, or a departure: the posts whose documents are not what they should be."""
    alias = alias_for(CONTENT, author_id)
    after = 0
    while True:
        posts = Post.objects.for_owner(author_id).filter(state=Post.State.LIVE, id__gt=after).order_by("id")
        chunk = list(posts.select_related("owner")[:CHUNK])
        if not chunk:
            return
        after = chunk[-1].id
        stored = engine_of(connections[alias]).stored(connections[alias], [post.id for post in chunk])
        index_posts(post.id for post in chunk if _differs(post, stored.get(post.id)))


def _differs(post: Post, stored: Document | None) -> bool:
    return (stored is not None) != post.owner.is_active or (stored is not None and stored.public != post.is_public)


def index_people(user_ids: Sequence[int]) -> int:
    """Makes the documents of these members say what their names are. Returns how many can be found."""
    connection = connections[PEOPLE_ALIAS]
    engine = engine_of(connection)
    with transaction.atomic(using=PEOPLE_ALIAS):
        locked = User.objects.using(PEOPLE_ALIAS).select_for_update(no_key=True).order_by("id")
        documents = [document for user in locked.filter(id__in=user_ids) if (document := person_document(user))]
        kept = {document.id for document in documents}
        engine.index(connection, PEOPLE, documents)
        engine.remove(connection, PEOPLE, [id for id in user_ids if id not in kept])
    return len(documents)


def reindex_post(post_id: int) -> None:
    """After an edit. Who asked meanwhile for words that it had until now may have got it for them."""
    before = _lexemes_of(post_id=post_id)
    index_posts([post_id])
    _forget(before)


def forget_answers(**whose: int) -> None:
    """Remembered answers in which a post (`post_id`), or an author's posts (`author_id`), may stand are not given any
    more: those to who asks for something that the documents have. Raises redis' errors."""
    _forget(_lexemes_of(**whose))


def is_public(post_id: int) -> bool:
    post = Post.objects.on_shard_of(post_id).filter(id=post_id).select_related("owner").first()
    return post is not None and post.is_public


def _lexemes_of(*, post_id: int | None = None, author_id: int | None = None) -> set[str]:
    connection = connections[alias_for(CONTENT, post_id or author_id or 0)]
    if post_id is None:
        return engine_of(connection).lexemes_of(connection, owner_id=author_id)
    post = Post.objects.on_shard_of(post_id).filter(id=post_id).select_related("owner").first()
    document = post_document(post) if post else None
    return engine_of(connection).lexemes_of(connection, ids=[post_id]) | set(document.lexemes if document else ())


def _forget(lexemes: Iterable[str]) -> None:
    every = sorted(lexemes)
    for start in range(0, len(every), CHUNK):
        renew(*[generation_of(lexeme) for lexeme in every[start : start + CHUNK]])
