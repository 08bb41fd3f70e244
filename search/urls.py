from typing import Any

from django.urls import path

from search import views

URLS: dict[str, list[Any]] = {
    "search": [
        path("search/", views.search, name="search"),
        path("discover/", views.discover_page, name="discover"),
        path("tags/<str:tag>/", views.tag_page, name="tag-page"),
        path("places/<str:place>/", views.place_page, name="place-page"),
    ]
}
