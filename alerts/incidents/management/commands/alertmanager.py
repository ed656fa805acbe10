"""`manage.py alertmanager import FILE`: take over the configuration of an Alertmanager."""

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from alerts.incidents.actions.alertmanager import alertmanager_import
from alerts.incidents.alertmanager_config import Config, ConfigError, load


class Command(BaseCommand):
    help = "Take over an Alertmanager configuration file: routes, receivers, inhibition, time intervals. docs/routing.md says what is."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        parser = commands.add_parser("import", help="All or nothing; what has no place here is listed with its line.")
        parser.add_argument("file", help="alertmanager.yml; - reads standard input.")
        parser.add_argument(
            "--replace", action="store_true", help="Put the file's routes in the place of those there are."
        )
        parser.add_argument("--dry-run", action="store_true", help="Change nothing; say what would be done.")

    def handle(self, *args: Any, file: str, replace: bool, dry_run: bool, **options: Any) -> None:
        config = _config(file)
        try:
            done = alertmanager_import(config=config, replace=replace, dry_run=dry_run)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        for words in done.made:
            self.stdout.write(f"{'would be stored' if dry_run else 'stored'}: {words}")
        for words in (*map(str, config.findings), *done.refused):
            self.stdout.write(f"not taken over: {words}")


def _config(file: str) -> Config:
    try:
        return load(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    except ConfigError as error:
        raise CommandError(f"{file} is not taken:\n{error}") from None
