"""Incidents in bulk: one statement writes what changed of many."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from alerts.incidents.models import Incident, IncidentEntry

COLUMNS = {
    "title": "text", "state": "text", "severity": "text", "severity_set": "boolean", "service": "text", "root_cause": "text",
    "root_reason": "text", "joined_at": "timestamptz", "episode": "int", "suppressed": "boolean", "wake_at": "timestamptz",
    "acknowledged_by_id": "bigint", "acknowledged_at": "timestamptz", "resolved_at": "timestamptz", "resolved_by_id": "bigint",
    "firing_count": "int", "alert_count": "int", "updated_at": "timestamptz",
}  # fmt: skip
UPDATE = (
    f"UPDATE incidents_incident i SET {', '.join(f'{name} = r.{name}' for name in COLUMNS)} "  # noqa: S608 - own columns
    f"FROM json_to_recordset(%s::json) AS r(id bigint, {', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())}) "
    "WHERE i.id = r.id"
)
ALL = {"id": "bigint", "opened_at": "timestamptz", "postmortem": "text"} | COLUMNS
INSERT = (
    f"INSERT INTO incidents_incident ({', '.join(ALL)}) SELECT {', '.join(ALL)} "  # noqa: S608 - own columns
    f"FROM json_to_recordset(%s::json) AS r({', '.join(f'{name} {kind}' for name, kind in ALL.items())})"
)
JOIN = """
INSERT INTO incidents_incidentalert (incident_id, alert_id, joined_at)
SELECT incident_id, alert_id, %s FROM unnest(%s::bigint[], %s::bigint[]) AS r(incident_id, alert_id)
ON CONFLICT (incident_id, alert_id) DO UPDATE SET joined_at = excluded.joined_at, left_at = NULL
"""
ENTRIES = """
INSERT INTO incidents_incidententry (incident_id, time, kind, by, summary, payload)
SELECT incident, time, kind, by, summary, payload
FROM json_to_recordset(%s::json) AS r(incident bigint, time timestamptz, kind text, by text, summary text, payload jsonb, place int)
ORDER BY place RETURNING id
"""


def entries_add(entries: Sequence[IncidentEntry]) -> None:
    """Store lines of timelines, in this order, and set their ids."""
    if not entries:
        return
    rows = [
        {"incident": one.incident_id, "time": one.time, "kind": str(one.kind), "by": one.by, "summary": one.summary,
         "payload": one.payload, "place": place}
        for place, one in enumerate(entries)
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [orjson.dumps(rows).decode()])
        for one, (pk,) in zip(entries, cursor.fetchall(), strict=True):
            one.pk = pk


def incidents_add(incidents: Sequence[Incident]) -> None:
    """Store new ones, under the numbers that they have."""
    if incidents:
        rows = [_row(one) | {"opened_at": one.opened_at, "postmortem": one.postmortem} for one in incidents]
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [orjson.dumps(rows).decode()])


def alerts_join(pairs: Sequence[tuple[int, int]], now: datetime) -> None:
    """Put alerts into incidents: (incident, alert) each; those that had left are in again."""
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(JOIN, [now, [one for one, _ in pairs], [one for _, one in pairs]])


def incidents_write(incidents: Sequence[Incident]) -> None:
    """Store them as they are; the caller has them locked."""
    if incidents:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, [orjson.dumps([_row(one) for one in incidents]).decode()])


def incident_ids(count: int) -> list[int]:
    """Numbers for incidents to be."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('incidents_incident', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [pk for (pk,) in cursor.fetchall()]


def _row(incident: Incident) -> dict[str, Any]:
    return {"id": incident.pk} | {name: getattr(incident, name) for name in COLUMNS}
