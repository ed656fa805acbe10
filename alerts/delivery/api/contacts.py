"""Contact methods: everybody their own, those who manage contacts all."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from alerts.delivery import actions
from alerts.delivery.filters import ContactMethodFilter
from alerts.delivery.models import ContactMethod
from alerts.delivery.queries import contacts_of
from alerts.delivery.serializers import CodeSerializer, ContactMethodSerializer
from monitoring.checks.api.services import BACKENDS
from opsportal.api.permissions import requires

OWN: list[type[BasePermission]] = [IsAuthenticated, requires("delivery.view_contactmethod")]


class ContactMethodViewSet(ModelViewSet[ContactMethod]):
    """Addresses of people on channels that take addresses. An address counts once its owner has confirmed it."""

    queryset = ContactMethod.objects.none()
    serializer_class = ContactMethodSerializer
    permission_classes = OWN
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = ContactMethodFilter
    ordering_fields = ["name", "created_at"]
    throttle_scope: str | None = None

    def get_queryset(self) -> QuerySet[ContactMethod]:
        return contacts_of(self.request.user)

    def perform_destroy(self, instance: ContactMethod) -> None:
        actions.contact_delete(contact=instance, now=timezone.now(), by=actions.person_of(self.request))

    def _shown(self, contact: ContactMethod) -> dict[str, Any]:
        return dict(self.get_serializer(contact).data)

    @extend_schema(request=None, responses={200: ContactMethodSerializer}, filters=False)
    @action(detail=True, methods=["post"], throttle_scope="costly", url_path="send-code")
    def send_code(self, request: Request, pk: str) -> Response:
        """Send a code to the address, to confirm it with."""
        contact = self.get_object()
        actions.contact_code_send(contact=contact, now=timezone.now(), by=actions.person_of(request))
        return Response(self._shown(contact))

    @extend_schema(request=CodeSerializer, responses={200: ContactMethodSerializer}, filters=False)
    @action(detail=True, methods=["post"], throttle_scope="costly")
    def verify(self, request: Request, pk: str) -> Response:
        """Confirm the address by the code that was sent there."""
        contact = self.get_object()
        asked = CodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        code = asked.validated_data["code"]
        done = actions.contact_verify(contact=contact, code=code, now=timezone.now(), by=actions.person_of(request))
        return Response(self._shown(done))
