"""The names under which what is remembered of members and posts is renewed (photoapp/remember.py)."""

from media.models import Post
from photoapp.remember import remember


def author_generation(author_id: int) -> str:
    """Changes with an author's face, and with each of their posts that appears, changes or goes."""
    return f"author:{author_id}"


def post_generation(post_id: int) -> str:
    """Changes with the comments on a post. (The post itself changes its author's generation.)"""
    return f"post:{post_id}"


def owner_of(post_id: int) -> int | None:
    """Whose post it is, which never changes; None where there is no such post. No query when it is remembered."""

    def compute() -> int:
        return Post.objects.on_shard_of(post_id).values_list("owner_id", flat=True).get(id=post_id)

    try:
        return remember(f"owner:{post_id}", compute, ttl=24 * 3600)
    except Post.DoesNotExist:
        return None
