from typing import Any

from django.urls import path

from feeds import notification_views, views

URLS: dict[str, list[Any]] = {
    "feed": [
        path("", views.home, name="home"),
        path("feed/", views.feed, name="feed"),
        path("feed/new/", views.new_posts, name="new-posts"),
        path("notifications/", notification_views.notifications, name="notifications"),
    ],
}
