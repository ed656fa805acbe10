"""Services, maintenance windows and registered databases."""

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from monitoring.checks import actions
from monitoring.checks.filters import MaintenanceWindowFilter, ServiceFilter
from monitoring.checks.models import DatabaseTarget, MaintenanceWindow, Service
from monitoring.checks.queries import services_listed, windows_listed
from monitoring.checks.serializers.services import (
    DatabaseTargetSerializer,
    MaintenanceWindowSerializer,
    ServiceSerializer,
)
from monitoring.checks.serializers.uptime import UptimeSerializer, uptime_answer
from opsportal.api.filters import StrictOrdering

BACKENDS = [DjangoFilterBackend, StrictOrdering]
SLUG = r"[-a-zA-Z0-9_]+"


class ServiceViewSet(ModelViewSet[Service]):
    """What is watched. Addressed by slug."""

    queryset = services_listed()
    serializer_class = ServiceSerializer
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filter_backends = BACKENDS
    filterset_class = ServiceFilter
    ordering_fields = ["name", "slug", "owner", "criticality", "created_at", "updated_at"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services_listed().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services_listed().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: Service) -> None:
        actions.service_delete(service=instance, by=actions.person_of(self.request))

    @extend_schema(responses={200: UptimeSerializer(many=True)})
    @action(detail=True, pagination_class=None, filterset_class=None, ordering_fields=[])
    def uptime(self, request: Request, slug: str) -> Response:
        """Uptime and latency over 24 hours and 7, 30 and 90 days, from roll-ups."""
        return Response(uptime_answer(service_id=self.get_object().pk))


class MaintenanceWindowViewSet(ModelViewSet[MaintenanceWindow]):
    """Planned spans in which a service's failures are expected."""

    queryset = windows_listed()
    serializer_class = MaintenanceWindowSerializer
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = MaintenanceWindowFilter
    ordering_fields = ["starts_at", "ends_at"]

    def perform_destroy(self, instance: MaintenanceWindow) -> None:
        actions.maintenance_delete(window=instance, by=actions.person_of(self.request))


class DatabaseTargetViewSet(ModelViewSet[DatabaseTarget]):
    """Databases registered once and used by many checks. Their addresses go in and never come out."""

    queryset = DatabaseTarget.objects.order_by("name")
    serializer_class = DatabaseTargetSerializer
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filter_backends = [StrictOrdering]
    ordering_fields = ["name", "slug"]

    def perform_destroy(self, instance: DatabaseTarget) -> None:
        actions.database_target_delete(target=instance, by=actions.person_of(self.request))
