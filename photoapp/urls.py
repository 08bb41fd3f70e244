from typing import Any

from django.contrib import admin
from django.urls import path

URLS: dict[str, list[Any]] = {"admin": [path("admin/", admin.site.urls)]}
