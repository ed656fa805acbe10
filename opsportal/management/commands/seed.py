"""`manage.py seed`: the first services, and who is told when they fail, so that the first page is never empty."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

# Each makes what is not there yet, and returns the names of what it made.
SEEDS = (
    "monitoring.checks.seeds.seed",
    "alerts.oncall.seeds.seed",
    "alerts.incidents.seeds.seed",
    "alerts.rules.seeds.seed",
)


class Command(BaseCommand):
    help = (
        "Add the portal's own parts and this machine as services with checks, and a first team, on-call schedule, escalation "
        "policy and route, and the default rules, where they are not there yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the names as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        made: list[str] = [name for path in SEEDS for name in import_string(path)()]
        if options["json"]:
            self.stdout.write(json.dumps({"made": made}))
        else:
            self.stdout.write(f"Seeded: {', '.join(made)}" if made else "Nothing to seed: all of it is there.")
