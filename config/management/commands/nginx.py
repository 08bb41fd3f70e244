from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.proxy import Proxy, render


class Command(BaseCommand):
    help = "Prints the configuration of nginx for the machines that a file names (deploy/nginx/machines.toml)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("machines", type=Path)

    def handle(self, *args: Any, machines: Path, **options: Any) -> None:
        try:
            self.stdout.write(render(Proxy.read(machines)))
        except (ImproperlyConfigured, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
