"""What open pages are told of an incident and of its timeline. Times are ISO 8601."""

from collections.abc import Iterable
from typing import Any

from alerts.delivery.messages import iso
from alerts.incidents.choices import EntryKind, IncidentState
from alerts.incidents.models import Incident, IncidentEntry
from monitoring.events.choices import Severity

LIST = "incidents"


def topic_of(incident_id: int) -> str:
    """The topic of one incident: key `incident` is itself, each `entry:<id>` a line of its timeline."""
    return f"incident:{incident_id}"


def incident_payload(incident: Incident) -> dict[str, Any]:
    """An entry of the topic `incidents`. `acknowledged_by` and `assigned_to` are read: select them with it."""
    state, severity = IncidentState(incident.state), Severity(incident.severity)
    return {
        "id": str(incident.pk),
        "title": incident.title,
        "state": state.value,
        "state_label": str(state.label),
        "state_icon": state.icon,
        "severity": severity.value,
        "severity_label": str(severity.label),
        "severity_icon": severity.icon,
        "service": incident.service,
        "root_cause": incident.root_cause,
        "root_reason": incident.root_reason,
        "opened_at": iso(incident.opened_at),
        "joined_at": iso(incident.joined_at),
        "acknowledged_by": str(incident.acknowledged_by or ""),
        "acknowledged_at": iso(incident.acknowledged_at),
        "assigned_to": str(incident.assigned_to or ""),
        "wake_at": iso(incident.wake_at),
        "resolved_at": iso(incident.resolved_at),
        "merged_into": incident.merged_into_id and str(incident.merged_into_id),
        "suppressed": incident.suppressed,
        "firing_count": incident.firing_count,
        "alert_count": incident.alert_count,
        "updated_at": iso(incident.updated_at),
        "url": incident.get_absolute_url(),
    }


def entry_payload(entry: IncidentEntry) -> dict[str, Any]:
    kind = EntryKind(entry.kind)
    return {
        "id": str(entry.pk),
        "time": iso(entry.time),
        "kind": kind.value,
        "kind_label": str(kind.label),
        "by": entry.by,
        "summary": entry.summary,
        "payload": entry.payload,
    }


def updates_of(incidents: Iterable[Incident], entries: Iterable[IncidentEntry]) -> dict[str, dict[str, Any]]:
    """Live updates by topic."""
    found: dict[str, dict[str, Any]] = {}
    for incident in incidents:
        payload = incident_payload(incident)
        found.setdefault(LIST, {})[str(incident.pk)] = payload
        found.setdefault(topic_of(incident.pk), {})["incident"] = payload
    for entry in entries:
        found.setdefault(topic_of(entry.incident_id), {})[f"entry:{entry.pk}"] = entry_payload(entry)
    return found
