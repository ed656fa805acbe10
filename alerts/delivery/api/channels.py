"""Channels, their kinds, and the circuits of what they send to."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from alerts.delivery import actions
from alerts.delivery.filters import ChannelFilter, CircuitFilter
from alerts.delivery.kinds.described import described, kinds
from alerts.delivery.models import Channel, Circuit
from alerts.delivery.queries import channels_listed, circuits_listed
from alerts.delivery.serializers import (
    ChannelKindSerializer,
    ChannelSeenSerializer,
    ChannelSerializer,
    ChannelTestSerializer,
    CircuitSerializer,
    ResetSerializer,
)
from monitoring.checks.api.services import BACKENDS, SLUG
from opsportal.api.permissions import requires


class ChannelViewSet(ModelViewSet[Channel]):
    """Ways out of the portal. Addressed by slug."""

    queryset = channels_listed()
    serializer_class = ChannelSerializer
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filter_backends = BACKENDS
    filterset_class = ChannelFilter
    ordering_fields = ["name", "slug", "kind", "created_at", "updated_at"]
    throttle_scope: str | None = None

    def perform_destroy(self, instance: Channel) -> None:
        actions.channel_delete(channel=instance, now=timezone.now(), by=actions.person_of(self.request))

    @extend_schema(request=ChannelTestSerializer, responses={200: ChannelSeenSerializer}, filters=False)
    @action(
        detail=True,
        methods=["post"],
        permission_classes=[IsAuthenticated, requires("delivery.test_channel")],
        throttle_scope="costly",
    )
    def test(self, request: Request, slug: str) -> Response:
        """Send a test message at once and once; the receiver's real answer. Nothing is tried again."""
        channel = self.get_object()
        asked = ChannelTestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        seen = actions.channel_test(
            channel=channel,
            address=asked.validated_data.get("address", ""),
            now=timezone.now(),
            by=actions.person_of(request),
        )
        return Response(ChannelSeenSerializer(seen.as_dict()).data)


class ChannelKindViewSet(ViewSet):
    """The kinds of channels there are, and their settings."""

    permission_classes = [IsAuthenticated, requires("delivery.view_channel")]
    lookup_value_regex = r"[a-z0-9_]+"
    lookup_field = "kind"

    @extend_schema(responses={200: ChannelKindSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """All kinds. There are few: the list is not paged."""
        return Response([described(kind) for kind in kinds()])

    @extend_schema(
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH)], responses={200: ChannelKindSerializer}
    )
    def retrieve(self, request: Request, kind: str) -> Response:
        """One kind."""
        for found in kinds():
            if found.kind == kind:
                return Response(described(found))
        raise NotFound


class CircuitViewSet(ListModelMixin, GenericViewSet[Circuit]):
    """The circuit breakers of the endpoints that channels send to. Closed is well."""

    queryset = circuits_listed()
    serializer_class = CircuitSerializer
    filter_backends = BACKENDS
    filterset_class = CircuitFilter
    ordering_fields = ["endpoint", "state", "opened_at"]

    @extend_schema(request=ResetSerializer, responses={200: CircuitSerializer}, filters=False)
    @action(
        detail=False,
        methods=["post"],
        permission_classes=[IsAuthenticated, requires("delivery.reset_circuit")],
        pagination_class=None,
        filterset_class=None,
        ordering_fields=[],
    )
    def reset(self, request: Request) -> Response:
        """Close a circuit by hand: what waits for its endpoint is sent at once."""
        asked: Any = ResetSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        circuit = get_object_or_404(circuits_listed(), pk=asked.validated_data["endpoint"])
        done = actions.circuit_reset(circuit=circuit, now=timezone.now(), by=actions.person_of(request))
        return Response(CircuitSerializer(done).data)
