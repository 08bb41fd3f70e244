"""What a member's profile shows of their posts, as somebody."""

from media.models import Author, Post
from media.recent import recent_ids
from media.selectors import GRID_SIZE, cards_by_ids, may_see_post, sees_all_of
from photoapp.pagination import Page, keyset_page, page_of
from users.models import User
from users.selectors import Relation, Viewer

OVER_FETCH = 3  # a few of the newest may not be for the viewer


def profile_page(
    owner: User | Author, cursor: str | None, viewer: Viewer, relation: Relation, size: int = GRID_SIZE
) -> Page[Post]:
    """An author's live posts that are for the viewer, newest first; the caller has checked may_see.

    One query for cards. Their ids are remembered where members look at the first page of somebody else; one query for
    them further down, and where so many of the newest are not for the viewer that the page would not be full. (A
    visitor's page is kept as a whole; one's own shows at once what one has posted.)
    """
    surface = f"profile:{owner.id}"
    if not cursor and viewer.id is not None and not relation.is_self:
        recent = recent_ids(owner.id)
        ids = recent.ids[: size + 1 + OVER_FETCH]
        cards = [card for card in cards_by_ids(ids, viewer.id) if may_see_post(viewer, card, relation)]
        if len(cards) > size or (recent.complete and len(ids) == len(recent.ids)):
            return page_of(cards, size=size, surface=surface, key=lambda card: card.id)
    posts = Post.objects.for_owner(owner.id).filter(state=Post.State.LIVE)
    if not sees_all_of(viewer, relation):
        posts = posts.filter(audience=Post.Audience.EVERYONE)
    page = keyset_page(posts.values_list("id", named=True), key="id", cursor=cursor, surface=surface, size=size)
    return Page(cards_by_ids((row.id for row in page.items), viewer.id), page.next_cursor)
