"""The object store: radosgw on a Ceph cluster of one monitor and one OSD, as the tests have it, kept between starts."""

from collections.abc import Callable

from script.topology.plan import Part, Plan
from script.topology.state import Cluster, Running, wait_for
from tests.parts.process import port_answers
from tests.parts.radosgw import GATEWAY, MONITOR, OSD, Radosgw, make_bucket

BUCKET = "photos"


class Started:
    """What `Radosgw` wants of a server."""

    def __init__(self, running: Running) -> None:
        self.running = running

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 30) -> None:
        wait_for(self.running, ready, seconds)


class ObjectStore(Radosgw):
    def __init__(self, cluster: Cluster, plan: Plan) -> None:
        keys = {"access_key": plan.secrets["store_access"], "secret_key": plan.secrets["store_secret"]}
        super().__init__(plan.ports["store"], plan.data, **keys)
        self.cluster, self.plan = cluster, plan
        self.storage_url = f"{self.url}/{BUCKET}"

    def ensure(self) -> None:
        made = self.home / "made"
        if not made.exists():
            self.start(self.plan.ports["monitor"])
            made.touch()
        for command in (MONITOR, OSD, GATEWAY):
            if not self.cluster.read().is_running(f"store-{command[0]}"):
                self._serve(*command)
        gateway = self.cluster.read().parts["store-rgw"]
        wait_for(gateway, lambda: port_answers(self.port), 60)
        make_bucket(self.storage_url)

    def _serve(self, name: str, *command: object) -> Started:  # type: ignore[override]
        words = [str(word) for word in self._command(str(command[0]), *command[1:])]
        address = f"127.0.0.1:{self.port}" if name == "rgw" else ""
        return Started(self.cluster.start(Part(f"store-{name}", "store", words, address, self.user, patience=8)))
