from typing import Any

from django.urls import include, path

from users import account_views, views

URLS: dict[str, list[Any]] = {
    "accounts": [
        path("signup/", account_views.signup, name="account_signup"),
        path("", include("allauth.urls")),
        path("settings/", account_views.settings_page, name="settings"),
        path("settings/delete/", account_views.delete_account, name="delete-account"),
        path("settings/requests/", views.requests, name="requests"),
        path("settings/blocks/", views.blocks, name="blocks"),
    ],
    "friends": [
        path("u/<str:username>/follow/", views.follow, name="follow"),
        path("u/<str:username>/block/", views.block, name="block"),
        path("u/<str:username>/followers/", views.followers, name="followers"),
        path("u/<str:username>/following/", views.following, name="following"),
    ],
}
