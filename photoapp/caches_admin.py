"""/admin/caches/: how often what is cached was there, by family; what the Redis servers hold; what is wrong with their
settings. For superusers and staff who may see an outbox."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from photoapp import cache_stats, redis_roles
from photoapp.cache_memory import RoleMemory, memory_of_roles
from photoapp.cache_plots import MISSED, SERVED, Plot, plot
from photoapp.cache_stats import Period

PERMISSION = "photoapp.view_contentoutbox"
HOURS = (6, 24)  # that plots may show
OUTCOMES = {
    "hit": "Hits",
    "local": "Local",
    "stale": "Stale",
    "miss": "Misses",
    "away": "Away",
    "computed": "Computed",
    "waited": "Waited",
    "overloaded": "Overloaded",
    "evicted": "Evicted",
}


@dataclass(frozen=True)
class Counts:
    """Of a family in some time."""

    asked: int
    rate: float | None  # of those asked that were served from a cache
    outcomes: list[tuple[str, int]]  # by title


@dataclass(frozen=True)
class Family:
    name: str
    hour: Counts
    day: Counts
    plot: Plot


def may_see_caches(request: HttpRequest) -> bool:
    return bool(request.user.has_perm(PERMISSION))


@require_safe
def caches_page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    if not may_see_caches(request):
        raise PermissionDenied
    hours = next((choice for choice in HOURS if str(choice) == request.GET.get("hours")), HOURS[0])
    try:
        families, error = families_of(cache_stats.history(24), hours), ""
    except (RedisError, OSError) as raised:
        families, error = [], f"{type(raised).__name__}: {raised}"[:200]
    roles = memory_of_roles()
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": "Caches",
        "families": families,
        "outcomes": OUTCOMES.values(),
        "error": error,
        "hours": hours,
        "choices": HOURS,
        "roles": roles,
        "shared": _on_one_server(roles),
        "unheard": [one.role for one in roles if one.role != redis_roles.BROKER and one.notifies is False],
        "problems": redis_roles.problems(),
    }
    request.current_app = site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/caches.html", context)


def families_of(day: Sequence[Period], hours: int) -> list[Family]:
    """Those of which anything was counted, the busiest first."""
    hour_ago = timezone.now() - timedelta(hours=1)
    hour_counts = _added([period for period in day if period.start > hour_ago])
    day_counts = _added(day)
    shown = day[-hours * 3600 // cache_stats.PERIOD_SECONDS :]
    names = {family for family, _ in day_counts}
    found = [Family(name, _of(name, hour_counts), _of(name, day_counts), plot(shown, name)) for name in names]
    return sorted(found, key=lambda one: (-one.day.asked, one.name))


def _added(periods: Sequence[Period]) -> Counter[cache_stats.Event]:
    return sum((period.counts for period in periods), Counter())


def _of(family: str, counts: Counter[cache_stats.Event]) -> Counts:
    served = sum(counts[family, outcome] for outcome in SERVED)
    asked = served + sum(counts[family, outcome] for outcome in MISSED)
    outcomes = [(title, counts[family, outcome]) for outcome, title in OUTCOMES.items()]
    return Counts(asked, served / asked if asked else None, outcomes)


def _on_one_server(roles: Sequence[RoleMemory]) -> list[list[str]]:
    servers: dict[str, list[str]] = {}
    for one in roles:
        if "run_id" in one.info:
            servers.setdefault(one.info["run_id"], []).append(one.role)
    return [names for names in servers.values() if len(names) > 1]
