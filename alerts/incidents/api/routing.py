"""What decides over alerts: the tree, receivers, inhibition, time intervals, recurring maintenance, settings."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from alerts.incidents import actions
from alerts.incidents.configuration import settings_stored
from alerts.incidents.models import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    RecurringMaintenance,
    Route,
    TimeInterval,
)
from alerts.incidents.queries import receivers_listed, route_tried, routes_listed
from alerts.incidents.serializers import routing as told
from monitoring.checks.api.services import BACKENDS
from opsportal.api.permissions import requires

NUMBER = r"\d+"


class RouteViewSet(ModelViewSet[Route]):
    """The routing tree, node by node, in order."""

    queryset = routes_listed()
    serializer_class = told.RouteSerializer
    lookup_value_regex = NUMBER
    filter_backends = BACKENDS
    ordering_fields = ["position"]

    def perform_destroy(self, instance: Route) -> None:
        actions.route_delete(route=instance, by=actions.person_of(self.request))

    @extend_schema(request=told.TestLabelsSerializer, responses={200: told.RouteTestSerializer}, filters=False)
    @action(
        detail=False,
        methods=["post"],
        pagination_class=None,
        permission_classes=[IsAuthenticated, requires("incidents.view_route")],
    )
    def test(self, request: Request) -> Response:
        """Which routes would an alert with these labels take, and why?"""
        taken = told.TestLabelsSerializer(data=request.data)
        taken.is_valid(raise_exception=True)
        found: Any = route_tried(taken.validated_data["labels"])
        return Response(told.RouteTestSerializer(found).data)


class ReceiverViewSet(ModelViewSet[Receiver]):
    """Who is told: channels, and policies for people."""

    queryset = receivers_listed()
    serializer_class = told.ReceiverSerializer
    lookup_value_regex = NUMBER
    filter_backends = BACKENDS
    ordering_fields = ["name"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = receivers_listed().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = receivers_listed().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: Receiver) -> None:
        actions.receiver_delete(receiver=instance, by=actions.person_of(self.request))


class InhibitionRuleViewSet(ModelViewSet[InhibitionRule]):
    """While a source fires, its targets are not told."""

    queryset = InhibitionRule.objects.order_by("name")
    serializer_class = told.InhibitionRuleSerializer
    lookup_value_regex = NUMBER
    filter_backends = BACKENDS
    ordering_fields = ["name"]

    def perform_destroy(self, instance: InhibitionRule) -> None:
        actions.inhibition_delete(rule=instance, by=actions.person_of(self.request))


class TimeIntervalViewSet(ModelViewSet[TimeInterval]):
    """Named sets of times, for routes that are muted or active in them."""

    queryset = TimeInterval.objects.order_by("name")
    serializer_class = told.TimeIntervalSerializer
    lookup_value_regex = NUMBER
    filter_backends = BACKENDS
    ordering_fields = ["name"]

    def perform_destroy(self, instance: TimeInterval) -> None:
        actions.interval_delete(interval=instance, by=actions.person_of(self.request))


class RecurringMaintenanceViewSet(ModelViewSet[RecurringMaintenance]):
    """Planned work that comes again."""

    queryset = RecurringMaintenance.objects.order_by("name")
    serializer_class = told.RecurringMaintenanceSerializer
    lookup_value_regex = NUMBER
    filter_backends = BACKENDS
    ordering_fields = ["name", "first_at"]

    def perform_destroy(self, instance: RecurringMaintenance) -> None:
        actions.maintenance_delete(plan=instance, by=actions.person_of(self.request))


class IncidentSettingsViewSet(ModelViewSet[IncidentSettings]):
    """How incidents are made. There is one of it, number 1."""

    queryset = IncidentSettings.objects.order_by("pk")
    serializer_class = told.IncidentSettingsSerializer
    lookup_value_regex = NUMBER
    filter_backends = BACKENDS
    ordering_fields: list[str] = []
    http_method_names = ["get", "put", "patch", "head", "options"]

    def get_object(self) -> IncidentSettings:
        settings_stored()
        return super().get_object()
