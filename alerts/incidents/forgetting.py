"""What is over for INCIDENTS_KEPT_DAYS is forgotten, a bounded number of rows at a time; what is open or owed never is.

An incident goes with its timeline and its alerts' places in it; an alert goes once no incident and no group has it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

EVERY = timedelta(hours=1)
MOST = 2000  # rows of a table in one look
MOST_INCIDENTS = 500
MOST_BROKEN = 10_000  # rows of the inbox that are set aside: the newest
# What targets were told of groups numbers their deliveries: it is kept longer than these, or a new one had the key of an old one.
LONGER = timedelta(days=30)

TOLD = """
DELETE FROM incidents_told WHERE id IN (
    SELECT t.id FROM incidents_told t WHERE t.told_at < %s AND t.owed = '[]'::jsonb AND t.group_key NOT LIKE 'incident:%%'
        AND NOT EXISTS (SELECT FROM incidents_group g WHERE g.key = t.group_key)
    LIMIT %s)
"""
ENDED = """
SELECT i.id FROM incidents_incident i
WHERE i.resolved_at < %s AND i.state IN ('resolved', 'merged') AND i.wake_at IS NULL
    AND NOT EXISTS (SELECT FROM incidents_told t WHERE t.group_key = 'incident:' || i.id AND t.owed <> '[]'::jsonb)
    AND NOT EXISTS (SELECT FROM incidents_incident m WHERE m.id = i.merged_into_id AND m.state NOT IN ('resolved', 'merged'))
ORDER BY i.resolved_at LIMIT %s FOR UPDATE OF i SKIP LOCKED
"""
PARTS = ("incidents_incidententry", "incidents_incidentalert")
BARE = """
SELECT id FROM unnest(%(ids)s::bigint[]) AS r(id)
WHERE NOT EXISTS (SELECT FROM incidents_incidententry e WHERE e.incident_id = r.id)
    AND NOT EXISTS (SELECT FROM incidents_incidentalert m WHERE m.incident_id = r.id)
"""
LET_GO = (
    "DELETE FROM incidents_told WHERE group_key IN (SELECT 'incident:' || id FROM unnest(%(ids)s::bigint[]) AS r(id))",
    "UPDATE incidents_group SET incident_id = NULL WHERE incident_id = ANY(%(ids)s)",
    "UPDATE incidents_incident SET merged_into_id = NULL WHERE merged_into_id = ANY(%(ids)s)",
    "DELETE FROM incidents_incident WHERE id = ANY(%(ids)s)",
)
# By the index of starts: nothing ends before it starts. `updated_at`: an end of long ago may be told today.
ALERTS = """
DELETE FROM incidents_alert WHERE id IN (
    SELECT a.id FROM incidents_alert a
    WHERE a.starts_at < %(before)s AND a.ends_at < %(before)s AND a.updated_at < %(before)s AND NOT a.is_firing
        AND NOT EXISTS (SELECT FROM incidents_incidentalert i WHERE i.alert_id = a.id)
        AND NOT EXISTS (SELECT FROM incidents_membership m WHERE m.alert_id = a.id)
    ORDER BY a.starts_at LIMIT %(most)s FOR UPDATE OF a SKIP LOCKED)
"""
# From the oldest on by indexes: the planner would gather all alerts first, as it takes few to be in no incident.
IN_ORDER = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_sort = off"
SILENCES = """
DELETE FROM incidents_silence WHERE id IN (SELECT id FROM incidents_silence WHERE ends_at < %s ORDER BY ends_at LIMIT %s)
"""
BROKEN = """
DELETE FROM incidents_inbox WHERE id IN (
    SELECT id FROM (
        SELECT id, received_at, row_number() OVER (ORDER BY id DESC) AS place FROM incidents_inbox WHERE is_broken
    ) AS aside WHERE received_at < %s OR place > %s LIMIT %s)
"""


def forget(now: datetime) -> datetime:
    """A bounded number of rows, one kind after the other; when to look again."""
    before = now - timedelta(days=settings.INCIDENTS_KEPT_DAYS)
    kinds: tuple[Callable[[], bool], ...] = (
        lambda: _incidents(before),
        lambda: _alerts(before),
        lambda: _done(SILENCES, [before, MOST]),
        lambda: _done(BROKEN, [before, MOST_BROKEN, MOST]),
        lambda: _done(TOLD, [told_until(now), MOST]),
    )
    return now if any(kind() for kind in kinds) else now + EVERY


def told_until(now: datetime) -> datetime:
    """What groups were told before then is forgotten."""
    return now - timedelta(days=settings.DELIVERIES_KEPT_DAYS) - LONGER


@transaction.atomic
def _alerts(before: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(IN_ORDER)
    return _done(ALERTS, {"before": before, "most": MOST})


def _done(statement: str, parameters: Sequence[datetime | int] | Mapping[str, datetime | int]) -> bool:
    """Whether there may be more."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return bool(cursor.rowcount >= MOST)


@transaction.atomic
def _incidents(before: datetime) -> bool:
    """Parts of them first, so that one with very many takes several looks."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED, [before, MOST_INCIDENTS])
        ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            return False
        for table in PARTS:
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE incident_id = ANY(%s) LIMIT %s)",  # noqa: S608 - own names
                [ids, MOST],
            )
        cursor.execute(BARE, {"ids": ids})
        bare = [pk for (pk,) in cursor.fetchall()]
        for statement in LET_GO:
            cursor.execute(statement, {"ids": bare})
    return len(ids) == MOST_INCIDENTS or len(bare) < len(ids)
