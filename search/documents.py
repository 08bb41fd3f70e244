"""What is written into the index of a post or a member, made of the truth."""

from media.mentions import tags_in
from media.models import Post
from photoapp.words import place_key, tag_key
from search import lexemes
from search.engines import Document
from users.models import User


def post_document(post: Post) -> Document | None:
    """None for a post that nobody finds: one that is not live, or whose author left. `owner` is loaded."""
    if post.state != Post.State.LIVE or not post.owner.is_active:
        return None
    people = post.shown_people
    tags = _by_key(tags_in(post.caption), tag_key)
    place = place_key(post.location)
    about = {word for text in [*tags.values(), post.location] for word in lexemes.words(text)}
    about |= {word for person in people for word in lexemes.words(person["username"])}
    spoken = about | set(lexemes.words(post.caption))
    found = {lexemes.WORD + word for word in spoken} | {lexemes.ABOUT + word for word in about}
    found |= {lexemes.TAG + key for key in tags} | {lexemes.PERSON + person["id"] for person in people}
    found.add(f"{lexemes.AUTHOR}{post.owner_id}")
    if place:
        found.add(lexemes.PLACE + place)
    return Document(
        id=post.id,
        lexemes=sorted(found),
        public=post.is_public,
        owner_id=post.owner_id,
        tags=list(tags.values()),
        place=post.location if place else "",
    )


def person_document(user: User) -> Document | None:
    """None for who left."""
    if not user.is_active:
        return None
    found = lexemes.of_names(user.username, user.display_name)
    return Document(id=user.id, lexemes=found, shown=f"{user.username} {user.display_name}")


def _by_key(texts: list[str], key: object) -> dict[str, str]:
    """The first way in which each is written."""
    found: dict[str, str] = {}
    for text in texts:
        if made := key(text):  # type: ignore[operator]
            found.setdefault(made, text)
    return found
