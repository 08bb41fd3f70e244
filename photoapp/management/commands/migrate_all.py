from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections


class Command(BaseCommand):
    help = "Migrates every database: auth and all shards."

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in connections:
            self.stdout.write(f"migrating {alias}")
            call_command("migrate", database=alias, interactive=False, verbosity=max(0, options["verbosity"] - 1))
