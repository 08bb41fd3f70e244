"""What a Redis role takes, by family: estimated from a sample of its keys, and what its server says of itself."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import RedisError, ResponseError

from photoapp.cache_evictions import family_of
from photoapp.redis_roles import VARIABLES, client_of

SAMPLE = 2_000  # keys of a role
SCAN_COUNT = 500
SCANS = 50  # at most: a table that was much larger once has long stretches without keys
CHUNK = 200  # keys asked for at a time: others are served in between


@dataclass(frozen=True)
class FamilyMemory:
    family: str
    keys: int
    bytes: int | None  # None: the server does not tell


@dataclass
class RoleMemory:
    """What is None or "" the server does not tell."""

    role: str
    error: str = ""  # why there is nothing
    keys: int = 0
    sampled: int = 0
    families: list[FamilyMemory] = field(default_factory=list)  # the largest first
    info: dict[str, Any] = field(default_factory=dict)
    notifies: bool | None = None  # of evictions

    @property
    def is_estimated(self) -> bool:
        return self.sampled < self.keys

    @property
    def used_share(self) -> float | None:
        """Of maxmemory, from 0 to 1."""
        limit = self.info.get("maxmemory")
        return self.info["used_memory"] / limit if limit else None

    @property
    def hit_rate(self) -> float | None:
        hits, misses = self.info.get("keyspace_hits", 0), self.info.get("keyspace_misses", 0)
        return hits / (hits + misses) if hits + misses else None


def memory_of_roles() -> list[RoleMemory]:
    return [_memory_of(role) for role in VARIABLES]


def _memory_of(role: str) -> RoleMemory:
    found, client = RoleMemory(role), client_of(role)
    try:
        found.info = _told(client.info) or {}
        found.notifies = _notifies(_told(lambda: client.config_get("notify-keyspace-events")))
        found.keys = client.dbsize()
        sample = _sample(client)
        found.sampled = len(sample)
        found.families = _families(sample, _sizes(client, sample), found.keys)
    except (RedisError, OSError) as error:
        found.error = f"{type(error).__name__}: {error}"[:200]
    return found


def _told(ask: Any) -> Any:
    """None where the server does not know the command, or refuses it."""
    try:
        return ask()
    except ResponseError:
        return None


def _notifies(config: dict[str, str] | None) -> bool | None:
    if config is None:
        return None
    events = set(config.get("notify-keyspace-events", ""))
    return "E" in events and bool(events & {"e", "A"})


def _sample(client: Any) -> list[bytes]:
    """Keys lie by their hash, so the first ones are as good as any."""
    keys: dict[bytes, None] = {}  # a scan may tell a key twice
    cursor = 0
    for _ in range(SCANS):
        cursor, found = client.scan(cursor, count=SCAN_COUNT)
        keys |= dict.fromkeys(found)
        if cursor == 0 or len(keys) >= SAMPLE:
            break
    return list(keys)[:SAMPLE]


def _sizes(client: Any, keys: list[bytes]) -> list[int | None]:
    """In bytes; None for what is gone, or not told."""
    sizes: list[int | None] = []
    for start in range(0, len(keys), CHUNK):
        with client.pipeline(transaction=False) as pipe:
            for key in keys[start : start + CHUNK]:
                pipe.memory_usage(key)
            sizes += [size if isinstance(size, int) else None for size in pipe.execute(raise_on_error=False)]
    return sizes


def _families(sample: list[bytes], sizes: list[int | None], all_keys: int) -> list[FamilyMemory]:
    keys: Counter[str] = Counter()
    bytes_of: Counter[str] = Counter()
    for key, size in zip(sample, sizes, strict=True):
        keys[family_of(key)] += 1
        bytes_of[family_of(key)] += size or 0
    times = max(1.0, all_keys / len(sample)) if sample else 1.0
    told = any(size is not None for size in sizes)
    families = [
        FamilyMemory(family, round(number * times), round(bytes_of[family] * times) if told else None)
        for family, number in keys.items()
    ]
    return sorted(families, key=lambda one: (-(one.bytes or 0), -one.keys, one.family))
