import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.models import Model
from django.utils import timezone
from tqdm import tqdm

from config.seed.copying import refresh_statistics, write
from config.seed.population import draw, most_follows
from config.seed.rows import EMAIL_DOMAIN, Rows
from media.models import Like, Photo, Post, PostCount, Trace
from users.models import Follower, Following, User

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NAME_LENGTH = 6  # digits after the m
BARS: dict[type[Model], str] = {Following: "follows", Follower: "follows", Post: "posts", Photo: "posts"}
BARS |= {Like: "likes", Trace: "likes", PostCount: "likes"}


class Command(BaseCommand):
    help = (
        "Adds a synthetic population, fast: members m000001, m000002, … with power-law follows, posts over the last "
        "year, likes. Posts have photo rows but no photo files. Run again, it adds more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--members", type=int, required=True)
        parser.add_argument("--posts", type=int, required=True)
        parser.add_argument("--follows", type=int, required=True)
        parser.add_argument("--likes", type=int, help="as many as posts, unless given")
        parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same population")
        parser.add_argument("--until", type=moment, help="ISO date of the newest posts (now); fixes the ids, too")
        parser.add_argument("--even", action="store_true", help="everybody posts and follows equally often")
        parser.add_argument("--password", help="lets members log in; without it they cannot")
        parser.add_argument("--yes", action="store_true", help="even though there are real members here")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        likes = options["posts"] if options["likes"] is None else options["likes"]
        sizes = {name: options[name] for name in ("members", "posts", "follows")} | {"likes": likes}
        refuse_impossible(sizes)
        if not options["yes"] and (real := User.objects.exclude(email__endswith=f"@{EMAIL_DOMAIN}").count()):
            raise CommandError(f"there are {real} real members on this site; --yes adds synthetic ones beside them")
        until = options["until"] or timezone.now()
        self.stdout.write("drawing the population")
        population = draw(**sizes, seed=options["seed"], until=until, even=options["even"])
        if User.objects.filter(id=population.members[0]).exists():
            raise CommandError("this very population is here already; choose another --seed")
        password = make_password(options["password"])  # of None: one that nothing matches
        rows = Rows(population, free_names(sizes["members"]), password, options["seed"])
        write_everywhere(rows, quiet=options["verbosity"] == 0)
        self.stdout.write(
            f"{sizes['members']:,} members, {sizes['posts']:,} posts, {sizes['follows']:,} follows and {likes:,} likes "
            f"on {len(connections.settings)} databases in {time.monotonic() - started:.0f} s. "
            "The posts have no photo files; `manage.py rebuild_search` makes them be found."
        )


def moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def refuse_impossible(sizes: dict[str, int]) -> None:
    members = sizes["members"]
    if members < 2 or min(sizes.values()) < 0:
        raise CommandError("--members must be at least 2, the other numbers at least 0")
    if sizes["follows"] > most_follows(members):
        raise CommandError(f"{members:,} members can have at most {most_follows(members):,} --follows")
    if sizes["likes"] > members * sizes["posts"]:
        raise CommandError(f"--likes can be at most members × posts, {members * sizes['posts']:,}")


def free_names(count: int) -> list[str]:
    """`m` and a number in base 36, after those of earlier runs, leaving out names that real members have."""
    synthetic = User.objects.filter(email__endswith=f"@{EMAIL_DOMAIN}")
    last = synthetic.order_by("-username").values_list("username", flat=True).first()
    number = int(last[1:], 36) if last else 0
    taken = set(
        User.objects.filter(username__startswith="m").exclude(pk__in=synthetic).values_list("username", flat=True)
    )
    names: list[str] = []
    while len(names) < count:
        number += 1
        if (name := name_of(number)) not in taken:
            names.append(name)
    return names


def name_of(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return "m" + digits.rjust(NAME_LENGTH, "0")


def write_everywhere(rows: Rows, *, quiet: bool) -> None:
    """Every server at the same time: they wait for their own disks and processors. Members first, so that a run
    that is broken off leaves no rows of nobody."""
    lock = Lock()
    bars = {
        name: tqdm(total=total, desc=name, unit=" rows", unit_scale=True, disable=quiet, file=sys.stderr)
        for name, total in rows.totals().items()
    }

    def advance(name: str) -> Callable[[int], None]:
        def add(count: int) -> None:
            with lock:
                bars[name].update(count)

        return add

    def fill(alias: str) -> None:
        try:
            for table in rows.tables_of(alias):
                write(alias, table, advance(BARS.get(table.model, "members")))
            refresh_statistics(alias)
        finally:
            connections[alias].close()  # this thread's own

    fill("default")
    shards = [alias for group in settings.SHARD_SERVERS.values() for alias in group]
    with ThreadPoolExecutor(len(shards)) as pool:
        for done in [pool.submit(fill, alias) for alias in shards]:
            done.result()
    for bar in bars.values():
        bar.close()
