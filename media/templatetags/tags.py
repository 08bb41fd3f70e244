"""What a viewer is to the tags of a post."""

from typing import Any

from django import template

from media.models import Post

register = template.Library()


@register.filter
def tag_of(post: Post, viewer: Any) -> str:
    """The state of the viewer's own tag (Post.Tag), "" without one."""
    return post.tag_of(viewer.id) or "" if viewer.id else ""
