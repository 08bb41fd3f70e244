"""Very many members at the same time, on the whole topology of script/cluster: each has a session and an open
connection of their own and loads the feed now and then; some loads are followed by an act.

    every 60 s, every 30 s   what it takes them, and what each part uses
    star                     at the end of the second, posts of an author with very many followers go out
    photos                   each load is followed by five photos
    killed                   every ten seconds a web process is killed
    loads alone              the rate rises until the site and the load cannot keep up (not with --quick)
    overload                 the rate rises until the site cannot keep up; then five times what it could (not with
                             --quick), with acts, and of reloads alone, which are composed anew while that can be; the
                             site and the load have half of the cores each

residents.py makes the members, visitor.py is the load, whole_cluster.py looks at the parts.
"""

import os
import signal
import time
from typing import Any

from media.services import make_live
from photoapp.models import OUTBOXES
from photoapp.shards import CONTENT, alias_for
from script.benches.crowd import finished_post
from script.benches.crowds import Visits, until, visitors
from script.benches.parts import row
from script.benches.publishing import FAN_OUT, check_feeds
from script.benches.residents import Residents, Sizes, photo_to_upload, put_photos, settle
from script.benches.whole_cluster import FanOuts, apart, cpu_seconds, memory, read, the_cluster, wait_for_quiet
from script.topology.state import Cluster

WHOLE = Sizes(50_000, 100_000, 2_000_000, stars_followers=10_000, stars_posts=30, photos=400, warm=120, seconds=180)
QUICK = Sizes(5_000, 10_000, 200_000, stars_followers=2_500, stars_posts=5, photos=50, warm=10, seconds=20)
OFTEN, RARELY = 30, 60  # seconds between two loads of a member's, on average
GOALS = {RARELY: 100, OFTEN: 150}  # ms at most, for 99 of 100 loads
COUNTED = ("nginx", "web", "Redis", "PostgreSQL")  # these together must do with one core
ACTS = ("like", "comment", "follow", "upload")
STARS_PAUSE = 1.5
KILL_EVERY, KILLED = 10, ("feed-0", "interaction-0", "feed-1", "interaction-1", "accounts-0", "friends-0")
STEPS, STEP_SECONDS, RISE = 20, 5, 1.2
OVERLOAD, OVERLOAD_SECONDS, CALM = 5, 20, 15  # times the capacity; its seconds; seconds before and after
QUIET = 180  # seconds at most, until what the climb left behind is done


def run(quick: bool = False) -> list[dict[str, Any]]:
    sizes, began = QUICK if quick else WHOLE, time.monotonic()
    cluster = the_cluster()
    residents = settle(sizes)
    photo = cluster.data / "photo.jpg"
    photo.write_bytes(photo_to_upload())
    site = Site(cluster, residents, sizes, str(photo))
    rows = [
        row("members, each with a session and a connection", [sizes.members], "", digits=0),
        row("made in", [time.monotonic() - began], "s", digits=0),
        row("followers of who uploads, on average", [residents.fan_out], "", digits=0),
    ]
    measures = [site.rarely, site.often, site.photos, site.killed]
    for measure in measures if quick else [*measures, site.loads_alone, site.overload, site.reloads_overload]:
        found = measure()
        print(*(f"{one['measure']}: {one['value']} {one['unit']}" for one in found), sep="\n", flush=True)
        rows += found
    return rows


