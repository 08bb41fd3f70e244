"""What happens to cached things, counted by family and outcome; for /metrics and the admin's page on caches."""

from functools import lru_cache
from typing import Any

from prometheus_client import Counter

EVENTS = Counter("photoapp_cache_events", "What happened to cached things", ["family", "outcome"])


@lru_cache(maxsize=1024)
def _counter(family: str, outcome: str) -> Any:
    return EVENTS.labels(family, outcome)


def count(family: str, outcome: str, times: int = 1) -> None:
    """Outcomes: hit, local (kept by the process), miss, stale, computed, waited, overloaded, away (no Redis)."""
    _counter(family, outcome).inc(times)
