"""What every address of the API does: who asks, what was asked for, and errors in Prometheus's form."""

import logging
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import QueryCanceled
from rest_framework.exceptions import APIException

from monitoring.metrics.prometheus.envelope import Answer, ApiError, failure, success
from monitoring.metrics.prometheus.parameters import Parameters
from monitoring.metrics.promql.errors import PromqlError
from opsportal.api.programs import admitted
from opsportal.compressing import packed

log = logging.getLogger(__name__)


@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class Door(View):
    """One address. A subclass says `methods` and `answer`, which returns an Answer or raises ApiError or PromqlError."""

    methods: ClassVar[tuple[str, ...]] = ("GET",)
    permission: ClassVar[str] = "metrics.view_series"

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **path: str) -> HttpResponse:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": self.allowed()})
        if request.method not in self.methods:
            return plain("Method Not Allowed", 405, Allow=self.allowed())
        try:
            admitted_or_error(request, self.permission)
            return self.respond(request, **path)
        except ApiError as error:
            return said(self.refuse(error))
        except Exception as error:
            return said(self.refuse(as_api_error(error)))

    def respond(self, request: HttpRequest, **path: str) -> HttpResponse:
        return packed(request, success(self.answer(request, parameters_of(request), **path)), "application/json")

    def refuse(self, error: ApiError) -> HttpResponse:
        return HttpResponse(failure(error), status=error.status, content_type="application/json", headers=error.headers)

    def allowed(self) -> str:
        return ", ".join(sorted((*self.methods, "OPTIONS")))


def said(answer: HttpResponse) -> HttpResponse:
    """Not for Django's log of requests: what went wrong has been logged here if it matters, and queries that fail are no news."""
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def admitted_or_error(request: HttpRequest, permission: str) -> Any:
    """The person who asks. Raises ApiError, 401 or 403."""
    try:
        return admitted(request, permission)
    except APIException as error:
        if header := getattr(error, "auth_header", None):
            raise ApiError("unauthorized", str(error.detail), {"WWW-Authenticate": header}) from None
        raise ApiError("forbidden", str(error.detail)) from None


def parameters_of(request: HttpRequest) -> Parameters:
    """Raises ApiError for a form that is too large or cannot be read."""
    asked = dict(request.GET.lists())
    if request.method != "POST":
        return Parameters(asked)
    try:
        return Parameters(dict(request.POST.lists()), asked)
    except RequestDataTooBig:
        raise ApiError("bad_data", "the form is too large") from None
    except (SuspiciousOperation, MultiPartParserError, UnicodeDecodeError) as error:
        raise ApiError("bad_data", f"the form cannot be read: {error}") from None


def as_api_error(error: Exception) -> ApiError:
    """What was not foreseen is `internal`; its words go to the log only."""
    if isinstance(error, PromqlError):
        return ApiError(error.kind, error.message)
    if isinstance(error, DatabaseError):
        if isinstance(error.__cause__, QueryCanceled):
            return ApiError("timeout", "query timed out in query execution")
        log.warning("A query failed: PostgreSQL said %s.", type(error).__name__)
        return ApiError("unavailable", "the store of samples does not answer")
    log.error("A query failed.", exc_info=error)
    return ApiError("internal", "internal error; the log of the portal says more")


def plain(text: str, status: int, **headers: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
