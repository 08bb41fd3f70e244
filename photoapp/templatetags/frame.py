"""What the frame of pages needs: messages that can be undone, absolute addresses."""

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message

register = template.Library()

UNDO = "undo:"


@register.filter
def undo_path(message: Message) -> str:
    """Where to post to take back what the message tells: its `extra_tags` are "undo:/p/…/restore/"; else ""."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""


@register.filter
def absolute(path: str) -> str:
    """A path with the site's address before it, for those who read a page from elsewhere."""
    return f"{settings.SITE_URL}{path}"