class Site:
    def __init__(self, cluster: Cluster, residents: Residents, sizes: Sizes, photo: str) -> None:
        self.cluster, self.residents, self.sizes = cluster, residents, sizes
        self.port = cluster.read().port
        members = list(zip(residents.cookies, residents.names, strict=True))
        del members[residents.star_number]
        uploaders = [residents.cookies[number] for number in residents.uploaders]
        self.acts = {"members": members, "uploaders": uploaders, "photo": photo}

    def rate(self, interval: float) -> float:
        """Loads a second."""
        return self.sizes.members / interval

    # --- The runs

    def rarely(self) -> list[dict[str, Any]]:
        return self.watched(RARELY, 0)

    def often(self) -> list[dict[str, Any]]:
        """Then the star's posts, which are no part of what is counted before."""
        return self.watched(OFTEN, self.sizes.stars_posts)

    def watched(self, interval: int, stars_posts: int) -> list[dict[str, Any]]:
        warm, counted = self.sizes.warm, self.sizes.seconds
        rate = self.rate(interval)
        steps = [*rising(warm, rate), (counted + stars_posts * STARS_PAUSE, rate)]
        with visitors(self.residents, self.port, steps, acts=self.acts) as visits:
            until(visits, warm)
            before = read(self.cluster)
            with FanOuts() as fan_outs:
                until(visits, warm + counted)
            used = read(self.cluster) - before
            star = self.stars_posts(stars_posts)
            held = memory(self.cluster) if stars_posts else None
        name = f"every {interval} s"
        whole, counted_visits = visits, visits.between(warm, warm + counted)
        rows = latencies(name, counted_visits, counted, GOALS[interval])
        rows.append(row(f"{name}: errors", [sum(whole.errors().values())], "requests", at_most=0, digits=0))
        rows += [row(f"{name}: … {error}", [times], "requests", digits=0) for error, times in whole.errors().items()]
        for kind in ACTS:
            some = counted_visits.of(kind)
            if some.answers:
                rows.append(row(f"{name}: {kind}s", [len(some.answers)], "", digits=0))
                rows.append(row(f"{name}: … p99", [some.percentile(0.99)], "ms"))
        rows += fan_outs.rows(name)
        rows += cores(name, used.cpu, counted, at_most=1 if interval == OFTEN else None)
        rows += [
            row(f"{name}: transactions a second, {which}", [count / counted], "/s", digits=0)
            for which, count in used.transactions.items()
        ]
        rows += hit_rates(name, used.caches)
        if held:
            rows += [
                row(f"{name}: memory of {part}", [size / 1e6], "MB", digits=0) for part, size in held.most_common()
            ]
            rows += star_rows(star, len(self.residents.stars_followers))
        return rows

    def stars_posts(self, count: int) -> list[float]:
        """Seconds from before a post is made live until the last feed has it, sorted; then all feeds are looked at."""
        found, posts = [], set()
        for _ in range(count):
            post_id, began = finished_post(self.residents.star), time.monotonic()
            make_live(post_id)
            rows = OUTBOXES[CONTENT].objects.using(alias_for(CONTENT, post_id)).filter(payload__post_id=post_id)
            while rows.filter(handler__startswith=FAN_OUT).exists():
                time.sleep(0.01)
            found.append(time.monotonic() - began)
            posts.add(post_id)
            time.sleep(max(0.0, began + STARS_PAUSE - time.monotonic()))
        check_feeds(dict.fromkeys(self.residents.stars_followers, posts), deep=True)
        return sorted(found)

    def photos(self) -> list[dict[str, Any]]:
        warm, counted = self.sizes.warm, self.sizes.seconds
        photos = put_photos(self.residents, self.sizes.photos)
        steps = [*rising(warm, self.rate(RARELY)), (counted, self.rate(RARELY))]
        with visitors(self.residents, self.port, steps, photos=photos) as visits:
            until(visits, warm)
            before = read(self.cluster)
            until(visits, warm + counted)
            used = read(self.cluster) - before
        some = visits.between(warm, warm + counted)
        answers = [answer[3] for answer in some.of("photo").answers]
        hits = sum(outcome.split(":")[-1] in ("hit", "stale", "updating") for outcome in answers)
        return [
            row("photos: views a second", [len(answers) / counted], "/s", digits=0),
            *latencies("photos", some, counted, None),
            row("photos: a photo, p50", [some.of("photo").percentile(0.5)], "ms"),
            row("photos: … p99", [some.of("photo").percentile(0.99)], "ms"),
            row("photos: errors", [sum(visits.errors().values())], "requests", at_most=0, digits=0),
            *(row(f"photos: … {error}", [times], "", digits=0) for error, times in visits.errors().items()),
            row("photos: found in the proxy", [100 * hits / max(1, len(answers))], "%", digits=2),
            row("photos: files there are", [len(photos)], "", digits=0),
            row("photos: GETs of the object store, a second", [used.store_gets / counted], "/s"),
            *cores("photos", used.cpu, counted, at_most=None),
        ]

    def killed(self) -> list[dict[str, Any]]:
        """A process holds one request: it has one thread. Loads are asked of another one, what writes is not."""
        seconds = min(60.0, self.sizes.seconds)
        with visitors(self.residents, self.port, [(KILL_EVERY + seconds, self.rate(RARELY))], acts=self.acts) as visits:
            times = int(seconds / KILL_EVERY)
            for number in range(times):
                until(visits, (1 + number) * KILL_EVERY)
                process = self.cluster.read().parts[f"web-{KILLED[number % len(KILLED)]}"]
                os.killpg(process.pid, signal.SIGKILL)
        loads, acts = visits.of("feed"), visits.of(*ACTS)
        return [
            row("killed: processes", [times], "", digits=0),
            row("killed: loads", [len(loads.answers)], "", digits=0),
            row("killed: … p99", [loads.percentile(0.99)], "ms"),
            row("killed: … without an answer", [sum(loads.errors().values())], "requests", at_most=0, digits=0),
            row("killed: acts", [len(acts.answers)], "", digits=0),
            row("killed: … without an answer", [sum(acts.errors().values())], "requests", at_most=times, digits=0),
            *(row(f"killed: … {error}", [times], "", digits=0) for error, times in visits.errors().items()),
        ]

    def loads_alone(self) -> list[dict[str, Any]]:
        """Nearly all are answered by nginx, with all cores, which the load uses, too."""
        capacity, most = self.climb(self.rate(RARELY) / 2)
        return [
            row(f"loads alone: capacity, pages a second with p99 < {GOALS[OFTEN]} ms", [capacity], "pages/s", digits=0),
            row("loads alone: most that were answered", [most], "pages/s", digits=0),
        ]

    def overload(self) -> list[dict[str, Any]]:
        """Loads and acts, as they come."""
        return self.overloaded("overload", self.rate(RARELY) / 4, acts=self.acts)

    def reloads_overload(self) -> list[dict[str, Any]]:
        """Each page is composed by a process, unless too many wait for that."""
        return self.overloaded("overload of reloads", self.rate(RARELY) / 4, reloads=True)

    def overloaded(self, name: str, first: float, **load: Any) -> list[dict[str, Any]]:
        """The rate rises from the first one until the site cannot keep up, which tells its capacity, and the most that
        it answers. Then five times its capacity."""
        with apart(self.cluster):
            capacity, peak = self.climb(first, **load)
            wait_for_quiet(QUIET)
            steps = [(CALM, capacity / 2), (OVERLOAD_SECONDS, OVERLOAD * capacity), (2 * CALM, capacity / 2)]
            with visitors(self.residents, self.port, steps, **load) as visits:
                until(visits, CALM)
                before = cpu_seconds(self.cluster)
                until(visits, CALM + OVERLOAD_SECONDS)
                cpu = cpu_seconds(self.cluster) - before
        loads, over = visits.of("feed"), CALM + OVERLOAD_SECONDS
        during, acts = loads.between(CALM, over), visits.of(*ACTS).between(CALM, over)
        good, asked = loads.answered(CALM, over) / OVERLOAD_SECONDS, len(during.answers) / OVERLOAD_SECONDS
        seconds = bad_seconds(loads, over)
        return [
            row(f"{name}: capacity, pages a second with p99 < {GOALS[OFTEN]} ms", [capacity], "pages/s", digits=0),
            row(f"{name}: most that were answered", [peak], "pages/s", digits=0),
            row(f"{name}: asked for", [asked], "pages/s", digits=0),
            row(f"{name}: answered", [good], "pages/s", digits=0),
            row(f"{name}: … of the most, or of all", [100 * good / min(peak, asked)], "%", at_least=90),
            row(f"{name}: p50 of those", [during.percentile(0.5)], "ms"),
            *(row(f"{name}: … {error}", [times], "", digits=0) for error, times in during.errors().items()),
            *([row(f"{name}: acts done", [100 * acts.good_part()], "%")] if acts.answers else []),
            row(f"{name}: as before after", [max(seconds, default=0.0)], "s", at_most=10),
            *cores(name, cpu, OVERLOAD_SECONDS, at_most=None),
        ]

    def climb(self, first: float, **load: Any) -> tuple[float, float]:
        """Loads a second: the capacity, at which 99 of 100 are in time and nothing fails; and the most that were
        answered, in as many seconds as the overload lasts."""
        rates = [first * RISE**step for step in range(STEPS)]
        with visitors(self.residents, self.port, [(STEP_SECONDS, rate) for rate in rates], **load) as visits:
            pass
        steps = [visits.between(step * STEP_SECONDS, (step + 1) * STEP_SECONDS) for step in range(STEPS)]
        in_time = [not there.errors() and there.of("feed").percentile(0.99) < GOALS[OFTEN] for there in steps]
        loads, starts = visits.of("feed"), range(0, STEPS * STEP_SECONDS - OVERLOAD_SECONDS + 1, STEP_SECONDS)
        most = max(loads.answered(start, start + OVERLOAD_SECONDS) for start in starts)
        good = in_time.index(False) if False in in_time else STEPS
        return rates[max(0, good - 1)], most / OVERLOAD_SECONDS


