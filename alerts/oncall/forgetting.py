"""Escalations that ended INCIDENTS_KEPT_DAYS ago are forgotten with what their steps did, a bounded number at a time.

One whose subject has deliveries still is kept: its episode is in their keys, and the next one must have another.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

EVERY = timedelta(hours=1)
MOST = 1000
MOST_PARTS = 5000
ENDED = """
SELECT e.id FROM oncall_escalation e
WHERE e.ended_at < %s AND e.state = 'over' AND NOT EXISTS (SELECT FROM delivery_delivery d WHERE d.subject = e.subject)
ORDER BY e.ended_at LIMIT %s FOR UPDATE OF e SKIP LOCKED
"""
PARTS = ("oncall_page", "oncall_escalationentry")
DELETE = """
DELETE FROM oncall_escalation e WHERE e.id = ANY(%s)
    AND NOT EXISTS (SELECT FROM oncall_page p WHERE p.escalation_id = e.id)
    AND NOT EXISTS (SELECT FROM oncall_escalationentry y WHERE y.escalation_id = e.id)
"""


@transaction.atomic
def forget(now: datetime) -> datetime:
    """When to look again."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED, [now - timedelta(days=settings.INCIDENTS_KEPT_DAYS), MOST])
        ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            return now + EVERY
        for table in PARTS:
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE escalation_id = ANY(%s) LIMIT %s)",  # noqa: S608 - own names
                [ids, MOST_PARTS],
            )
        cursor.execute(DELETE, [ids])
        return now if len(ids) == MOST or cursor.rowcount < len(ids) else now + EVERY
