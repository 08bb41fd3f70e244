"""Which server holds which logical shard.

`settings.SHARD_SERVERS` names the servers (database aliases) of each group; the 1,024 logical shards are laid over
them in equal contiguous ranges. Everything else asks `alias_for`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

from photoapp.ids import LOGICAL_SHARDS, shard_of

AUTH = "auth"
FRIENDS = "friends"
CONTENT = "content"


class ShardRequired(RuntimeError):
    """A query on a sharded model that names no shard. (No ValueError: form and API validators swallow those.)"""


def servers(group: str) -> list[str]:
    """The aliases of a group's servers."""
    return ["default"] if group == AUTH else settings.SHARD_SERVERS[group]


def leaders() -> list[str]:
    """The aliases of all servers that are written to."""
    return [alias for group in (AUTH, FRIENDS, CONTENT) for alias in servers(group)]


def alias_for(group: str, id: int) -> str:
    """The alias of the server that holds the rows owned by the member whose bits `id` carries."""
    aliases = servers(group)
    return aliases[shard_of(id) * len(aliases) // LOGICAL_SHARDS]


def by_server(group: str, ids: Iterable[int]) -> dict[str, list[int]]:
    """Ids sorted into their servers: {alias: [id, …]}, only servers that have any."""
    found: dict[str, list[int]] = {}
    for id in ids:
        found.setdefault(alias_for(group, id), []).append(id)
    return found


_pinned: ContextVar[str | None] = ContextVar("pinned_server", default=None)


@contextmanager
def on_server(alias: str) -> Iterator[None]:
    """Inside, queries that name no shard go to this server. Only for code that is not ours to change (the admin)."""
    token = _pinned.set(alias)
    try:
        yield
    finally:
        _pinned.reset(token)


def pinned_server(group: str) -> str | None:
    alias = _pinned.get()
    return alias if alias in servers(group) else None
