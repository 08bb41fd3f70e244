"""The model of docs/capacity.md: from how many members there are, what they do and what each thing was measured to
cost, to what a site needs. Arithmetic alone; figures come from docs/plots/growth.json and docs/plots/visitors.json.

    cores     members × how often a member does a thing in a second of the busiest hour × what it costs, over all things
    bytes     what an empty site holds + members × how many rows a member has × what a row takes
    machines  as many as that needs, whole ones, and never fewer than can lose one
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import Any

DAY, YEAR = 86_400, 365  # seconds, days
KB, MB, GB, TB = 1e3, 1e6, 1e9, 1e12
MACHINE_CORES = 16
AT_MOST = 0.5  # of a core is used at the peak: the other half is for the failure of a machine, and for bursts
SERVER_BYTES = 500 * GB  # of live data in a PostgreSQL server: more takes too long to copy, or to restore
REDIS_BYTES = 25 * GB  # in a Redis server
REDIS_ON_A_MACHINE = 2
STORE_BYTES = 200 * TB  # that a machine of the object store is filled with
STORE_COPIES = 3
NGINX_CONNECTIONS = 19_000  # of a worker
LOGICAL_SHARDS = 1_024
ACTS_AFTER_LOADS, UPLOADS_AMONG_ACTS = 0.02, 0.02  # of script/bench visitors; its other acts cost about what likes do
MEASURED_SERVERS = 4  # of content, in script/bench growth
BASE = 2  # of growth.json's points: the one whose costs are taken; the others check it

Parts = dict[str, float]


@dataclass(frozen=True)
class Behaviour:
    """What a site must know of its own members; per member where nothing else is said."""

    seen: float = 0.5  # of them look at their feed on a day,
    loads: float = 4  # so often
    peak: float = 3  # the busiest hour ÷ the average one
    at_once: float = 0.05  # of them look at their feed at the same time,
    interval: float = 60  # each once in so many seconds
    pages: float = 1  # other pages for each load, half of them a profile, half a post
    searches: float = 0.1  # for each load, half of them for a name, half for a word
    follows: float = 50
    uploads: float = 1  # a day
    likes: float = 10  # for each upload
    photo: float = 300 * KB  # as sent
    shown: float = 100 * KB  # of a photo, as a phone loads it
    on_a_page: float = 5
    page: float = 5 * KB  # compressed

    def times_a_day(self) -> Parts:
        """How often a member does each thing."""
        loads = self.seen * self.loads
        return {
            "load": loads,
            "page": loads * self.pages,
            "search for a name": loads * self.searches / 2,
            "search for a word": loads * self.searches / 2,
            "upload": self.uploads,
            "like": self.uploads * self.likes,
        }

    def times_a_second(self) -> Parts:
        """In the busiest hour. Those who load their feed again and again do nothing else so often."""
        found = {what: times * self.peak / DAY for what, times in self.times_a_day().items()}
        return found | {"load": max(found["load"], self.at_once / self.interval)}

    def rows(self, days: float) -> Parts:
        """That a member has after so many days."""
        posts = self.uploads * days
        return {"member": 1, "follow": self.follows, "post": posts, "like": posts * self.likes}


@dataclass(frozen=True)
class Measured:
    """What things cost: milliseconds of a core by part, bytes by group of databases. `costs` and `bytes_of` are those
    of one size of script/bench growth."""

    costs: dict[str, Parts]
    bytes_of: dict[str, Parts]
    empty: Parts
    feed_bytes: float
    rendering: float  # ms, of a photo
    renditions: float  # bytes, of a photo
    serving: float  # ms of a web process for a request, beside what the application takes
    visitors: dict[str, Any]

    @classmethod
    def at(cls, growth: dict[str, Any], visitors: dict[str, Any], point: int = BASE) -> Measured:
        one, base = growth["points"][point], growth["points"][BASE]["costs"]
        composing = of_load(visitors, "web: feed") / composed(visitors)
        return cls(
            one["costs"],
            one["bytes_of"],
            one["empty"],
            one["feed_bytes"],
            rendering=1000 * growth["photo"]["renditions"],
            renditions=KB * growth["photo"]["bytes of all renditions"],
            serving=max(0, composing - base["feed composed"]["app"]),
            visitors=visitors,
        )

    def price_list(self) -> dict[str, Parts]:
        """Of each thing that members do, by part."""
        upload = Counter({"rendering": self.rendering, "web": self._cost("like")["web"]})  # a form like any other
        return {
            "load": self._load(),
            "page": self._mixed({"profile": 0.5, "post": 0.5}),
            "search for a name": self._cost("search for a name"),
            "search for a word": self._cost("search for a word"),
            "upload": self._cost("publish", by_worker=True) + upload,
            "like": self._cost("like") + self._cost("like delivered", by_worker=True),
        }

    def _load(self) -> Counter[str]:
        """Of a first page of the feed. With a stored one nginx answers, which asks Redis alone."""
        asked = Counter({"nginx": of_load(self.visitors, "nginx")})
        asked["Redis"] = self.visitors["stored"] * self.costs["feed stored"]["redis"]
        return asked + self._mixed({"feed composed": composed(self.visitors)})

    def _cost(self, name: str, *, by_worker: bool = False) -> Counter[str]:
        """Of an operation, by part. What is written, followers write again."""
        one, cores = self.costs[name], self.visitors["cores"]
        database = one["database"] * (1 + cores["PostgreSQL's followers"] / cores["PostgreSQL"])
        app = {"Celery": one["app"]} if by_worker else {"web": one["app"] + self.serving}
        return Counter({**app, "PostgreSQL": database, "Redis": one["redis"]})

    def _mixed(self, shares: Parts) -> Counter[str]:
        found: Counter[str] = Counter()
        for name, share in shares.items():
            found.update({part: share * cost for part, cost in self._cost(name).items()})
        return found


def composed(visitors: dict[str, Any]) -> float:
    """The share of first pages that were not found stored."""
    return 1 - float(visitors["stored"])


def of_load(visitors: dict[str, Any], part: str) -> float:
    """Milliseconds of a part that only script/bench visitors has, for a load and for what belongs to it."""
    return 1000 * float(visitors["cores"][part]) / float(visitors["loads_a_second"])


def work(times: Parts, measured: Measured) -> Parts:
    """Seconds of a core by part, when each thing is done so often."""
    found: Counter[str] = Counter()
    for what, cost in measured.price_list().items():
        found.update({part: times[what] * milliseconds / 1000 for part, milliseconds in cost.items()})
    return dict(found)


def visited(measured: Measured) -> dict[str, tuple[float, float]]:
    """Cores by part at the load of script/bench visitors: by the model, and as measured there."""
    visitors = measured.visitors
    loads = float(visitors["loads_a_second"])
    acts = loads * ACTS_AFTER_LOADS
    times = dict.fromkeys(measured.price_list(), 0.0)
    times |= {"load": loads, "upload": acts * UPLOADS_AMONG_ACTS, "like": acts * (1 - UPLOADS_AMONG_ACTS)}
    model = work(times, measured)
    there = {
        "web": sum(cores for name, cores in visitors["cores"].items() if name.startswith("web")),
        "PostgreSQL": visitors["cores"]["PostgreSQL"] + visitors["cores"]["PostgreSQL's followers"],
        **{part: visitors["cores"][part] for part in ("Redis", "Celery")},
    }
    return {part: (model[part], cores) for part, cores in there.items()}


def stored_bytes(members: float, rows: Parts, measured: Measured) -> Parts:
    """In the leaders' databases, by group."""
    return {
        group: measured.empty[group] + members * sum(rows[what] * each for what, each in of.items())
        for group, of in measured.bytes_of.items()
    }


