"""Put what fires where a changed routing tree leads it, a batch at a time.

What the tree no longer leads to a group stays there, told of nothing but its end if the group's targets were told that it fires.
"""

from datetime import datetime

import orjson
from django.db import connection

from alerts.incidents.configuration import Configuration
from alerts.incidents.episodes import Episode
from alerts.incidents.models import IncidentSettings
from alerts.incidents.reducer.alert_rows import AlertRow
from alerts.incidents.reducer.placing import place

MOST = 2000
NEXT = """
SELECT id, identity, labels::text, starts_at, ends_at, updated_at FROM incidents_alert WHERE is_firing AND id > %s ORDER BY id LIMIT %s
"""
STALE = """
UPDATE incidents_membership m SET stale = true FROM incidents_group g
WHERE g.id = m.group_id AND m.alert_id = ANY(%s) AND NOT m.stale
    AND NOT EXISTS (SELECT FROM unnest(%s::bigint[], %s::bigint[]) AS r(group_id, alert_id)
        WHERE r.group_id = m.group_id AND r.alert_id = m.alert_id)
"""


def has_changed(configuration: Configuration) -> bool:
    """Whether alerts have to be routed anew, or are being."""
    stored = configuration.settings
    return configuration.root is not None and (
        stored.reroute_from is not None or stored.tree_digest != configuration.digest
    )


def reroute(configuration: Configuration, now: datetime) -> int:
    """One batch, in the caller's transaction; how many alerts it had."""
    stored = IncidentSettings.objects.select_for_update().get(pk=1)
    if stored.tree_digest != configuration.digest:
        stored.tree_digest, stored.reroute_from = configuration.digest, 0
    rows = _read(stored.reroute_from or 0)
    places = place(rows, configuration, now)
    pairs = [(one.id, alert.id) for one in places for alert in one.alerts]
    with connection.cursor() as cursor:
        ids = [row.id for row in rows]
        cursor.execute(STALE, [ids, [group for group, _ in pairs], [alert for _, alert in pairs]])
    stored.reroute_from = rows[-1].id if len(rows) == MOST else None
    stored.save(update_fields=["tree_digest", "reroute_from"])
    configuration.settings = stored
    return len(rows)


def _read(after: int) -> list[AlertRow]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [after, MOST])
        return [
            AlertRow(row[1], orjson.loads(row[2]), Episode(row[3], row[4], row[5]), received_at=row[5], id=row[0])
            for row in cursor.fetchall()
        ]
