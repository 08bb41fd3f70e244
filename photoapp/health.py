"""/healthz: the process is alive. /readyz: it can serve; which part cannot is told to insiders only, and whether it is
about to end to everybody."""

import os
from collections.abc import Callable
from ipaddress import ip_address

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from photoapp import cache_stats
from photoapp.draining import draining
from photoapp.http_cache import never_stored
from photoapp.shards import servers


def is_insider(request: HttpRequest) -> bool:
    """From this machine or its network, without a proxy in between, or staff."""
    if "HTTP_X_FORWARDED_FOR" not in request.META:
        try:
            if ip_address(request.META.get("REMOTE_ADDR") or "127.0.0.1").is_private:
                return True
        except ValueError:
            return False
    return request.user.is_active and request.user.is_staff  # type: ignore[union-attr]


@never_stored
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _probes() -> dict[str, Callable[[], object]]:
    def database(alias: str) -> Callable[[], object]:
        def probe() -> None:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")

        return probe

    def redis_at(url: str) -> Callable[[], object]:
        return lambda: redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1).ping()

    return {
        **{f"database {alias}": database(alias) for group in settings.NEEDED_GROUPS for alias in servers(group)},
        "redis cache": redis_at(settings.CACHE_URL),
        "redis feeds": redis_at(settings.FEEDS_URL),
        "redis broker": redis_at(settings.BROKER_URL),
        "object store": lambda: default_storage.exists("readyz"),
    }


@never_stored
def readyz(request: HttpRequest) -> HttpResponse:
    if draining.is_set():
        return JsonResponse({"ready": False, "draining": True}, status=503)
    failed = []
    for name, probe in _probes().items():
        try:
            probe()
        except Exception as error:  # whatever a part says when it is away
            failed.append({"part": name, "error": f"{type(error).__name__}: {error}"[:200]})
    body = {"ready": not failed, **({"failed": failed} if is_insider(request) else {})}
    return JsonResponse(body, status=503 if failed else 200)


@never_stored
def metrics(request: HttpRequest) -> HttpResponse:
    if not is_insider(request):
        raise Http404
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # prometheus-client's own name: processes count in files there
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(cache_stats.Collector())  # type: ignore[arg-type]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
