"""`POST /alertmanager/api/v2/alerts`: answered 200 once the alerts are stored."""

import orjson
import psycopg
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException

from alerts.incidents.doors.alertmanager.reading import alerts_of
from alerts.incidents.doors.answers import away, refused, said
from alerts.incidents.doors.base import REFUSED
from alerts.incidents.doors.bodies import read_at_most
from alerts.incidents.doors.committing import FullError, committer
from alerts.incidents.doors.errors import BodyError
from opsportal.api.remembered import Remembered
from opsportal.measures import counter

PATH = "/alertmanager/api/v2/alerts"
PERMISSION = "incidents.push_alert"
MOST_BYTES = 16_777_216
MOST_FAULTS = 20  # told of
RECEIVED = counter("opsportal_alerts_received_total", "Alerts accepted, by door.", ("door",))
people = Remembered(PERMISSION)


async def post_quickly(request: HttpRequest) -> HttpResponse:
    """The quick door: many requests share a commit."""
    try:
        name = await people.admit(request)
        good, faults = alerts_of(body_of(request))
        if good:
            await committer().store(timezone.now(), source_of(name), orjson.dumps(good).decode())
        return answered(len(good), faults)
    except (BodyError, APIException) as error:
        return refused(error)
    except (FullError, TimeoutError, psycopg.Error, OSError):
        return away()


def source_of(name: str) -> str:
    """What the inbox says of where alerts came from."""
    return f"alertmanager:{name}"[:120]


def body_of(request: HttpRequest) -> bytes:
    """Raises BodyError."""
    return read_at_most(request, MOST_BYTES)


def answered(taken: int, faults: list[str]) -> HttpResponse:
    """200; or 400 with what is wrong, though the others were taken, as Alertmanager does."""
    RECEIVED.add(taken, "alertmanager")
    if faults:
        REFUSED.add(len(faults), "alertmanager")
        return said("; ".join(faults[:MOST_FAULTS]), 400)
    return HttpResponse(status=200)