def rising(seconds: float, rate: float) -> list[tuple[float, float]]:
    """People come one after the other; when all are there at once, nobody has a page yet."""
    return [(seconds / 4, rate * quarter / 4) for quarter in (1, 2, 3, 4)]


def bad_seconds(visits: Visits, after: float) -> list[int]:
    """How long after that moment the seconds ended in which loads failed, or took long."""
    seconds = range(2 * CALM)
    some = ((second + 1, visits.between(after + second, after + second + 1)) for second in seconds)
    return [end for end, there in some if there.errors() or there.percentile(0.99) > GOALS[OFTEN]]


# --- Rows


def latencies(name: str, visits: Visits, seconds: float, goal: float | None) -> list[dict[str, Any]]:
    loads = visits.of("feed")
    return [
        row(f"{name}: loads a second", [len(loads.answers) / seconds], "pages/s", digits=0),
        row(f"{name}: p50", [loads.percentile(0.5)], "ms"),
        row(f"{name}: p99", [loads.percentile(0.99)], "ms", at_most=goal),
        row(f"{name}: p99.9", [loads.percentile(0.999)], "ms"),
    ]


def cores(name: str, cpu: Any, seconds: float, *, at_most: float | None) -> list[dict[str, Any]]:
    counted = sum(used for part, used in cpu.items() if part.startswith(COUNTED))
    rows = [row(f"{name}: cores of nginx, web, Redis, PostgreSQL", [counted / seconds], "", at_most=at_most, digits=3)]
    return rows + [row(f"{name}: … of {part}", [used / seconds], "", digits=3) for part, used in cpu.most_common()]


def hit_rates(name: str, counts: Any) -> list[dict[str, Any]]:
    rows = []
    for family in sorted({family for family, _ in counts}):
        hits = counts[family, "hit"] + counts[family, "local"] + counts[family, "stale"]
        if asked := hits + counts[family, "miss"]:
            rows.append(row(f"{name}: {family}s found", [100 * hits / asked], "%"))
    evicted = sum(times for (_, outcome), times in counts.items() if outcome == "evicted")
    return [*rows, row(f"{name}: evicted", [evicted], "keys", digits=0)]


def star_rows(star: list[float], followers: int) -> list[dict[str, Any]]:
    return [
        row(f"star: {followers:,} followers, to the last feed, p50", [1000 * star[len(star) // 2]], "ms"),
        row("star: … p99 (the slowest)", [1000 * star[-1]], "ms", at_most=2000),
    ]
