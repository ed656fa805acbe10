"""The history of everything that was told, or was to be."""

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from alerts.delivery import actions, exporting
from alerts.delivery.filters import DeliveryFilter
from alerts.delivery.models import Delivery
from alerts.delivery.queries import deliveries_listed
from alerts.delivery.serializers import CancelledSerializer, DeliveryDetailSerializer, DeliverySerializer
from monitoring.checks.api.services import BACKENDS
from opsportal.api.cursors import TimePages
from opsportal.api.permissions import requires

FORMS = {
    "csv": (exporting.as_csv, "text/csv; charset=utf-8"),
    "jsonl": (exporting.as_json_lines, "application/x-ndjson"),
}


class DeliveryPages(TimePages):
    ordering = ("-created_at", "-id")


class DeliveryViewSet(ReadOnlyModelViewSet[Delivery]):
    """Who was told what, why they, when, how it went, and why not the others; the newest first."""

    queryset = deliveries_listed()
    pagination_class = DeliveryPages
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS[:1]
    filterset_class = DeliveryFilter
    throttle_scope: str | None = None

    def get_serializer_class(self) -> type[DeliverySerializer]:
        return DeliveryDetailSerializer if self.action == "retrieve" else DeliverySerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        listed: QuerySet[Delivery] = super().get_queryset()
        return listed.prefetch_related("attempts", "bundled", "fallbacks") if self.action == "retrieve" else listed

    @extend_schema(
        parameters=[OpenApiParameter("as", str, enum=list(FORMS), description="csv unless told.")],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    @action(detail=False, pagination_class=None, throttle_scope="costly")
    def export(self, request: Request) -> HttpResponseBase:
        """The same, filtered in the same way, as CSV or lines of JSON: a row an attempt, 100,000 deliveries at most."""
        form = request.query_params.get("as", "csv")
        if form not in FORMS:
            raise ValidationError({"as": [f"{form!r} is not one of {', '.join(FORMS)}."]})
        write, media_type = FORMS[form]
        found = write(exporting.rows(self.filter_queryset(self.get_queryset()), request.user))
        headers = {"Content-Disposition": f'attachment; filename="deliveries.{form}"'}
        return StreamingHttpResponse(found, content_type=media_type, headers=headers)

    @extend_schema(request=None, responses={200: CancelledSerializer}, filters=False)
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated, requires("delivery.change_delivery")])
    def cancel(self, request: Request, pk: str) -> Response:
        """Do not send what waits."""
        delivery = self.get_object()
        done = actions.delivery_cancel(delivery=delivery, now=timezone.now(), by=actions.person_of(request))
        return Response({"cancelled": done})
