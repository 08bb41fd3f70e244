"""`manage.py demo`: members, follows and painted posts for a first look around. May be killed and run again."""

import json
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from tqdm import tqdm

from config.demo import build
from config.demo.people import MEMBERS, Member
from config.demo.plan import plan_posts
from config.demo.workers import run_all
from photoapp import outbox
from photoapp.ids import time_of
from photoapp.shards import AUTH, FRIENDS
from search import trends
from users.models import User

POSTS = 200
LOGINS = ("demo", "admin")
SYLLABLES = [consonant + vowel for consonant in "bdfghjkmnprstvz" for vowel in "aeiou"]  # no two look alike


class Command(BaseCommand):
    help = "Creates the demo: members with portraits, who follow each other, and posts with painted pictures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--members", type=int, default=len(MEMBERS))
        parser.add_argument("--posts", type=int, default=POSTS)
        parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="0: paint in this one")

    def handle(self, *args: Any, **options: Any) -> None:
        members = MEMBERS[: options["members"]]
        logins = Logins(Path(settings.DATA_DIR) / "demo.json")
        with outbox.held_back():
            create_members(members, logins)
            users = build.demo_users(members)
            logins.keep(users)
            if users:
                # The first account's id dates the demo: a run that goes on plans the same posts.
                until = time_of(min(user.id for user in users.values()))
                plans = [plan for plan in plan_posts(members, options["posts"], until) if plan.author in users]
                portraits = [member for member in members if member.username in users]
                run_all(
                    [*portraits, *plans],
                    meanwhile=lambda: follow_each_other(members, users),
                    processes=options["processes"],
                    quiet=options["verbosity"] == 0,
                )
                build.leave_traces(users)
                outbox.drain()
            trends.compute()
        (Path(settings.DATA_DIR) / "demo.done").touch()


class Logins:
    """DATA_DIR/demo.json, for its owner's eyes: {"demo": {"username", "password"}, "admin": {…}}."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found = path.exists()
        names = json.loads(path.read_text()) if self.found else {name: self._login(name) for name in LOGINS}
        self.logins: dict[str, dict[str, str]] = names
        self._write()

    @staticmethod
    def _login(name: str) -> dict[str, str]:
        """37 random bits, easy to type."""
        words = ["".join(secrets.choice(SYLLABLES) for _ in range(2)) for _ in range(3)]
        return {"username": name, "password": "-".join(words)}

    def password(self, name: str) -> str | None:
        return self.logins[name]["password"] if name in self.logins else None

    def keep(self, names: Any) -> None:
        """Forgets accounts that there are not."""
        self.logins = {name: login for name, login in self.logins.items() if name in names}
        self._write()

    def _write(self) -> None:
        partial = self.path.with_suffix(".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self.logins, file, indent=2)
        partial.replace(self.path)


def follow_each_other(members: tuple[Member, ...], users: dict[str, User]) -> None:
    build.create_follows(members, users)
    build.deliver(AUTH)
    build.deliver(FRIENDS)


def create_members(members: tuple[Member, ...], logins: Logins) -> None:
    there = build.demo_users(members)
    for member in tqdm(members, desc="Members", unit="member", disable=None):
        if member.username not in there:
            build.create_member(member, logins.password(member.username))
        elif not logins.found and (password := logins.password(member.username)):
            build.set_password(there[member.username], password)  # the file with the former one is gone
