"""`manage.py prepare`: what has to be there before the processes start. Safe to run on several hosts at once."""

import json
import sys
import time
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from opsportal.stack.paths import DATABASE, postgres_url
from security.access.actions import administrator_create

DATABASE_WAIT_S = 30.0
FIRST_USER = "admin"


class Command(BaseCommand):
    help = (
        "Migrate the database, seed it the first time, and make the first administrator if there is none. The password is "
        "only ever written to a terminal: without one, no administrator is made."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="Report the log-in on standard output as one line of JSON."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED_DATABASE:
            make_database()
        wait_for_database()
        with connection.cursor() as cursor:  # held until this connection closes
            cursor.execute("SELECT pg_advisory_lock(hashtext('opsportal prepare'))")
        call_command("migrate", interactive=False, verbosity=0, stdout=sys.stderr)
        login = first_login(may_show=options["json"] or self.stdout.isatty())
        connection.close()
        self.stdout.write(json.dumps(login) if options["json"] else described(login))


def make_database() -> None:
    """The embedded cluster begins without the portal's database."""
    with psycopg.connect(postgres_url(settings.DATA_DIR, "postgres"), autocommit=True, connect_timeout=5) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            server.execute(f'CREATE DATABASE "{DATABASE}"')


def wait_for_database() -> None:
    deadline = time.monotonic() + DATABASE_WAIT_S
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise CommandError(f"DATABASE_URL: no connection within {DATABASE_WAIT_S:.0f} s: {error}") from None
            time.sleep(0.5)


def first_login(*, may_show: bool) -> dict[str, str | None]:
    """Seed and make `admin` where there is no superuser yet; the user name, and the password if it was made just now.

    No superuser means that this portal was never set up: seeds that somebody deleted later do not come back.
    Without `may_show` nobody would see the password, or a log file would keep it: no administrator is made.
    """
    people = get_user_model().objects
    if (found := people.filter(is_superuser=True, is_active=True).order_by("pk").first()) is not None:
        return {"username": found.get_username(), "password": None}
    seed()
    if not may_show:
        return {"username": None, "password": None}
    if people.filter(username=FIRST_USER).exists():
        sys.stderr.write(f"No superuser, and {FIRST_USER} is somebody else: run `manage.py createsuperuser`.\n")
        return {"username": None, "password": None}
    _, password = administrator_create(username=FIRST_USER)
    seed()  # the first team and schedule are the administrator's
    return {"username": FIRST_USER, "password": password}


def seed() -> None:
    if "seed" in get_commands():
        call_command("seed", stdout=sys.stderr)


def described(login: dict[str, str | None]) -> str:
    if login["password"]:
        return f"The first administrator was made: {login['username']}, password {login['password']} (shown only now)."
    if login["username"]:
        return f"The database is ready. An administrator is {login['username']}."
    return "The database is ready. There is no administrator yet: run `manage.py prepare` or `createsuperuser` in a terminal."
