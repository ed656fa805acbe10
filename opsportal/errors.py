"""What is answered when a request fails outside any view: a page, or a problem document for the API."""

import logging
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from opsportal.api.problems import problem_response

log = logging.getLogger(__name__)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "bad_request", "The request cannot be understood.")


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "permission_denied", "Your account may not do this.")


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is nothing at this address.")


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Django has logged the traceback; the id joins what the person sees to that moment in the log."""
    error_id = uuid4().hex[:12]
    log.error("Error %s was shown for %s.", error_id, request.path_info)
    return _answer(request, 500, "error", f"Something went wrong in the portal. Its log has it as error {error_id}.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that does not come from one of our pages, or from one opened before the last log-in."""
    return _answer(request, 403, "csrf_failed", "This form is no longer valid. Go back, load the page again and retry.")


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return problem_response(status, code, detail)
    return render(request, f"{status}.html", {"detail": detail}, status=status)
