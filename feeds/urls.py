from typing import Any

from django.urls import path

from feeds import views

URLS: dict[str, list[Any]] = {
    "feed": [
        path("", views.home, name="home"),
        path("feed/", views.feed, name="feed"),
    ],
}