@dataclass(frozen=True)
class Plan:
    """What a site of so many members needs after its first year."""

    members: int
    measured: Measured
    behaviour: Behaviour = field(default_factory=Behaviour)
    days: float = YEAR

    def a_second(self, what: str) -> float:
        return self.members * self.behaviour.times_a_second()[what]

    @property
    def at_once(self) -> float:
        return self.members * self.behaviour.at_once

    # --- Cores

    @property
    def cores(self) -> Parts:
        """Used in the busiest hour. A search for a word asks every server of content, each as long as before."""
        times = {what: self.a_second(what) for what in self.behaviour.times_a_second()}
        times["search for a word"] *= max(1, self.servers("content") / MEASURED_SERVERS)
        return work(times, self.measured)

    def provided(self, *parts: str) -> float:
        return sum(self.cores[part] for part in parts) / AT_MOST

    # --- Bytes

    @property
    def databases(self) -> Parts:
        return stored_bytes(self.members, self.behaviour.rows(self.days), self.measured)

    @property
    def growth_a_day(self) -> float:
        later = stored_bytes(self.members, self.behaviour.rows(self.days + 1), self.measured)
        return sum(later.values()) - sum(self.databases.values())

    @property
    def redis_bytes(self) -> float:
        """Of feeds, sessions and pages, were all members seen within the week."""
        return self.members * MB * float(self.measured.visitors["redis_mb"]) / float(self.measured.visitors["members"])

    @property
    def photo_bytes(self) -> float:
        uploads = self.members * self.behaviour.uploads * self.days
        return uploads * (self.behaviour.photo + self.measured.renditions)

    # --- Network, bits a second in the busiest hour

    @property
    def bits_in(self) -> float:
        return 8 * self.a_second("upload") * self.behaviour.photo

    @property
    def bits_out(self) -> float:
        """Whoever loads the feed again has its photos already."""
        behaviour = self.behaviour
        visits = self.members * behaviour.times_a_day()["load"] * behaviour.peak / DAY
        pages = (self.a_second("load") + self.a_second("page")) * behaviour.page
        return 8 * (pages + visits * behaviour.on_a_page * behaviour.shown)

    # --- Servers and machines

    def servers(self, group: str) -> int:
        """Leaders. Each has a follower on another machine."""
        at_least = 1 if group == "auth" else 2
        return max(at_least, ceil(self.databases[group] / SERVER_BYTES))

    @property
    def redis_servers(self) -> int:
        """For feeds: each uses one core. Each has a replica."""
        return max(ceil(self.redis_bytes / REDIS_BYTES), ceil(self.provided("Redis")))

    @property
    def nginx_workers(self) -> int:
        return ceil(self.at_once / NGINX_CONNECTIONS)

    @property
    def machines(self) -> dict[str, int]:
        stateless = self.provided("nginx", "web", "Celery", "rendering")
        by_size = ceil(sum(self.databases.values()) / SERVER_BYTES)  # small servers share a machine
        return {
            "nginx, web, Celery": max(2, ceil(stateless / MACHINE_CORES)),
            "Redis": max(2, ceil(2 * self.redis_servers / REDIS_ON_A_MACHINE)),
            "PostgreSQL": 2 * max(by_size, ceil(self.provided("PostgreSQL") / MACHINE_CORES)),
            "object store": max(STORE_COPIES, ceil(STORE_COPIES * self.photo_bytes / STORE_BYTES)),
        }
