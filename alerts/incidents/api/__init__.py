"""The door of this room under `/api/v1/`; `routes` is what opsportal.api_urls registers."""

from rest_framework.viewsets import ViewSetMixin

from alerts.incidents.api.incidents import AlertViewSet, IncidentViewSet
from alerts.incidents.api.keys import IntegrationKeyViewSet
from alerts.incidents.api.routing import (
    IncidentSettingsViewSet,
    InhibitionRuleViewSet,
    ReceiverViewSet,
    RecurringMaintenanceViewSet,
    RouteViewSet,
    TimeIntervalViewSet,
)
from alerts.incidents.api.silences import SilenceViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("incidents", IncidentViewSet),
    ("alerts", AlertViewSet),
    ("silences", SilenceViewSet),
    ("routes", RouteViewSet),
    ("receivers", ReceiverViewSet),
    ("inhibition-rules", InhibitionRuleViewSet),
    ("time-intervals", TimeIntervalViewSet),
    ("maintenances", RecurringMaintenanceViewSet),
    ("incident-settings", IncidentSettingsViewSet),
    ("integration-keys", IntegrationKeyViewSet),
]

__all__ = ["routes"]
