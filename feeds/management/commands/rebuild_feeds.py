from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from feeds import services, store
from users.models import User


class Command(BaseCommand):
    help = (
        "Builds feeds anew from the databases: of the members named, else of all who logged in lately. "
        "A feed that is missing is built when it is read, too; this spares the readers that wait."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("usernames", nargs="*")
        parser.add_argument("--days", type=int, default=7, help="logged in within so many days (7)")

    def handle(self, *args: Any, usernames: list[str], days: int, **options: Any) -> None:
        members = User.objects.filter(is_active=True)
        if usernames:
            members = members.filter(username__in=[name.lower() for name in usernames])
            missing = {name.lower() for name in usernames} - set(members.values_list("username", flat=True))
            if missing:
                raise CommandError(f"no such member: {', '.join(sorted(missing))}")
        else:
            members = members.filter(last_login__gte=timezone.now() - timedelta(days=days))
        rebuilt = 0
        for user_id in tqdm(ids_of(members), total=members.count(), unit="feed", disable=options["verbosity"] == 0):
            store.forget(user_id)
            services.rebuild(user_id)
            rebuilt += 1
        self.stdout.write(f"{rebuilt} feeds rebuilt")


def ids_of(members: Any) -> Iterator[int]:
    """By keyset: members may log in while this runs."""
    after = 0
    while chunk := list(members.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:1000]):
        yield from chunk
        after = chunk[-1]
