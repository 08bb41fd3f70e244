"""`manage.py doctor`: tries every dependency for real, and says what is wrong and what to do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.doctor import databases, outside, queues
from config.doctor.examination import OK, WRONG, examine


class Command(BaseCommand):
    help = "Tries databases, Redis, workers, the object store, mail and the site. Exits with 1 if anything is wrong."
    requires_system_checks: list[str] = []  # type: ignore[assignment]  # they would stop it before it can say what is wrong

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--send-to", default="", metavar="ADDRESS", help="also send a mail there")
        parser.add_argument("--seconds", type=float, default=30, help="longest time to wait for anything (default 30)")

    def handle(self, *args: Any, **options: Any) -> None:
        checks = [*databases.checks(), *queues.checks(), *outside.checks(options["send_to"])]
        wrong = 0
        for finding in examine(checks, seconds=options["seconds"]):
            wrong += finding.level == WRONG
            style = {OK: self.style.SUCCESS, WRONG: self.style.ERROR}.get(finding.level, self.style.WARNING)
            self.stdout.write(f"{style(f'{finding.level:5}')}  {finding.part}: {finding.message}")
            self.stdout.flush()
        if wrong:
            raise CommandError("One thing is wrong." if wrong == 1 else f"{wrong} things are wrong.")
        self.stdout.write("Nothing is wrong.")
