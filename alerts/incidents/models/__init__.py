"""What is wrong: alerts as they come in, the groups they are told in, incidents, and what keeps alerts quiet."""

from alerts.incidents.models.alert import Alert, Group, Inbox, Membership, Told
from alerts.incidents.models.configuration import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    ReceiverTarget,
    RecurringMaintenance,
    Route,
    Silence,
    TimeInterval,
)
from alerts.incidents.models.door import IntegrationKey, OpenAlert, RememberedAnswer
from alerts.incidents.models.incident import Incident, IncidentAlert, IncidentEntry

__all__ = [
    "Alert",
    "Group",
    "Inbox",
    "Incident",
    "IncidentAlert",
    "IncidentEntry",
    "IncidentSettings",
    "InhibitionRule",
    "IntegrationKey",
    "Membership",
    "OpenAlert",
    "Receiver",
    "ReceiverTarget",
    "RecurringMaintenance",
    "RememberedAnswer",
    "Route",
    "Silence",
    "TimeInterval",
    "Told",
]
