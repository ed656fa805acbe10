"""OTLP/HTTP metrics: `POST /otlp/v1/metrics`, protobuf or JSON. https://opentelemetry.io/docs/specs/otlp/#otlphttp"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from monitoring.metrics.push import admission, messages, taking
from monitoring.metrics.push.doors.base import PushDoor, Refused, body_of, media_type_of
from monitoring.metrics.push.heard import TooMuchError
from monitoring.metrics.push.otlp.reading import read
from monitoring.metrics.push.packing import gunzip

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SHARE = 4  # of the bytes that a push may have: read by the protobuf runtime, a body becomes many times as large
HEAVY_BYTES = 524_288
MOST_JSON_PARTS = 250_000
# google.rpc.Code by HTTP status.
CODES: dict[int, int] = {
    HTTPStatus.BAD_REQUEST: 3,
    HTTPStatus.UNAUTHORIZED: 16,
    HTTPStatus.FORBIDDEN: 7,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: 8,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: 3,
    HTTPStatus.TOO_MANY_REQUESTS: 8,
    HTTPStatus.SERVICE_UNAVAILABLE: 14,
}
INTERNAL = 13


class OtlpDoor(PushDoor):
    """200 with what was rejected, in the encoding of the request; other answers hold a google.rpc.Status."""

    encodings: ClassVar[tuple[str, ...]] = ("", "identity", "gzip")

    def take(self, request: HttpRequest, sender: str) -> HttpResponse:
        media_type = media_type_of(request)[0]
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        if media_type not in (PROTOBUF, JSON) or encoding not in self.encodings:
            words = f"Send Content-Type: {PROTOBUF} or {JSON}, and Content-Encoding: gzip or none."
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, words)
        most_bytes: int = settings.METRICS_PUSH_MAX_BYTES // SHARE
        with admission.every.place():
            body = body_of(request, most_bytes)
            data = gunzip(body, most_bytes) if encoding == "gzip" else body
            with alone_if(len(data) > HEAVY_BYTES):
                collected = read(message_of(data, media_type))
                taken = taking.take("otlp", sender, collected.heard())
        answer = ExportMetricsServiceResponse()
        if taken.tally:
            answer.partial_success.rejected_data_points = min(taken.tally.total, collected.points)
            answer.partial_success.error_message = taken.tally.sentence(taken.written)
        return written(answer, media_type, HTTPStatus.OK)

    def refuse(self, request: HttpRequest, refused: Refused) -> HttpResponse:
        code = CODES.get(refused.status, INTERNAL)
        if media_type_of(request)[0] == PROTOBUF:
            status = messages.Status(code=code, message=refused.words.encode())
            response = HttpResponse(status.SerializeToString(), status=refused.status, content_type=PROTOBUF)
        else:
            body = orjson.dumps({"code": code, "message": refused.words})
            response = HttpResponse(body, status=refused.status, content_type=JSON)
        for name, value in refused.headers.items():
            response[name] = value
        return response


@contextmanager
def alone_if(is_heavy: bool) -> Iterator[None]:
    """Large bodies are read one at a time in a process. Raises BusyError."""
    if not is_heavy:
        yield
        return
    with admission.heavy.place():
        yield


def message_of(data: bytes, media_type: str) -> ExportMetricsServiceRequest:
    """Unknown fields are passed over. Raises Refused and TooMuchError."""
    try:
        if media_type == PROTOBUF:
            return ExportMetricsServiceRequest.FromString(data)
        if data.count(b"{") + data.count(b"[") > MOST_JSON_PARTS:
            raise TooMuchError(f"More than {MOST_JSON_PARTS} objects and lists; send fewer data points in a request.")
        sent: Any = orjson.loads(data)
        if not isinstance(sent, dict):
            raise Refused(
                HTTPStatus.BAD_REQUEST, "The body is JSON, but no object; send an ExportMetricsServiceRequest."
            )
        return json_format.ParseDict(sent, ExportMetricsServiceRequest(), ignore_unknown_fields=True)
    except DecodeError:
        raise Refused(HTTPStatus.BAD_REQUEST, "The body is no ExportMetricsServiceRequest in protobuf.") from None
    except (orjson.JSONDecodeError, json_format.ParseError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"The body cannot be read as JSON of OTLP: {str(error)[:500]}") from None


def written(answer: Message, media_type: str, status: int) -> HttpResponse:
    if media_type == PROTOBUF:
        return HttpResponse(answer.SerializeToString(), status=status, content_type=PROTOBUF)
    return HttpResponse(orjson.dumps(json_format.MessageToDict(answer)), status=status, content_type=JSON)
