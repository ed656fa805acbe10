"""Errors as `application/problem+json` (RFC 9457), with the faulty fields named.

Shape: `{"type", "title", "status", "detail", "errors": {"field": ["what is wrong", …]}}`; `errors` only where fields are
to blame. A field inside another is dotted: `settings.url`, `thresholds.0.value`.
"""

import logging
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from opsportal.api.exceptions import Conflict
from opsportal.api.media import PlainJSONRenderer

CONTENT_TYPE = "application/problem+json"
# PostgreSQL's states for unique, foreign key and exclusion violations: another writer was first.
CONFLICT_STATES = frozenset({"23503", "23505", "23P01"})

log = logging.getLogger(__name__)


def problem(status: int, code: str, detail: str, errors: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The body of a problem answer."""
    body: dict[str, Any] = {
        "type": f"urn:opsportal:problem:{code.replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    return body | {"errors": errors} if errors else body


def problem_response(status: int, code: str, detail: str) -> HttpResponse:
    """A problem answer from outside the API's views: an unknown address, a refused request, a crash."""
    return HttpResponse(orjson.dumps(problem(status, code, detail)), status=status, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's EXCEPTION_HANDLER. None (a 500) for what nobody foresaw."""
    known = _as_api_exception(error)
    if known is None:
        return None
    set_rollback()
    if (request := context.get("request")) is not None:
        request.accepted_renderer = PlainJSONRenderer()  # an address that speaks YAML or CSV still fails in JSON
        request.accepted_media_type = CONTENT_TYPE
    return Response(
        _body(known), status=known.status_code, headers=_headers(known), content_type=CONTENT_TYPE, exception=True
    )


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case ModelValidationError():
            return exceptions.ValidationError(
                error.message_dict if hasattr(error, "error_dict") else {_non_field(): error.messages}
            )
        case DataError():
            log.warning("A request held a value that PostgreSQL cannot store: %s", error)
            return exceptions.ValidationError("A value is out of range or holds characters that cannot be stored.")
        case ProtectedError():
            return Conflict("It is still in use by something else.")
        case IntegrityError() if getattr(error.__cause__, "sqlstate", None) in CONFLICT_STATES:
            return Conflict()
    return None


def _body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        errors = flatten(error.detail)
        return problem(error.status_code, "invalid", _summary(errors), errors)
    return problem(error.status_code, _code(error), str(error.detail))


def _code(error: exceptions.APIException) -> str:
    code = error.get_codes()
    return code if isinstance(code, str) else error.default_code


def _summary(errors: dict[str, list[str]]) -> str:
    field, messages = next(iter(errors.items()), (_non_field(), ["The request is not valid."]))
    first = messages[0] if field == _non_field() else f"{field}: {messages[0]}"
    others = sum(len(messages) for messages in errors.values()) - 1
    return f"{first} (and {others} more)" if others > 0 else first


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested error details as one level of dotted field names."""
    if isinstance(detail, dict):
        parts = [(f"{path}.{key}" if path else str(key), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        parts = [(f"{path}.{index}" if path else str(index), item) for index, item in enumerate(detail) if item]
    else:
        return {path or _non_field(): [str(item) for item in (detail if isinstance(detail, list) else [detail])]}
    return {name: messages for key, value in parts for name, messages in flatten(value, key).items()}


def _non_field() -> str:
    return api_settings.NON_FIELD_ERRORS_KEY or "non_field_errors"


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if (wait_s := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait_s))
    return headers
