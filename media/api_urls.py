from typing import Any

from django.urls import path

from media import api, profile_api

URLS: dict[str, list[Any]] = {
    "upload": [path("api/v1/posts/", api.Posts.as_view(), name="api-posts")],
    "interaction": [
        path("api/v1/posts/<decimal:post_id>/", api.PostView.as_view(), name="api-post"),
        path("api/v1/posts/<decimal:post_id>/like/", api.LikeView.as_view(), name="api-like"),
        path("api/v1/posts/<decimal:post_id>/save/", api.SaveView.as_view(), name="api-save"),
        path("api/v1/posts/<decimal:post_id>/archive/", api.ArchiveView.as_view(), name="api-archive"),
        path("api/v1/posts/<decimal:post_id>/restore/", api.RestoreView.as_view(), name="api-restore"),
        path("api/v1/posts/<decimal:post_id>/tag/", profile_api.TagView.as_view(), name="api-tag"),
        path("api/v1/posts/<decimal:post_id>/comments/", api.Comments.as_view(), name="api-comments"),
        path("api/v1/comments/<decimal:comment_id>/replies/", api.Replies.as_view(), name="api-replies"),
        path("api/v1/comments/<decimal:comment_id>/", api.CommentView.as_view(), name="api-comment"),
    ],
    "friends": [
        path("api/v1/users/<username:username>/", profile_api.Profile.as_view(), name="api-profile"),
        path("api/v1/users/<username:username>/posts/", profile_api.ProfilePosts.as_view(), name="api-profile-posts"),
        path("api/v1/users/<username:username>/tagged/", profile_api.ProfileTagged.as_view(), name="api-tagged"),
        path("api/v1/me/saved/", profile_api.SavedPosts.as_view(), name="api-saved"),
    ],
}
