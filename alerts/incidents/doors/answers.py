"""Answers of the doors: JSON, and refusals that Django's log of requests need not hold."""

import orjson
from django.http import HttpResponse
from rest_framework.exceptions import APIException

from alerts.incidents.doors.errors import BodyError

RETRY_AFTER_S = "2"


def said(body: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """JSON, and not for Django's log of requests."""
    answer = HttpResponse(orjson.dumps(body) + b"\n", status=status, content_type="application/json", headers=headers)
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def refused(error: BodyError | APIException) -> HttpResponse:
    if isinstance(error, BodyError):
        return said(error.body, error.status, error.headers)
    headers = {"WWW-Authenticate": header} if (header := getattr(error, "auth_header", None)) else {}
    return said(str(error.detail), 401 if headers else error.status_code, headers)


def away() -> HttpResponse:
    """PostgreSQL does not answer."""
    return said("the portal's database does not answer; send this again", 503, {"Retry-After": RETRY_AFTER_S})
