from typing import Any

from django.urls import path

from search import views

URLS: dict[str, list[Any]] = {"search": [path("search/", views.search, name="search")]}
