"""What a transaction does to incidents, gathered and written together at its end: timeline, events, deliveries, open pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from alerts.delivery.bulk import Wanted, deliver_many
from alerts.incidents.choices import EntryKind
from alerts.incidents.incident_rows import entries_add
from alerts.incidents.live_payloads import updates_of
from alerts.incidents.models import Incident, IncidentEntry
from alerts.oncall.announcing import emit_many
from monitoring.events.bulk import NewEvent
from monitoring.events.choices import Severity
from opsportal import live

VERBS = {
    EntryKind.OPENED: "opened",
    EntryKind.REOPENED: "reopened",
    EntryKind.ACKNOWLEDGED: "acknowledged",
    EntryKind.ACK_EXPIRED: "acknowledgement_ended",
    EntryKind.SNOOZED: "snoozed",
    EntryKind.RESOLVED: "resolved",
    EntryKind.MERGED: "merged",
    EntryKind.SPLIT: "split",
    EntryKind.ASSIGNED: "assigned",
    EntryKind.SEVERITY: "severity_changed",
    EntryKind.POSTMORTEM: "postmortem_saved",
    EntryKind.COMMENT: "commented",
}
CALM = frozenset(
    {EntryKind.RESOLVED, EntryKind.COMMENT, EntryKind.POSTMORTEM, EntryKind.ASSIGNED, EntryKind.ACKNOWLEDGED}
)


@dataclass(slots=True)
class Record:
    """Of one transaction at `now`, begun with `recorded`."""

    now: datetime
    entries: list[IncidentEntry] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)
    deliveries: list[Wanted] = field(default_factory=list)

    def note(self, incident: Incident, kind: EntryKind, summary: str, *, by: str = "", **payload: Any) -> None:
        """A line of the incident's timeline, and for what people care about elsewhere an event `alerts.incident.<verb>`."""
        self.entries.append(
            IncidentEntry(incident=incident, time=self.now, kind=kind, by=by[:150], summary=summary, payload=payload)
        )
        self.changed.add(incident.pk)
        if verb := VERBS.get(kind):
            severity = Severity.INFO if kind in CALM else Severity(incident.severity)
            words = f"Incident #{incident.pk} {incident.title}: {summary}"
            about = {"incident": incident.pk, "by": by or None, "service": incident.service}
            self.events.append(NewEvent(self.now, f"alerts.incident.{verb}", severity, incident.subject, words, about))

    def close(self) -> None:
        """Write all of it, in the caller's transaction; open pages hear of it after the commit."""
        entries_add(self.entries)
        emit_many(self.events)
        deliver_many(self.deliveries, now=self.now)
        if self.changed:
            transaction.on_commit(self._show, robust=True)

    def _show(self) -> None:
        """What open pages show, read when it is there for all to see: nobody waits for that in the transaction."""
        incidents = Incident.objects.filter(pk__in=self.changed).prefetch_related("acknowledged_by", "assigned_to")
        live.publish_many(updates_of(incidents, self.entries))


@contextmanager
def recorded(now: datetime) -> Iterator[Record]:
    """A transaction, and its record, which is written before it ends."""
    with transaction.atomic():
        record = Record(now)
        yield record
        record.close()
