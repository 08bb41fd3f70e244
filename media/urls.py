from typing import Any

from django.urls import path

from media import (
    act_views,
    avatar_views,
    edit_views,
    photo_views,
    post_views,
    profile_views,
    report_views,
    tag_views,
    upload_views,
)

URLS: dict[str, list[Any]] = {
    "accounts": [
        path("settings/avatar/", avatar_views.avatar_settings, name="avatar"),
        path("settings/tags/", tag_views.tag_settings, name="tag-settings"),
    ],
    "friends": [
        path("u/<str:username>/", profile_views.profile, name="profile"),
        path("u/<str:username>/tagged/", profile_views.tagged, name="tagged"),
        path("saved/", profile_views.saved, name="saved"),
        path("archived/", profile_views.archived, name="archived"),
        path("get_user_details", profile_views.user_details, name="user-details"),
        path("avatars/<str:name>.webp", avatar_views.avatar_file, name="avatar-file"),
    ],
    "upload": [
        path("upload/", upload_views.upload, name="upload"),
        path("upload/photos/", upload_views.staged_photos, name="staged-photos"),
    ],
    "interaction": [
        path("p/<id:post_id>/", post_views.post_page, name="post"),
        path("p/<id:post_id>/like/", act_views.like, name="like"),
        path("p/<id:post_id>/save/", act_views.save, name="save"),
        path("p/<id:post_id>/archive/", act_views.archive, name="archive"),
        path("p/<id:post_id>/tag/", tag_views.tag, name="tag"),
        path("p/<id:post_id>/report/", report_views.report_post, name="report-post"),
        path("p/<id:post_id>/restore/", act_views.restore_post, name="restore-post"),
        path("p/<id:post_id>/comments/", post_views.comments, name="comments"),
        path("p/<id:post_id>/edit/", edit_views.edit_post, name="edit-post"),
        path("p/<id:post_id>/delete/", act_views.delete_post, name="delete-post"),
        path("comments/<id:comment_id>/replies/", post_views.replies, name="replies"),
        path("comments/<id:comment_id>/report/", report_views.report_comment, name="report-comment"),
        path("comments/<id:comment_id>/delete/", post_views.delete_comment, name="delete-comment"),
        path(
            "photos/<id:photo_id>-<str:secret>/<int:width>.<str:format>",
            photo_views.photo_file,
            name="photo",
        ),
    ],
}
