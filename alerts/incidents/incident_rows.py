"""Incidents in bulk: one statement writes what changed of many."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection

from alerts.incidents.models import Incident

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
