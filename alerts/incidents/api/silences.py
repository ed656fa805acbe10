"""Silences. A change of the matchers makes another one: the answer has its id."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from alerts.incidents import actions
from alerts.incidents.filters import SilenceFilter
from alerts.incidents.models import Silence
from alerts.incidents.queries import silences_listed
from alerts.incidents.serializers.silences import (
    ExpiredSerializer,
    PreviewSerializer,
    SilenceSerializer,
    ToCoverSerializer,
)
from monitoring.checks.api.services import BACKENDS
from opsportal.api.permissions import requires


class SilenceViewSet(ModelViewSet[Silence]):
    """For a while, what matches is not told; those that end last come first."""

    queryset = Silence.objects.order_by("-ends_at", "-id")
    serializer_class = SilenceSerializer
    lookup_field = "uuid"
    lookup_value_regex = r"[0-9a-f-]{36}"
    filter_backends = BACKENDS
    filterset_class = SilenceFilter
    ordering_fields = ["starts_at", "ends_at", "created_at"]
    http_method_names = ["get", "post", "put", "patch", "head", "options"]

    def get_queryset(self) -> QuerySet[Silence]:
        return silences_listed(timezone.now())

    @extend_schema(request=None, responses={200: ExpiredSerializer}, filters=False)
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated, requires("incidents.change_silence")])
    def expire(self, request: Request, uuid: str) -> Response:
        """End it now; what still fires is told."""
        by = actions.person_of(request)
        done = actions.silence_expire(silence=self.get_object(), by=by, now=timezone.now())
        return Response({"expired": done})

    @extend_schema(request=ToCoverSerializer, responses={200: PreviewSerializer}, filters=False)
    @action(
        detail=False,
        methods=["post"],
        pagination_class=None,
        permission_classes=[IsAuthenticated, requires("incidents.add_silence")],
    )
    def preview(self, request: Request) -> Response:
        """What a silence with these matchers would cover now."""
        taken = ToCoverSerializer(data=request.data)
        taken.is_valid(raise_exception=True)
        found: Any = actions.silence_preview(taken.validated_data["matchers"])
        return Response(PreviewSerializer(found).data)
