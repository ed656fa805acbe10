"""Changes of status with their evidence."""

from rest_framework.viewsets import ReadOnlyModelViewSet

from monitoring.checks.api.services import BACKENDS
from monitoring.checks.filters import StatusChangeFilter
from monitoring.checks.models import StatusChange
from monitoring.checks.serializers.checks import StatusChangeSerializer
from opsportal.api.cursors import TimePages


class StatusChangeViewSet(ReadOnlyModelViewSet[StatusChange]):
    """Every change of status of checks and services, the newest first."""

    queryset = StatusChange.objects.order_by("-time", "-id")
    serializer_class = StatusChangeSerializer
    pagination_class = TimePages
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS[:1]
    filterset_class = StatusChangeFilter
