"""The abstract base of every sharded model, and the only ways to its rows.

    Post.objects.for_owner(user_id)      the rows of one member
    Post.objects.on_shard_of(id)         rows beside an id, to be filtered further
    Post.objects.by_ids(ids)             a list in the order of ids, one query per server
    Post.objects.on_every_shard()        one queryset per server

A queryset that pins a shard field in its WHERE (`filter(id=…)`) finds its server by itself, so that Django's own
checks (uniqueness, refresh_from_db, get_object_or_404) work; any other query raises ShardRequired.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import IntegrityError, models, router, transaction
from django.db.models.fields.tuple_lookups import TupleExact
from django.db.models.lookups import Exact, In
from django.db.models.sql import Query
from django.db.models.sql.where import AND, WhereNode

from photoapp.ids import new_id_beside
from photoapp.router import shard_key
from photoapp.shards import ShardRequired, alias_for, by_server, servers

ID_DRAWS = 3


class ShardedQuerySet(models.QuerySet):
    model: "type[ShardedModel]"  # type: ignore[assignment]
    _db: str | None  # Django's own, which its stubs leave out
    _hints: dict[str, Any]
    _for_write: bool

    @property
    def db(self) -> str:
        if self._db:
            return self._db
        hints = self._hints
        if "leader" not in hints and "shard_id" not in hints and (id := pinned_id(self.model, self.query)) is not None:
            hints = {**hints, "shard_id": id}
        choose = router.db_for_write if self._for_write else router.db_for_read
        return choose(self.model, **hints)

    def on_leader(self, alias: str) -> "ShardedQuerySet":
        """Writes go to this server, reads to it or a follower of it. (`using` names the server of both.)"""
        here = self._chain()  # type: ignore[attr-defined]
        here._db, here._hints = None, {**self._hints, "leader": alias}
        return here  # type: ignore[no-any-return]

    def on_shard_of(self, id: int) -> "ShardedQuerySet":
        return self.on_leader(alias_for(self.model.shard_group, id))

    def for_owner(self, user_id: int) -> "ShardedQuerySet":
        return self.on_shard_of(user_id).filter(**{self.model.owner_field: user_id})

    def by_ids(self, ids: Iterable[int], *, field: str = "id") -> list[Any]:
        """Rows whose `field` is among ids, in the order of ids, absent ones left out; one query per server.

        Prefetches run per server, inside: over the rows of two servers Django would silently drop related rows.
        """
        wanted = list(dict.fromkeys(ids))
        found: dict[int, list[Any]] = {}
        for alias, here in by_server(self.model.shard_group, wanted).items():
            for row in self.on_leader(alias).filter(**{f"{field}__in": here}):
                key = row
                for name in field.split("__"):
                    key = getattr(key, name)
                found.setdefault(key, []).append(row)  # type: ignore[arg-type]
        return [row for id in wanted for row in found.get(id, [])]

    def on_every_shard(self) -> list["ShardedQuerySet"]:
        return [self.on_leader(alias) for alias in servers(self.model.shard_group)]

    # Django gives the router no hint for these: they bind the shard from what is being written.

    def create(self, **kwargs: Any) -> Any:
        """Inserts a row; an id that we drew and that collides is drawn again."""
        drawn = kwargs.get("id") is None and self.model.draws_id()
        for draw in range(ID_DRAWS):
            row = self.model(**kwargs)
            row.assign_id()
            alias = self._db or alias_for(self.model.shard_group, row.require_shard_key())
            try:
                with transaction.atomic(using=alias):
                    row.save(force_insert=True, using=alias)
                return row
            except IntegrityError:
                taken = drawn and self.using(alias).filter(pk=row.pk).exists()
                if not taken or draw == ID_DRAWS - 1:
                    raise
        raise AssertionError("unreachable")

    def get_or_create(self, defaults: Any = None, **kwargs: Any) -> tuple[Any, bool]:
        return super(ShardedQuerySet, self._bound({**(defaults or {}), **kwargs})).get_or_create(defaults, **kwargs)

    def update_or_create(self, defaults: Any = None, create_defaults: Any = None, **kwargs: Any) -> tuple[Any, bool]:
        bound = self._bound({**(defaults or {}), **kwargs})
        return super(ShardedQuerySet, bound).update_or_create(defaults, create_defaults, **kwargs)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """One statement per server; ids are drawn here, and again when one repeats within the batch (ten photos of
        one post, drawn in the same millisecond, would do so once in a hundred times)."""
        rows = list(objs)
        groups: dict[str, list[Any]] = {}
        taken = {row.pk for row in rows}
        for row in rows:
            if row.draws_id() and row.pk is None:
                row.assign_id()
                while row.pk in taken:
                    row.id = None
                    row.assign_id()
                taken.add(row.pk)
            alias = self._db or alias_for(self.model.shard_group, row.require_shard_key())
            groups.setdefault(alias, []).append(row)
        for alias, here in groups.items():
            super(ShardedQuerySet, self.using(alias)).bulk_create(here, *args, **kwargs)
        return rows

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        groups: dict[str, list[Any]] = {}
        for row in objs:
            groups.setdefault(alias_for(self.model.shard_group, row.require_shard_key()), []).append(row)
        return sum(
            super(ShardedQuerySet, self.using(alias)).bulk_update(here, fields, batch_size)
            for alias, here in groups.items()
        )

    def _bound(self, values: dict[str, Any]) -> "ShardedQuerySet":
        if self._db:
            return self
        for name in self.model.shard_fields:
            value = values.get(name)
            if value is None and isinstance(related := values.get(name.removesuffix("_id")), models.Model):
                value = related.pk
            if value is not None:
                return self.on_shard_of(value)
        return self


class ShardedModel(models.Model):
    """Names its database group, the fields that carry the owner's bits (key first), and the owner's field."""

    shard_group: ClassVar[str]
    shard_fields: ClassVar[tuple[str, ...]] = ("id",)
    owner_field: ClassVar[str] = "owner_id"

    objects = ShardedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def draws_id(cls) -> bool:
        """Whether the key is an id of its own (a composite key is made of others' ids)."""
        return cls._meta.pk.attname == "id" and "id" in cls.shard_fields and len(cls.shard_fields) > 1

    def assign_id(self) -> None:
        if self.draws_id() and self.__dict__.get("id") is None:
            self.id = new_id_beside(self.require_shard_key())

    def require_shard_key(self) -> int:
        key = shard_key(self)
        if key is None:
            raise ShardRequired(f"{type(self).__name__} without any of {', '.join(self.shard_fields)} has no home")
        return key

    def save(self, *args: Any, **kwargs: Any) -> None:
        """New rows are always inserted: Django's UPDATE-first would overwrite the row an id collides with."""
        self.assign_id()
        if self._state.adding and not kwargs.get("force_update") and not kwargs.get("update_fields"):
            kwargs["force_insert"] = True
        kwargs["using"] = kwargs.get("using") or alias_for(self.shard_group, self.require_shard_key())
        super().save(*args, **kwargs)


def pinned_id(model: type[ShardedModel], query: Query) -> int | None:
    """The id in a WHERE that holds the query to one server, if any."""
    return _pinned_in(model, query.where)


def _pinned_in(model: type[ShardedModel], where: WhereNode) -> int | None:
    if where.negated or where.connector != AND:
        return None
    for node in where.children:
        if isinstance(node, WhereNode):
            id = _pinned_in(model, node)
        else:
            id = _id_of_lookup(model, node)
        if id is not None:
            return id
    return None


def _id_of_lookup(model: type[ShardedModel], lookup: Any) -> int | None:
    if isinstance(lookup, TupleExact):
        pairs = zip(lookup.lhs.targets, lookup.rhs, strict=True)
        return next((value for field, value in pairs if field.attname in model.shard_fields), None)
    target = getattr(getattr(lookup, "lhs", None), "target", None)
    if target is None or target.model is not model or target.attname not in model.shard_fields:
        return None
    if isinstance(lookup, Exact) and isinstance(lookup.rhs, int):
        return lookup.rhs
    if isinstance(lookup, In) and isinstance(lookup.rhs, (list, tuple, set)):
        ids: list[Any] = [getattr(value, "pk", value) for value in lookup.rhs]
        if ids and all(isinstance(id, int) for id in ids) and len(by_server(model.shard_group, ids)) == 1:
            return ids[0]
    return None
