"""`manage.py seed`: the first services, so that the first page is never empty."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from monitoring.checks.seeds import seed


class Command(BaseCommand):
    help = "Add the portal's own parts and this machine as services with checks, where they are not there yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the names as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        made = seed()
        if options["json"]:
            self.stdout.write(json.dumps({"made": made}))
        else:
            self.stdout.write(f"Seeded: {', '.join(made)}" if made else "Nothing to seed: all of it is there.")
