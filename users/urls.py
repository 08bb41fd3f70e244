from typing import Any

from django.urls import include, path

from users import account_views, report_views, settings_views, views

URLS: dict[str, list[Any]] = {
    "accounts": [
        path("signup/", account_views.signup, name="account_signup"),
        path("logout/", account_views.log_out, name="account_logout"),
        path("", include("allauth.urls")),
        path("settings/", settings_views.profile, name="settings"),
        path("settings/security/", settings_views.security, name="security"),
        path("settings/privacy/", settings_views.privacy, name="privacy"),
        path("settings/appearance/", settings_views.appearance, name="appearance"),
        path("settings/people/", settings_views.people, name="settings-people"),
        path("settings/sessions/", account_views.devices, name="devices"),
        path("settings/restore/", account_views.restore_account, name="restore-account"),
        path("settings/delete/", account_views.delete_account, name="delete-account"),
        path("settings/requests/", views.requests, name="requests"),
        path("settings/blocks/", views.blocks, name="blocks"),
        path("settings/muted/", views.muted, name="muted"),
    ],
    "friends": [
        path("u/<str:username>/follow/", views.follow, name="follow"),
        path("u/<str:username>/mute/", views.mute, name="mute"),
        path("u/<str:username>/block/", views.block, name="block"),
        path("u/<str:username>/report/", report_views.report_member, name="report-member"),
        path("u/<str:username>/followers/", views.followers, name="followers"),
        path("u/<str:username>/following/", views.following, name="following"),
    ],
}
