"""The one place that decides which database a model's rows are in.

A model of `ShardedModel` needs a shard: an instance to read its key from, or an id in the hints. Without either the
router raises ShardRequired; nothing ever falls through to `default`. A read may go to one of that server's followers.
"""

from typing import Any

from django.apps import apps
from django.db.models import Model

from photoapp.replicas import reading_from
from photoapp.shards import AUTH, ShardRequired, alias_for, pinned_server, servers


def group_of(model: type[Model]) -> str:
    """The database group of a model: `auth`, `friends` or `content`."""
    return getattr(model, "shard_group", AUTH)


def shard_key(instance: Model) -> int | None:
    """An id that carries the owner's bits, read without touching deferred fields."""
    fields = getattr(type(instance), "shard_fields", ("id",))
    values = (instance.__dict__.get(name) for name in fields)
    return next((value for value in values if value is not None), None)


class ShardRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return reading_from(self.db_for_write(model, **hints))

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        if leader := hints.get("leader"):
            return str(leader)
        group = group_of(model)
        if group == AUTH:
            return "default"
        id = hints.get("shard_id")
        instance = hints.get("instance")
        if id is None and instance is not None and group_of(type(instance)) != AUTH:
            id = shard_key(instance)
        if id is not None:
            return alias_for(group, id)
        alias = pinned_server(group)
        if alias is None:
            raise ShardRequired(
                f"{model.__name__} is sharded: use objects.for_owner(user_id), .by_ids(ids), .on_shard_of(id) "
                "or .on_every_shard()"
            )
        return alias

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Rows may point at each other only inside one server."""
        groups = {group_of(type(one)), group_of(type(other))}
        if len(groups) > 1:
            return False
        keys = [key for key in (shard_key(one), shard_key(other)) if key is not None]
        group = groups.pop()
        return group == AUTH or len({alias_for(group, key) for key in keys}) <= 1

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Migrations pass historical models, which lack our attributes: the live class is looked up by name."""
        if model_name is None:
            return db in servers(hints.get("group", AUTH))
        try:
            model = apps.get_model(app_label, model_name)
        except LookupError:  # a model that was removed since: its table is where hints say, else nowhere new
            return db in servers(hints.get("group", AUTH))
        return db in servers(group_of(model))
