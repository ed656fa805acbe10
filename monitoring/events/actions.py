"""Writes of the timeline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitoring.events.choices import Severity
from monitoring.events.models import Event
from monitoring.events.payloads import event_payload
from opsportal import live
from opsportal.sweeps import wake

NEW = "events_new"  # notified when a transaction with events commits, once


def event_emit(
    *,
    kind: str,
    severity: Severity,
    subject: str,
    summary: str,
    payload: Mapping[str, Any] | None = None,
    time: datetime | None = None,
) -> Event:
    """Put one event on the timeline, in the caller's transaction, and show it on open pages once that is committed."""
    event = Event.objects.create(
        kind=kind,
        severity=severity,
        subject=subject,
        summary=summary,
        payload=dict(payload or {}),
        time=time or timezone.now(),
    )
    wake(NEW)
    transaction.on_commit(lambda: live.publish("feed", {str(event.id): event_payload(event, event.id)}))
    return event
