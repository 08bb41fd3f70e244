"""Django's admin over several servers.

A changelist merges the rows of all servers of the model's group; everything about one object runs on the server
that its id names. A server that does not answer is named in a message, and the others are shown.
"""

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.db import InterfaceError, OperationalError, connections
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from photoapp.ids import MAX_ID, InvalidId, decode, shard_of, time_of
from photoapp.router import group_of
from photoapp.sharding import ShardedModel, pinned_id
from photoapp.shards import alias_for, on_server, servers

T = TypeVar("T")

PER_PAGE = 50
DEPTH = 10_000  # rows that can be paged through; beyond, a link goes on from there with the pages numbered anew
COUNT_LIMIT = 100_000  # of rows counted on each server
ACTION_LIMIT = 1_000  # rows that one action takes
AWAY = (OperationalError, InterfaceError)

DECIMAL_ID = re.compile(r"\d{15,19}")
BASE58_ID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{8,11}")
ID_IN_URL = re.compile(r"/(p|photos|comments|change)/([1-9A-HJ-NP-Za-km-z]{8,11})\b")
ID_IN_ADMIN_URL = re.compile(r"/(\d{15,19})/(?:change|delete|history)/")


def searched_id(term: str) -> tuple[str, int] | None:
    """The id in a search box and where it stood: ("decimal" | "base58" | "p" | "photos" …, id).

    Many words are valid base58, too; one that says a moment to come is a word.
    """
    kind, text = "base58", term.strip()
    if found := ID_IN_ADMIN_URL.search(text):
        kind, text = "decimal", found[1]
    elif found := ID_IN_URL.search(text):
        kind, text = found[1], found[2]
    if DECIMAL_ID.fullmatch(text):
        id = int(text)
        return ("decimal", id) if id <= MAX_ID else None
    if not BASE58_ID.fullmatch(text):
        return None
    try:
        id = decode(text)
    except InvalidId:
        return None
    return (kind, id) if time_of(id) <= timezone.now() else None


class MergedRows:
    """The rows of a queryset on all the servers it may run on, in descending order of `order` (fields, key last).

    Django's own actions take it for a queryset: it can be filtered, iterated and measured, up to ACTION_LIMIT rows.
    """

    def __init__(self, queryset: QuerySet[Any], order: tuple[str, ...]) -> None:
        self.queryset, self.order = queryset, order
        self.failed: dict[str, str] = {}
        self.verbose_name = queryset.model._meta.verbose_name
        self.verbose_name_plural = queryset.model._meta.verbose_name_plural
        self._rows: list[Any] | None = None

    @property
    def aliases(self) -> list[str]:
        model, group = self.queryset.model, group_of(self.queryset.model)
        if self.queryset._db:  # type: ignore[attr-defined]
            return [self.queryset._db]  # type: ignore[attr-defined]
        if issubclass(model, ShardedModel) and (id := pinned_id(model, self.queryset.query)) is not None:
            return [alias_for(group, id)]
        return servers(group)

    def ask(self, read: Callable[[QuerySet[Any]], T]) -> list[T]:
        """What `read` finds on each server that answers; the others are noted in `failed`, and not asked again."""
        found = []
        for alias in self.aliases:
            if alias in self.failed:
                continue
            try:
                found.append(read(self.queryset.using(alias)))
            except AWAY as error:
                self.failed[alias] = str(error).strip().splitlines()[0][:200] if str(error) else type(error).__name__
                connections[alias].close()
        return found

    def counts(self) -> list[int]:
        """One per server, each at most COUNT_LIMIT."""
        return self.ask(lambda rows: rows.order_by()[:COUNT_LIMIT].count())

    def between(self, start: int, stop: int) -> list[Any]:
        """The rows from `start` to `stop`: reads `stop` keys on each server, and the rows of the winners alone."""
        descending = [f"-{name}" for name in self.order]
        keys = self.ask(lambda rows: list(rows.order_by(*descending).values_list(*self.order)[:stop]))
        wanted = [key[-1] for key in islice(heapq.merge(*keys, reverse=True), start, stop)]
        found = self.ask(lambda rows: list(rows.filter(pk__in=wanted)) if wanted else [])
        by_key = {row.pk: row for rows in found for row in rows}
        return [by_key[key] for key in wanted if key in by_key]

    @property
    def is_capped(self) -> bool:
        return len(self) == ACTION_LIMIT

    def filter(self, **conditions: Any) -> "MergedRows":
        return MergedRows(self.queryset.filter(**conditions), self.order)

    def __iter__(self) -> Iterator[Any]:
        if self._rows is None:
            self._rows = self.between(0, ACTION_LIMIT)
        return iter(self._rows)

    def __len__(self) -> int:
        return len(list(iter(self)))


