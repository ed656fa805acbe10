"""Many events at once: what escalations must say loudly."""

from collections.abc import Sequence
from dataclasses import asdict

import orjson
from django.db import connection, transaction

from monitoring.events.bulk import INSERT, NewEvent
from monitoring.events.payloads import event_payload
from opsportal import live


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
