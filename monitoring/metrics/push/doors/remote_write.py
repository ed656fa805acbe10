"""Prometheus remote write, 1.0 and 2.0: `POST /prometheus/api/v1/write`.

https://prometheus.io/docs/specs/prw/remote_write_spec/ and https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from monitoring.metrics.push import admission, remote_write_1, remote_write_2, taking
from monitoring.metrics.push.doors.base import PushDoor, Refused, body_of, media_type_of
from monitoring.metrics.push.heard import Heard, Known
from monitoring.metrics.push.packing import unsnappy

Reader = Callable[[bytes, Known], Heard]
MEDIA_TYPE = "application/x-protobuf"
READERS: dict[str, Reader] = {
    "prometheus.WriteRequest": remote_write_1.read,
    "io.prometheus.write.v2.Request": remote_write_2.read,
}


class RemoteWriteDoor(PushDoor):
    """204 once everything is stored; 400 with the faults when a part was refused and the others are stored."""

    def take(self, request: HttpRequest, sender: str) -> HttpResponse:
        read = reader(request)
        most_bytes: int = settings.METRICS_PUSH_MAX_BYTES
        with admission.every.place():
            data = unsnappy(body_of(request, most_bytes), most_bytes)
            taken = taking.push("remote_write", sender, partial(read, data))
        if taken.tally:
            words = taken.tally.sentence(taken.written)
            return self.refuse(request, Refused(HTTPStatus.BAD_REQUEST, words, **written(taken.written)))
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=with_dashes(written(taken.written)))

    def refuse(self, request: HttpRequest, refused: Refused) -> HttpResponse:
        refused.headers = with_dashes(written(0)) | refused.headers
        return super().refuse(request, refused)


def reader(request: HttpRequest) -> Reader:
    """What reads the version that the sender names; without a name it is 1.0. Raises Refused."""
    media_type, parameters = media_type_of(request)
    read = READERS.get(parameters.get("proto", "prometheus.WriteRequest"))
    if media_type != MEDIA_TYPE or read is None:
        names = " or ".join(f"{MEDIA_TYPE};proto={name}" for name in READERS)
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send Content-Type: {names}.")
    if request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower() != "snappy":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send Content-Encoding: snappy, in block format.")
    return read


def written(samples: int) -> dict[str, str]:
    return {
        "X_Prometheus_Remote_Write_Samples_Written": str(samples),
        "X_Prometheus_Remote_Write_Histograms_Written": "0",
        "X_Prometheus_Remote_Write_Exemplars_Written": "0",
    }


def with_dashes(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
