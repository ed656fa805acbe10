"""What every push door does: who sends, how large a body may be, how many are worked on at once, and what faults answer."""

import logging
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.decorators import method_decorator
from django.utils.http import parse_header_parameters
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException

from monitoring.metrics.push.admission import RETRY_AFTER_S, BusyError
from monitoring.metrics.push.heard import TooMuchError
from monitoring.metrics.push.packing import PackingError, TooLargeError
from monitoring.metrics.push.wire import WireError
from opsportal.api.programs import admitted

PERMISSION = "metrics.push_samples"
CHUNK_BYTES = 262_144
AWAY_RETRY_S = 5

log = logging.getLogger(__name__)


class Refused(Exception):
    """An answer that is no success: its status, and what the sender's log should say."""

    def __init__(self, status: int, words: str, **headers: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class PushDoor(View):
    """One address that takes POST only. A subclass says `take` and may say how faults are put."""

    permission: ClassVar[str] = PERMISSION

    def take(self, request: HttpRequest, sender: str) -> HttpResponse:
        """Store what is sent and answer. Raises Refused, or what `as_refused` knows."""
        raise NotImplementedError

    def refuse(self, request: HttpRequest, refused: Refused) -> HttpResponse:
        return plain(refused.words, refused.status, refused.headers)

    def dispatch(self, request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        if request.method != "POST":
            return plain("Use POST.", HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})
        try:
            person = admitted(request, self.permission)
            return self.take(request, person.get_username())
        except Exception as error:
            return self.refuse(request, as_refused(error))


def as_refused(error: Exception) -> Refused:
    """The answer to a fault. A 5xx says that the fault is the portal's and that sending again will help."""
    match error:
        case Refused():
            return error
        case APIException():
            header = getattr(error, "auth_header", None)
            return Refused(error.status_code, str(error.detail), **({"WWW_Authenticate": header} if header else {}))
        case WireError():
            return Refused(HTTPStatus.BAD_REQUEST, f"The body cannot be read, so nothing of it is stored: {error}.")
        case PackingError() | UnreadablePostError():
            return Refused(HTTPStatus.BAD_REQUEST, str(error) or "The body was cut off.")
        case TooLargeError() | TooMuchError() | RequestDataTooBig():
            return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        case BusyError():
            words = "The portal works on as many pushes as it may; send this one again."
            return Refused(HTTPStatus.TOO_MANY_REQUESTS, words, Retry_After=str(RETRY_AFTER_S))
        case DataError():
            log.warning("A push held a value that PostgreSQL cannot store: %s", error)
            return Refused(HTTPStatus.BAD_REQUEST, "A value is out of range or cannot be stored.")
        case DatabaseError():
            log.warning("A push was not stored: PostgreSQL said %s.", type(error).__name__)
            words = "The store of samples does not answer; send this again."
            return Refused(HTTPStatus.SERVICE_UNAVAILABLE, words, Retry_After=str(AWAY_RETRY_S))
    log.error("A push failed.", exc_info=error)
    return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "The portal failed; its log says more.")


def body_of(request: HttpRequest, most_bytes: int) -> bytes:
    """The body as sent, of at most `most_bytes`. Raises TooLargeError."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    size = int(said) if said.isdecimal() else 0
    found = bytearray()
    while size <= most_bytes and len(found) <= most_bytes and (chunk := request.read(CHUNK_BYTES)):
        found += chunk
    if max(size, len(found)) > most_bytes:
        raise TooLargeError(f"The body is larger than {most_bytes} bytes; send less in a request.")
    return bytes(found)


def media_type_of(request: HttpRequest) -> tuple[str, dict[str, str]]:
    """Media type in lower case, and its parameters."""
    try:
        media_type, parameters = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    except ValueError:
        return "", {}
    return media_type, parameters


def plain(text: str, status: int, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
