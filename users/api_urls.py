from typing import Any

from django.urls import path

from users import api, relations_api

URLS: dict[str, list[Any]] = {
    "accounts": [
        path("api/v1/users/", api.Users.as_view(), name="api-users"),
        path("api/v1/auth/token/", api.Token.as_view(), name="api-token"),
        path("api/v1/me/", api.Me.as_view(), name="api-me"),
        path("api/v1/me/requests/", relations_api.FollowRequests.as_view(), name="api-requests"),
        path("api/v1/me/requests/<username:username>/", relations_api.FollowRequest.as_view(), name="api-request"),
        path("api/v1/me/blocks/", relations_api.Blocks.as_view(), name="api-blocks"),
    ],
    "friends": [
        path("api/v1/users/<username:username>/follow/", relations_api.FollowView.as_view(), name="api-follow"),
        path("api/v1/users/<username:username>/mute/", relations_api.MuteView.as_view(), name="api-mute"),
        path("api/v1/users/<username:username>/block/", relations_api.BlockView.as_view(), name="api-block"),
        path("api/v1/users/<username:username>/followers/", relations_api.Followers.as_view(), name="api-followers"),
        path(
            "api/v1/users/<username:username>/following/", relations_api.FollowingView.as_view(), name="api-following"
        ),
    ],
}
