"""Integration keys. The key itself is in the answer to its making and renewing, and nowhere else."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from alerts.incidents import actions
from alerts.incidents.models import IntegrationKey
from alerts.incidents.serializers import keys as told
from monitoring.checks.api.services import BACKENDS
from opsportal.api.permissions import requires


class IntegrationKeyViewSet(ModelViewSet[IntegrationKey]):
    """Who may send alerts with a key of its own, and what its payloads become."""

    queryset = IntegrationKey.objects.order_by("name")
    serializer_class = told.IntegrationKeySerializer
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    ordering_fields = ["name", "created_at", "last_used_at"]

    @extend_schema(responses={201: told.IntegrationKeyMadeSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        taken = self.get_serializer(data=request.data)
        taken.is_valid(raise_exception=True)
        return self._made(taken.save(), status.HTTP_201_CREATED)

    def perform_destroy(self, instance: IntegrationKey) -> None:
        actions.integration_key_delete(key=instance, by=actions.person_of(self.request))

    @extend_schema(request=None, responses={200: told.IntegrationKeyMadeSerializer}, filters=False)
    @action(
        detail=True, methods=["post"], permission_classes=[IsAuthenticated, requires("incidents.change_integrationkey")]
    )
    def renew(self, request: Request, pk: str) -> Response:
        """Give it another key; the former one is refused from now on."""
        made, text = actions.integration_key_renew(key=self.get_object(), by=actions.person_of(request))
        made.text = text  # type: ignore[attr-defined] # for the answer, the only one that has it
        return self._made(made, status.HTTP_200_OK)

    @extend_schema(request=told.SampleSerializer, responses={200: told.OccurrenceSerializer}, filters=False)
    @action(
        detail=True,
        methods=["post"],
        url_path="try",
        permission_classes=[IsAuthenticated, requires("incidents.view_integrationkey")],
    )
    def try_it(self, request: Request, pk: str) -> Response:
        """What a payload would become. Nothing is sent."""
        taken = told.SampleSerializer(data=request.data)
        taken.is_valid(raise_exception=True)
        key = self.get_object()
        mapping = taken.validated_data.get("mapping", key.mapping)
        found: Any = actions.integration_key_try(
            kind=key.kind, mapping=mapping, payload=taken.validated_data["payload"], key=key
        )
        return Response(told.OccurrenceSerializer(found).data)

    def _made(self, key: IntegrationKey, code: int) -> Response:
        return Response(told.IntegrationKeyMadeSerializer(key, context=self.get_serializer_context()).data, status=code)
