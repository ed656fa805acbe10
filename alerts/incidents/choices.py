"""The words of this room."""

from django.db import models


class IncidentState(models.TextChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SNOOZED = "snoozed", "Snoozed"
    RESOLVED = "resolved", "Resolved"
    MERGED = "merged", "Merged"

    @property
    def icon(self) -> str:
        return STATE_ICONS[self]


STATE_ICONS = {
    IncidentState.OPEN: "local_fire_department",
    IncidentState.ACKNOWLEDGED: "front_hand",
    IncidentState.SNOOZED: "snooze",
    IncidentState.RESOLVED: "check_circle",
    IncidentState.MERGED: "merge",
}
UNRESOLVED = (IncidentState.OPEN, IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED)


class EntryKind(models.TextChoices):
    """What an entry of an incident's timeline is about."""

    OPENED = "opened", "Opened"
    ALERT_JOINED = "alert_joined", "Alert joined"
    ALERT_LEFT = "alert_left", "Alert resolved"
    NOTIFIED = "notified", "Notified"
    SUPPRESSED = "suppressed", "Not told"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    ACK_EXPIRED = "ack_expired", "Acknowledgement ended"
    SNOOZED = "snoozed", "Snoozed"
    REOPENED = "reopened", "Opened again"
    RESOLVED = "resolved", "Resolved"
    MERGED = "merged", "Merged"
    SPLIT = "split", "Split"
    ASSIGNED = "assigned", "Assigned"
    SEVERITY = "severity", "Severity changed"
    COMMENT = "comment", "Comment"
    POSTMORTEM = "postmortem", "Post-mortem"
    CORRELATED = "correlated", "Correlated"


class KeyKind(models.TextChoices):
    """The door that an integration key is for."""

    JSON = "json", "JSON of any form"
    PAGERDUTY = "pagerduty", "PagerDuty Events v2"
