"""Clones: more or fewer processes of an app set, while they serve."""

from collections.abc import Callable
from dataclasses import replace

from script.topology import proxy, site, web
from script.topology.plan import Plan
from script.topology.state import Cluster, Running, State
from tests.parts.process import PartError


def scale(cluster: Cluster, app_set: str, number: int, say: Callable[[str], None]) -> None:
    """New processes answer before nginx knows them; those that go are unknown to nginx before they end. The number is
    noted down: `up`, `restart` and the watcher keep to it. Raises PartError for more than the databases bear."""
    if number < 1:
        raise PartError("each app set has at least one process")
    now = cluster.plan()
    plan = replace(now, clones={**now.clones, app_set: number})
    if number > now.clones_of(app_set):
        plan.check_connections()
    state = cluster.read()
    env = site.environment(plan, state)
    for name in plan.web_names():
        if name.rpartition("-")[0] == app_set and not state.is_running(f"web-{name}"):
            web.replace(cluster, plan, env, name)
            say(f"web-{name}: started")
    with cluster.change() as changed:
        changed.clones[app_set] = number
    if proxy.write(plan, env):
        proxy.reload(cluster, plan)
    end_surplus(cluster, plan, say)


def end_surplus(cluster: Cluster, plan: Plan, say: Callable[[str], None]) -> None:
    for part in surplus(cluster.read(), plan):
        name = part.name.removeprefix("web-")
        web.retire(cluster, plan, name, part)
        plan.socket(name).unlink(missing_ok=True)
        say(f"{part.name}: ended")


def surplus(state: State, plan: Plan) -> list[Running]:
    """Web processes that the plan does not have."""
    planned = {f"web-{name}" for name in plan.web_names()}
    return [part for part in state.of_kind("web") if part.name not in planned]
