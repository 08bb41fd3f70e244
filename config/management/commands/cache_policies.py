from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config import cache_policies


class Command(BaseCommand):
    help = "Prints the table of the views' cache policies; --write puts it into docs/caching.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        if write:
            cache_policies.write_table()
        else:
            self.stdout.write(cache_policies.table())
