"""Writes: publishing (from an upload to a post), posts (what their owners do), talk (likes, saves, comments)."""

from .posts import (
    UNDO,
    approve_tag,
    archive_post,
    delete_post,
    edit_post,
    make_live,
    remove_tag,
    restore_post,
    sweep_deleted,
    unarchive_post,
    withdraw_post,
)
from .publishing import StorageAway, ensure_author, publish_post, sweep_uploads, withdraw_reservation
from .talk import add_comment, delete_comment, like, remove_comment, remove_like, save, unlike, unsave

__all__ = [
    "UNDO",
    "StorageAway",
    "add_comment",
    "approve_tag",
    "archive_post",
    "delete_comment",
    "delete_post",
    "edit_post",
    "ensure_author",
    "like",
    "make_live",
    "publish_post",
    "remove_comment",
    "remove_like",
    "remove_tag",
    "restore_post",
    "save",
    "sweep_deleted",
    "sweep_uploads",
    "unarchive_post",
    "unlike",
    "unsave",
    "withdraw_post",
    "withdraw_reservation",
]
