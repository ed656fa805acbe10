"""Many events at once, for writers that speak psycopg directly (the check engine)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import orjson
from psycopg import AsyncConnection

from monitoring.events.choices import Severity
from monitoring.events.payloads import event_payload

INSERT = """
INSERT INTO events_event (time, kind, severity, subject, summary, payload)
SELECT time, kind, severity, subject, summary, payload FROM json_to_recordset(%s::json)
    AS r(time timestamptz, kind text, severity text, subject text, summary text, payload jsonb)
RETURNING id
"""
NOTIFY = "NOTIFY events_new"  # as `event_emit` does


@dataclass(frozen=True, slots=True)
class NewEvent:
    time: datetime
    kind: str
    severity: Severity
    subject: str
    summary: str
    payload: dict[str, Any] = field(default_factory=dict)


async def events_emit(database: AsyncConnection[Any], events: Sequence[NewEvent]) -> dict[str, dict[str, Any]]:
    """Store events in the caller's transaction; their updates for the live topic `feed`, to be published after the commit."""
    if not events:
        return {}
    cursor = await database.execute(INSERT, [orjson.dumps([asdict(event) for event in events]).decode()])
    ids = [row[0] for row in await cursor.fetchall()]
    await database.execute(NOTIFY)
    return {str(event_id): event_payload(event, event_id) for event_id, event in zip(ids, events, strict=True)}
