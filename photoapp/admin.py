"""The outbox of every group: what is parked first, with its error and a retry."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from photoapp.ids import time_of
from photoapp.models import AuthOutbox, ContentOutbox, FriendsOutbox, OutboxRow
from photoapp.outbox import MAX_ATTEMPTS, retry_parked
from photoapp.router import group_of
from photoapp.sharded_admin import MergedRows, ServerFilter, ShardedModelAdmin


@admin.register(AuthOutbox, FriendsOutbox, ContentOutbox)
class OutboxAdmin(ShardedModelAdmin):
    merge_order = ("parked", "id")
    list_display = ("handler", "payload_text", "parked", "tries", "error_line", "home", "due_at")
    list_filter = ("parked", ServerFilter)
    search_help_text = "A handler's name, an error, or an id."
    fields = ("handler", "payload_text", "parked", "tries", "error_text", "due_at", "leased_until", "made_at", "home")
    readonly_fields = ("payload_text", "tries", "error_text", "made_at", "home")
    actions = ("retry",)
    view_on_site = False  # type: ignore[assignment]

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        return queryset.filter(Q(handler__icontains=text) | Q(error__icontains=text))

    @admin.action(permissions=["retry"], description="Retry parked rows")
    def retry(self, request: HttpRequest, queryset: MergedRows) -> None:
        group = group_of(self.model)
        parked = [row for row in queryset if row.parked]
        for row in parked:
            retry_parked(group, row)
        if parked:
            messages.success(request, f"{len(parked)} parked rows will be tried again, {MAX_ATTEMPTS} times.")
        if others := len(queryset) - len(parked):
            messages.warning(request, f"{others} rows were not parked; they are tried again by themselves.")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a row is what was committed with it

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A parked row that will never succeed may be given up, one at a time."""
        return obj is not None and obj.parked and super().has_delete_permission(request, obj)

    @admin.display(description="payload")
    def payload_text(self, row: OutboxRow) -> str:
        return json.dumps(row.payload)

    @admin.display(description="attempts")
    def tries(self, row: OutboxRow) -> str:
        return f"{row.attempts} of {MAX_ATTEMPTS}"

    @admin.display(description="error")
    def error_line(self, row: OutboxRow) -> str:
        return row.error[:120]

    @admin.display(description="error")
    def error_text(self, row: OutboxRow) -> str:
        return format_html("<pre>{}</pre>", row.error) if row.error else "none"

    @admin.display(description="made at")
    def made_at(self, row: OutboxRow) -> Any:
        return time_of(row.pk)
