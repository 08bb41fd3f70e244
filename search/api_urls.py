from typing import Any

from django.urls import path

from search import api

URLS: dict[str, list[Any]] = {
    "search": [
        path("api/v1/search/", api.Search.as_view(), name="api-search"),
        path("api/v1/search/offers/", api.Offers.as_view(), name="api-offers"),
        path("api/v1/discover/", api.Discover.as_view(), name="api-discover"),
    ],
}
