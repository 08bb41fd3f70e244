from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from search import rebuild


class Command(BaseCommand):
    help = (
        "Builds the search index anew, server by server, while the site runs. Stopped, it goes on there when it is "
        "run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new", action="store_true", help="only servers whose index was never built")

    def handle(self, *args: Any, new: bool, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        for alias in rebuild.never_built() if new else rebuild.aliases():
            total = rebuild.count(alias, rebuild.resumed_at(alias))
            with tqdm(total=total, desc=alias, unit="row", disable=quiet or not total) as bar:
                rebuild.rebuild(alias, bar.update)
            if not quiet:
                self.stdout.write(f"{alias}: {total} rows read, index built")
