"""Writes: publishing (from an upload to a post), posts (what their owners do), talk (likes, saves, comments)."""

from .posts import (
    UNDO,
    TooLate,
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
from .staging import discard_staged, forget_staged, publish_staged, stage_photo, sweep_staged
from .talk import add_comment, delete_comment, erase_comments, like, remove_comment, remove_like, save, unlike, unsave

__all__ = [
    "UNDO",
    "StorageAway",
    "TooLate",
    "add_comment",
    "approve_tag",
    "archive_post",
    "delete_comment",
    "delete_post",
    "discard_staged",
    "edit_post",
    "ensure_author",
    "erase_comments",
    "forget_staged",
    "like",
    "make_live",
    "publish_post",
    "publish_staged",
    "remove_comment",
    "remove_like",
    "remove_tag",
    "restore_post",
    "save",
    "stage_photo",
    "sweep_deleted",
    "sweep_staged",
    "sweep_uploads",
    "unarchive_post",
    "unlike",
    "unsave",
    "withdraw_post",
    "withdraw_reservation",
]
