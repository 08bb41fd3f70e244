from typing import Any

from django.contrib import admin
from django.urls import path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

URLS: dict[str, list[Any]] = {
    "accounts": [path("language/", require_POST(set_language), name="language")],
    "admin": [path("admin/", admin.site.urls)],
}
