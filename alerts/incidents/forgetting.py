"""What targets were told of groups that are long gone: forgotten, once nothing is owed. Alertmanager forgets after 5 days."""

from datetime import datetime, timedelta

from django.db import connection

AFTER = timedelta(days=30)
EVERY = timedelta(hours=1)
MOST = 10_000
FORGET = """
DELETE FROM incidents_told WHERE id IN (
    SELECT t.id FROM incidents_told t WHERE t.told_at < %s AND t.owed = '[]'::jsonb AND t.group_key NOT LIKE 'incident:%%'
        AND NOT EXISTS (SELECT FROM incidents_group g WHERE g.key = t.group_key)
    LIMIT %s)
"""


def forget(now: datetime) -> datetime:
    """A bounded number of rows; when to look again."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [now - AFTER, MOST])
        return now if cursor.rowcount == MOST else now + EVERY
