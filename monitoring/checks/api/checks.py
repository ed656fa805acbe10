"""Checks: what they ask, what came of it, and running them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from monitoring.checks import actions
from monitoring.checks.api.services import BACKENDS
from monitoring.checks.filters import CheckFilter
from monitoring.checks.models import Check
from monitoring.checks.queries import checks_listed
from monitoring.checks.run_once import check_test
from monitoring.checks.serializers.checks import (
    CheckSerializer,
    DueSerializer,
    PauseSerializer,
    SeenSerializer,
    SeriesAnswerSerializer,
    SeriesQuerySerializer,
)
from monitoring.checks.serializers.uptime import UptimeSerializer, uptime_answer
from monitoring.checks.series import check_series, span_of, stamp
from opsportal.api.permissions import requires

MAY_RUN = [IsAuthenticated, requires("checks.run_check")]


class CheckViewSet(ModelViewSet[Check]):
    """Questions asked of services again and again."""

    queryset = checks_listed()
    serializer_class = CheckSerializer
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = CheckFilter
    ordering_fields = ["name", "kind", "interval_s", "created_at", "updated_at"]
    throttle_scope: str | None = None

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = checks_listed().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = checks_listed().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: Check) -> None:
        actions.check_delete(check=instance, by=actions.person_of(self.request))

    def _shown(self, check: Check) -> dict[str, Any]:
        return dict(self.get_serializer(checks_listed().get(pk=check.pk)).data)

    @extend_schema(request=None, responses={200: DueSerializer}, filters=False)
    @action(detail=True, methods=["post"], permission_classes=MAY_RUN)
    def run(self, request: Request, pk: str) -> Response:
        """Make the check due now."""
        return Response({"due": actions.checks_run_now(checks=[self.get_object()], by=actions.person_of(request))})

    @extend_schema(request=PauseSerializer, responses={200: CheckSerializer})
    @action(detail=True, methods=["post"], permission_classes=MAY_RUN)
    def pause(self, request: Request, pk: str) -> Response:
        """Do not run the check before a time, or until it is resumed."""
        check = self.get_object()
        serializer = PauseSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        until: datetime | None = serializer.validated_data["until"]
        if until and until <= timezone.now():
            raise ValidationError(
                {"until": "This time is past; give a later one, or null to pause until the check is resumed."}
            )
        actions.checks_pause(checks=[check], until=until, by=actions.person_of(request))
        return Response(self._shown(check))

    @extend_schema(request=None, responses={200: CheckSerializer})
    @action(detail=True, methods=["post"], permission_classes=MAY_RUN)
    def resume(self, request: Request, pk: str) -> Response:
        """End a pause; the check is due at once."""
        check = self.get_object()
        actions.checks_resume(checks=[check], by=actions.person_of(request))
        return Response(self._shown(check))

    @extend_schema(request=None, responses={201: CheckSerializer})
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated, requires("checks.add_check")])
    def clone(self, request: Request, pk: str) -> Response:
        """A copy of the check, switched off so that it can be edited first."""
        return Response(
            self._shown(actions.check_clone(check=self.get_object(), by=actions.person_of(request))), status=201
        )

    @extend_schema(request=None, responses={200: SeenSerializer})
    @action(detail=True, methods=["post"], permission_classes=MAY_RUN, throttle_scope="costly")
    def test(self, request: Request, pk: str) -> Response:
        """Run the check once, before its timeout, and say what it saw. Nothing is stored."""
        return Response(SeenSerializer(check_test(self.get_object()).as_dict()).data)

    @extend_schema(responses={200: UptimeSerializer(many=True)})
    @action(detail=True, pagination_class=None, filterset_class=None, ordering_fields=[])
    def uptime(self, request: Request, pk: str) -> Response:
        """Uptime and latency over 24 hours and 7, 30 and 90 days, from roll-ups."""
        check = self.get_object()
        return Response(uptime_answer(service_id=check.service_id, check_id=check.pk))

    @extend_schema(parameters=[SeriesQuerySerializer], responses={200: SeriesAnswerSerializer})
    @action(detail=True, pagination_class=None, filterset_class=None, ordering_fields=[])
    def series(self, request: Request, pk: str) -> Response:
        """The check's values over time."""
        check = self.get_object()
        query = SeriesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        span = span_of(timezone.now(), **{key: value for key, value in query.validated_data.items() if key != "value"})
        return Response(
            {"start": stamp(span.start), "end": stamp(span.end), "step_s": span.step_s}
            | {"series": check_series(check, span, query.validated_data.get("value"))}
        )
