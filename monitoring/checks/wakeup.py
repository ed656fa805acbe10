"""How engines hear that something is due sooner than they know: a notification of PostgreSQL."""

from django.db import connection

CHANNEL = "checks_changed"


def wake_engines() -> None:
    """PostgreSQL delivers this when the transaction commits, and once however often it was asked for."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
