from typing import Any

from django.urls import path

from media import act_views, avatar_views, photo_views, post_views, profile_views, upload_views

URLS: dict[str, list[Any]] = {
    "accounts": [path("settings/avatar/", avatar_views.avatar_settings, name="avatar")],
    "friends": [
        path("u/<str:username>/", profile_views.profile, name="profile"),
        path("get_user_details", profile_views.user_details, name="user-details"),
        path("avatars/<str:name>.webp", avatar_views.avatar_file, name="avatar-file"),
    ],
    "upload": [path("upload/", upload_views.upload, name="upload")],
    "interaction": [
        path("p/<id:post_id>/", post_views.post_page, name="post"),
        path("p/<id:post_id>/like/", act_views.like, name="like"),
        path("p/<id:post_id>/save/", act_views.save, name="save"),
        path("p/<id:post_id>/archive/", act_views.archive, name="archive"),
        path("p/<id:post_id>/restore/", act_views.restore_post, name="restore-post"),
        path("p/<id:post_id>/comments/", post_views.comments, name="comments"),
        path("p/<id:post_id>/edit/", post_views.edit_post, name="edit-post"),
        path("p/<id:post_id>/delete/", act_views.delete_post, name="delete-post"),
        path("comments/<id:comment_id>/delete/", post_views.delete_comment, name="delete-comment"),
        path(
            "photos/<id:photo_id>-<str:secret>/<int:width>.<str:format>",
            photo_views.photo_file,
            name="photo",
        ),
    ],
}
