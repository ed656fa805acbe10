"""The door of agents: `POST /api/v1/agent/report`, one batch of readings of one machine."""

from dataclasses import asdict
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied as NotAllowed
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.checks.agent.actions import Batch, Reading, readings_store
from monitoring.checks.agent.serializers import AgentReceiptSerializer, AgentReportSerializer
from opsportal.api.permissions import requires


class AgentReportView(APIView):
    """Take readings that `manage.py agent` sends. Answered once they are stored; a batch that is sent again changes
    nothing."""

    permission_classes = [IsAuthenticated, requires("checks.push_report")]

    @extend_schema(
        operation_id="agent_report",
        tags=["agent"],
        request=AgentReportSerializer,
        responses={200: AgentReceiptSerializer},
    )
    def post(self, request: Request) -> Response:
        report = AgentReportSerializer(data=request.data)
        report.is_valid(raise_exception=True)
        try:
            receipt = readings_store(
                batch=_batch(report.validated_data), by=cast("AbstractBaseUser", request.user), now=timezone.now()
            )
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        return Response(asdict(receipt))


def _batch(sent: dict[str, Any]) -> Batch:
    readings = [Reading(**reading) for reading in sent["readings"]]
    return Batch(**{**sent, "name": sent.get("name") or sent["machine"], "readings": readings})