class ShardedChangeList(ChangeList):
    model_admin: "ShardedModelAdmin"

    def get_results(self, request: HttpRequest) -> None:
        merged = MergedRows(self.queryset, self.model_admin.merge_order)
        counts = merged.counts()
        self.result_count = sum(counts)
        self.count_is_capped = COUNT_LIMIT in counts
        reachable = min(self.result_count, DEPTH)
        self.paginator = Paginator(range(reachable), self.list_per_page)
        try:
            numbers = self.paginator.page(self.page_num).object_list
        except InvalidPage as error:
            raise IncorrectLookupParameters from error
        start, stop = (numbers[0], numbers[-1] + 1) if numbers else (0, 0)
        self.result_list = merged.between(start, stop) if stop else []
        self.model_admin.prepare_rows(self.result_list)
        self.show_full_result_count, self.full_result_count = False, None
        self.show_admin_actions = True
        self.show_all = self.can_show_all = False
        self.multi_page = reachable > self.list_per_page
        self.older_query = self._older_query(stop)
        for alias, reason in merged.failed.items():
            messages.error(request, f"Server {alias} does not answer; its rows are not shown. ({reason})")

    def _older_query(self, stop: int) -> str:
        """Goes on where DEPTH ends; only where rows are in the order of their ids alone."""
        if (
            stop < min(DEPTH, self.result_count)
            or self.result_count <= DEPTH
            or self.model_admin.merge_order != ("id",)
        ):
            return ""
        return self.get_query_string({"id__lt": self.result_list[-1].pk}, [PAGE_VAR])


class ServerFilter(admin.SimpleListFilter):
    title = "server"
    parameter_name = "server"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        aliases = servers(group_of(model_admin.model))
        return [(alias, alias) for alias in aliases] if len(aliases) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.using(self.value()) if self.value() in servers(group_of(queryset.model)) else queryset


class ShardedModelAdmin(admin.ModelAdmin):
    """Rows cannot be added here: they come with the acts of members."""

    merge_order: tuple[str, ...] = ("id",)
    change_list_template = "admin/sharded_change_list.html"
    list_per_page = PER_PAGE
    search_fields = ("id",)  # so that there is a search box; get_search_results says what it finds
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they would count on servers that were not chosen
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ShardedChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An id goes straight to its server; a word that only looks like one is searched for when no row has it."""
        if not search_term.strip():
            return queryset, False
        if searched := searched_id(search_term):
            kind, id = searched
            row_id = self.row_id_of(kind, id)
            if kind != "base58" or self._exists(row_id):
                return queryset.filter(pk=row_id), False
        return self.search(queryset, search_term.strip()), False

    def _exists(self, id: int) -> bool:
        try:
            return self.model._default_manager.using(alias_for(group_of(self.model), id)).filter(pk=id).exists()
        except AWAY:
            return True  # so that the list itself says that this server is away

    def row_id_of(self, kind: str, id: int) -> int:
        """The key of the row that an id in the search box stands for (a photo's may stand for its post)."""
        return id

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        return queryset.none()

    def prepare_rows(self, rows: list[Any]) -> None:
        """Adds to a page of rows what its columns show from elsewhere, in bulk."""

    @admin.display(description="home")
    def home(self, row: Model) -> str:
        return f"{row._state.db} · shard {shard_of(row.pk)}"

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def view_on_site(self, row: Any) -> str:
        """Straight there: Django's own redirect would ask the router without an id."""
        return row.get_absolute_url()

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any) -> HttpResponse | None:
        return super().response_action(request, MergedRows(queryset, self.merge_order), *args)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)
        if isinstance(queryset, MergedRows) and queryset.is_capped:
            messages.warning(request, f"Only the first {ACTION_LIMIT:,} were taken. Do it again for the rest.")

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Names the rows alone: what hangs on them may be millions of rows, and goes with the outbox."""
        rows = list(objs)
        return [str(row) for row in rows], {str(self.opts.verbose_name_plural): len(rows)}, set(), []

    # Everything about one object, lazy rendering included, runs on its server.

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if object_id is None:
            raise PermissionDenied
        return self._on_home(request, object_id, super().changeform_view, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        return self._on_home(request, object_id, super().delete_view, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        return self._on_home(request, object_id, super().history_view, extra_context)

    def _on_home(self, request: HttpRequest, object_id: str, view: Callable[..., HttpResponse], *args: Any) -> Any:
        text = unquote(object_id)
        if not re.fullmatch(r"\d{1,19}", text) or int(text) > MAX_ID:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        alias = alias_for(group_of(self.model), int(text))
        try:
            with on_server(alias):
                response = view(request, object_id, *args)
                if hasattr(response, "render"):
                    response.render()
            return response
        except AWAY as error:
            connections[alias].close()
            messages.error(request, f"Server {alias} does not answer; try again when it is back. ({error})"[:300])
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
