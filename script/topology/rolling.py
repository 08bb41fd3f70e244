"""Restarts the application's processes one by one, while they serve."""

from collections.abc import Callable

from script.topology import proxy, site, web
from script.topology.state import Cluster


def restart(cluster: Cluster, say: Callable[[str], None]) -> None:
    """Each web process by one that starts beside it; each worker when it has finished what it has (others' queues go
    on, and its own waits for seconds)."""
    plan, state = cluster.plan(), cluster.read()
    env = site.environment(plan, state)
    site.write_environment(plan, env)
    for name in plan.web_names():
        before = state.parts.get(f"web-{name}")
        web.replace(cluster, plan, env, name)
        if before:
            web.retire(cluster, plan, name, before)
        say(f"web-{name}: restarted")
    if proxy.write(plan, env):  # the new version has other addresses
        proxy.reload(cluster, plan)
    for part in plan.workers():
        before = state.parts.get(part.name)
        if before:
            cluster.stop([before])
        cluster.start(part, env)
        say(f"{part.name}: restarted")
