"""Samples from scripts: `POST /api/v1/metrics`, as JSON or as exposition text."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

import numpy as np
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, ParseError, Throttled, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.metrics.formats.errors import ExpositionError
from monitoring.metrics.formats.exposition import NO_TIME, Reader
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.push import admission, taking
from monitoring.metrics.push.doors.base import AWAY_RETRY_S, PERMISSION
from monitoring.metrics.push.heard import Heard
from monitoring.metrics.push.metadata import metadata_of
from monitoring.metrics.push.packing import PackingError, TooLargeError, gunzip
from monitoring.metrics.push.serializers import MetricsReceiptSerializer, MetricsSerializer, sample_of
from monitoring.metrics.push.tally import Tally
from opsportal.api.exceptions import TooLarge
from opsportal.api.media import StrictJSONParser
from opsportal.api.permissions import requires


class Away(APIException):
    """PostgreSQL does not answer."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = "The store of samples does not answer; send this again."
    default_code = "unavailable"
    wait = AWAY_RETRY_S


class TextParser(BaseParser):
    """Exposition text as it is, unpacked if it is gzip."""

    media_type = "text/plain"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit: int = settings.METRICS_PUSH_MAX_BYTES
        body: bytes = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        encoding = parser_context["request"].headers.get("Content-Encoding", "") if parser_context else ""
        try:
            return gunzip(body, limit) if encoding.strip().lower() == "gzip" else body
        except TooLargeError as error:
            raise TooLarge(str(error)) from None
        except PackingError as error:
            raise ParseError(str(error)) from None


class OpenMetricsParser(TextParser):
    media_type = "application/openmetrics-text"


class MetricsView(APIView):
    """Store samples that a script, a job or a device sends. Answered once they are stored.

    As JSON up to 10,000 samples, or as exposition text (`Content-Type: text/plain`), the lines that Prometheus scrapes.
    A body whose form is wrong is refused as a whole. Of a body whose form is right, what cannot be stored is counted in
    `refused`, and the rest is stored. The same sample sent twice is stored once.
    """

    permission_classes = [IsAuthenticated, requires(PERMISSION)]
    parser_classes = [StrictJSONParser, TextParser, OpenMetricsParser]
    throttle_classes = []  # a sender is slowed by the number of pushes at once instead

    @extend_schema(
        operation_id="metrics_push",
        tags=["metrics"],
        request={"application/json": MetricsSerializer, "text/plain": OpenApiTypes.STR},
        responses={200: MetricsReceiptSerializer},
    )
    def post(self, request: Request) -> Response:
        sender = getattr(request.auth, "name", None) or request.user.get_username()
        try:
            with admission.every.place():
                taken = taking.take("push", sender, heard(request))
        except admission.BusyError:
            raise Throttled(wait=admission.RETRY_AFTER_S) from None
        except (OperationalError, InterfaceError):
            raise Away from None
        refused = [refusal._asdict() for refusal in taken.tally.refusals()]
        return Response(MetricsReceiptSerializer({"written": taken.written, "refused": refused}).data)


def heard(request: Request) -> Heard:
    """What the body says. Raises what the API answers 400 with, naming the field or the line."""
    now_ms = int(timezone.now().timestamp() * 1000)
    if isinstance(request.data, bytes):
        is_openmetrics = request.content_type.startswith(OpenMetricsParser.media_type)
        return from_text(request.data, is_openmetrics, now_ms)
    body = MetricsSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    return from_json(body.validated_data["metrics"], now_ms)


def from_json(metrics: list[dict[str, Any]], now_ms: int) -> Heard:
    places: dict[Labels, int] = {}
    found = [sample_of(metric, now_ms) for metric in metrics]
    owners = [-1 - places.setdefault(identity, len(places)) for identity, _, _ in found]
    return Heard(
        np.array(owners, dtype=np.int64),
        np.array([time for _, time, _ in found], dtype=np.int64),
        np.array([value for _, _, value in found], dtype=np.float64),
        list(places),
        Tally(),
    )


def from_text(text: bytes, is_openmetrics: bool, now_ms: int) -> Heard:
    try:
        page = Reader().read(text, is_openmetrics)
    except ExpositionError as error:
        raise ValidationError({"body": [str(error)]}) from None
    times = np.full(len(page.slots), NO_TIME, dtype=np.int64) if page.times_ms is None else page.times_ms
    times = np.where(times == NO_TIME, now_ms, times)
    metadata = [metadata_of(*told) for told in page.descriptions or ()]
    identities = [labels for _, labels in page.new]  # a new reader hands out slots from 0 on
    return Heard(-1 - page.slots, times, page.values, identities, Tally(), metadata)
