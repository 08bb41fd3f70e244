"""System checks that hold the rules of sharding (run by every `manage.py` command and before the site starts)."""

from typing import Any

from django.apps import apps
from django.core.checks import Error, register

from photoapp.router import group_of
from photoapp.sharding import ShardedModel


@register()
def sharded_models(app_configs: Any, **kwargs: Any) -> list[Error]:
    return [error for model in apps.get_models() for error in _check_model(model)]


def _check_model(model: type) -> list[Error]:
    errors = []
    meta = model._meta  # type: ignore[attr-defined]
    group = group_of(model)
    for field in meta.concrete_fields:
        if field.is_relation and group_of(field.related_model) != group:
            errors.append(Error(f"{field} points into another database group", obj=model, id="photoapp.E001"))
    if issubclass(model, ShardedModel):
        first = meta.pk_fields[0].attname
        if first not in model.shard_fields:
            errors.append(Error(f"the key begins with {first}, which carries no shard", obj=model, id="photoapp.E002"))
        for constraint in [c for c in meta.constraints if hasattr(c, "fields")]:
            attnames = {meta.get_field(name).attname for name in constraint.fields}
            if not attnames & set(model.shard_fields):
                errors.append(Error(f"{constraint.name} spans shards", obj=model, id="photoapp.E003"))
    return errors
