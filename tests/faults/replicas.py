"""Writes and reads as members do: `python -m tests.faults.replicas NAME NUMBER PROCESSES PAIRS [mutant]`.

What one process writes another reads: members' ids are in `<name>:writers` and `<name>:idle`, what is to be read by a
process in `<name>:read:<number>`. Prints how many pairs were read, how many showed less than had been written, how
many of them at followers; and how many reads of members who write nothing, of these at followers. As JSON.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

AUTH, CONTENT, FRIENDS = "auth", "content", "friends"
LATEST_SECONDS = 2.0  # that a read comes after its write; two of three come at once
GROUPS = (AUTH, CONTENT, FRIENDS)


class Process:
    def __init__(self, name: str, number: int, processes: int, *, mutant: bool) -> None:
        import redis

        self.name, self.number, self.processes = name, number, processes
        self.shared = redis.Redis.from_url(os.environ["BROKER_URL"], decode_responses=True)
        self.writers, self.idle = (
            list(map(int, self.shared.lrange(f"{name}:{kind}", 0, -1))) for kind in ("writers", "idle")
        )
        self.waiting: list[tuple[float, str, int, int]] = []
        self.counts = {"pairs": 0, "behind": 0, "pairs_at_followers": 0, "idle": 0, "idle_at_followers": 0}
        if mutant:
            from photoapp import positions
            from photoapp.shards import leaders

            positions.needed = lambda member_id: dict.fromkeys(leaders(), 0)

    def await_followers(self) -> None:
        """Until this process reads from them, as one does that has been there for a while."""
        for group in GROUPS:
            while "replica" not in request("GET", self.idle[0], lambda: read(group, self.idle[0]))[1]:  # noqa: B023
                time.sleep(0.02)
        self.shared.incr(f"{self.name}:ready")

    def run(self, pairs: int) -> None:
        mine = self.writers[self.number :: self.processes]
        for value in range(1, pairs + 1):
            member_id, group = random.choice(mine), random.choice(GROUPS)
            request("POST", member_id, lambda: write(group, member_id, value))  # noqa: B023
            other = (self.number + random.randrange(1, self.processes)) % self.processes
            due = time.time() + random.choice([0, 0, random.uniform(0, LATEST_SECONDS)])
            self.shared.rpush(f"{self.name}:read:{other}", json.dumps([due, group, member_id, value]))
            self.read_what_waits()
            _, server = request("GET", random.choice(self.idle), lambda: read(group, self.idle[0]))  # noqa: B023
            self.counts["idle"] += 1
            self.counts["idle_at_followers"] += "replica" in server
        self.shared.incr(f"{self.name}:done")
        while int(self.shared.get(f"{self.name}:done") or 0) < self.processes or self.waiting:
            self.read_what_waits()
        self.read_what_waits(all_of_it=True)

    def read_what_waits(self, *, all_of_it: bool = False) -> None:
        while (new := self.shared.lpop(f"{self.name}:read:{self.number}")) is not None:
            heappush(self.waiting, json.loads(str(new)))
        while self.waiting and (all_of_it or self.waiting[0][0] <= time.time()):
            _, group, member_id, value = heappop(self.waiting)
            found, server = request("GET", member_id, lambda: read(group, member_id))  # noqa: B023
            self.counts["pairs"] += 1
            self.counts["behind"] += found < value
            self.counts["pairs_at_followers"] += "replica" in server


def request(method: str, member_id: int, act: Callable[[], Any]) -> Any:
    from django.http import HttpRequest, HttpResponse
    from django.test import RequestFactory

    from photoapp.replicas import ReadYourWritesMiddleware

    answer: list[Any] = []

    def view(request: HttpRequest) -> HttpResponse:
        answer.append(act())
        return HttpResponse()

    asked = RequestFactory().generic(method, "/")
    asked.COOKIES["session"] = f"{member_id:x}.random"
    ReadYourWritesMiddleware(view)(asked)
    return answer[0]


def rows(group: str, member_id: int) -> tuple[Any, str]:
    from media.models import Author
    from users.models import FollowCount, User

    if group == AUTH:
        return User.objects.filter(id=member_id), "year_of_birth"
    if group == CONTENT:
        return Author.objects.for_owner(member_id), "post_count"
    return FollowCount.objects.for_owner(member_id), "followers"


def write(group: str, member_id: int, value: int) -> None:
    found, field = rows(group, member_id)
    if not found.update(**{field: value}):
        raise AssertionError("nothing was written")


def read(group: str, member_id: int) -> tuple[int, str]:
    """The value, and the server it was read from."""
    found, field = rows(group, member_id)
    return found.values_list(field, flat=True).get() or 0, found.db


def main(name: str, number: str, processes: str, pairs: str, *rest: str) -> None:
    import django

    django.setup()
    process = Process(name, int(number), int(processes), mutant="mutant" in rest)
    process.await_followers()
    process.run(int(pairs))
    print(json.dumps(process.counts), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
