"""`manage.py up`: the whole portal in one terminal."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from opsportal.env import BASE_DIR


class Command(BaseCommand):
    help = (
        "Start the whole portal: PostgreSQL and Valkey (unless DATABASE_URL and REDIS_URL name your own), web, engine, worker "
        "and beat. Ctrl-C stops everything."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print every line as a JSON object, the log-in too.")

    def handle(self, *args: Any, **options: Any) -> None:
        """The settings have been read and found sound; become the supervisor, which needs none of Django's memory."""
        arguments = [
            "--data-dir",
            str(settings.DATA_DIR.resolve()),
            "--bind",
            settings.BIND,
            "--port",
            str(settings.PORT),
        ]
        arguments += [
            "--public-url",
            settings.PUBLIC_URL,
            "--host",
            settings.ALLOWED_HOSTS[0].lstrip("*.") or "localhost",
        ]
        arguments += ["--embedded-database"] if settings.EMBEDDED_DATABASE else []
        arguments += ["--embedded-redis"] if settings.EMBEDDED_REDIS else []
        arguments += ["--json"] if options["json"] else []
        sys.stdout.flush()
        os.chdir(BASE_DIR)
        # The supervisor forks processes of the portal: none of its libraries may start threads, and their heaps stay small.
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        os.execv(sys.executable, [sys.executable, "-m", "opsportal.stack", *arguments])  # noqa: S606
