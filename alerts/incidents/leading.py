"""Who may move alerts between groups and incidents: one transaction at a time, the reducer's or that of who merges, splits or reopens.

The reducer locks groups before incidents, people's answers the other way round: at the same time each could wait for the other.
"""

from django.db import connection

LEADER = 0x6F70_7333  # "ops3"


def leads() -> bool:
    """Whether the present transaction leads, from now on to its end; at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LEADER])
        return bool(cursor.fetchone()[0])


def lead() -> None:
    """Lead as soon as nobody else does: a batch of the reducer at most."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEADER])
