from typing import Any

from django.urls import path

from feeds import api

URLS: dict[str, list[Any]] = {
    "feed": [
        path("api/v1/feed/", api.Feed.as_view(), name="api-feed"),
        path("api/v1/notifications/", api.Notifications.as_view(), name="api-notifications"),
        path("api/v1/notifications/seen/", api.NotificationsSeen.as_view(), name="api-notifications-seen"),
    ],
}
