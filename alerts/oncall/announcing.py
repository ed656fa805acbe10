"""Events of this room: changes of configuration, and what escalations must say loudly."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from django.db import connection, transaction

from monitoring.events.actions import event_emit
from monitoring.events.bulk import INSERT, NewEvent
from monitoring.events.choices import Severity
from monitoring.events.payloads import event_payload
from opsportal import live
from opsportal.writing import Person


def announce(*, kind: str, subject: str, summary: str, by: Person, payload: Mapping[str, Any] | None = None) -> None:
    """Put a change of configuration on the timeline, with who did it."""
    who = by.get_username() if by else None
    event_emit(
        kind=kind,
        severity=Severity.INFO,
        subject=subject[:250],
        summary=f"{summary} by {who}" if who else summary,
        payload={"by": who, **(payload or {})},
    )


def emit_many(events: Sequence[NewEvent]) -> None:
    """Put many events on the timeline in one statement, in the caller's transaction."""
    if not events:
        return
    rows = [asdict(event) | {"time": event.time.isoformat(), "severity": str(event.severity)} for event in events]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [orjson.dumps(rows).decode()])
        ids = [row[0] for row in cursor.fetchall()]
    updates = {str(pk): event_payload(event, pk) for event, pk in zip(events, ids, strict=True)}
    transaction.on_commit(lambda: live.publish("feed", updates))
