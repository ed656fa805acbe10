"""The door of this room under `/api/v1/`; `routes` is what opsportal.api_urls registers."""

from rest_framework.viewsets import ViewSetMixin

from monitoring.checks.api.changes import StatusChangeViewSet
from monitoring.checks.api.checks import CheckViewSet
from monitoring.checks.api.kinds import KindViewSet
from monitoring.checks.api.services import DatabaseTargetViewSet, MaintenanceWindowViewSet, ServiceViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("services", ServiceViewSet),
    ("checks", CheckViewSet),
    ("kinds", KindViewSet),
    ("maintenance-windows", MaintenanceWindowViewSet),
    ("database-targets", DatabaseTargetViewSet),
    ("status-changes", StatusChangeViewSet),
]

__all__ = ["routes"]
