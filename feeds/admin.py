"""Which authors are merged into feeds when they are read. The fan-out decides that; the admin only shows it."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from feeds.models import PulledAuthor
from photoapp.sharded_admin import searched_id
from users.models import User


@admin.register(PulledAuthor)
class PulledAuthorAdmin(admin.ModelAdmin):
    list_display = ("username", "author_id", "since")
    ordering = ("-since",)
    search_help_text = "A user name or an id."
    search_fields = ("author_id",)  # only so that there is a search box
    fields = ("username", "author_id", "since")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        names = User.objects.filter(id=OuterRef("author_id")).values("username")
        return super().get_queryset(request).annotate(username=Subquery(names))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        if searched := searched_id(text):
            return queryset.filter(author_id=searched[1]), False
        return queryset.filter(username__startswith=text.lower().removeprefix("@")), False

    @admin.display(description="user name", ordering="username")
    def username(self, row: Any) -> str:
        return row.username or "gone"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
