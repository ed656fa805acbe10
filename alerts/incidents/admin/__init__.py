"""The admin of this room."""

from alerts.incidents.admin.keys import IntegrationKeyAdmin
from alerts.incidents.admin.records import AlertAdmin, IncidentAdmin
from alerts.incidents.admin.routing import (
    IncidentSettingsAdmin,
    InhibitionRuleAdmin,
    ReceiverAdmin,
    RecurringMaintenanceAdmin,
    RouteAdmin,
    TimeIntervalAdmin,
)
from alerts.incidents.admin.silences import SilenceAdmin

__all__ = [
    "AlertAdmin",
    "IncidentAdmin",
    "IncidentSettingsAdmin",
    "InhibitionRuleAdmin",
    "IntegrationKeyAdmin",
    "ReceiverAdmin",
    "RecurringMaintenanceAdmin",
    "RouteAdmin",
    "SilenceAdmin",
    "TimeIntervalAdmin",
]
