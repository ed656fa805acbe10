"""What every request passes on its way in and out, besides Django's own."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from opsportal import health

Answer = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def health_door(get_response: Answer) -> Answer:
    """Answer the health addresses before anything else: whoever asks needs no host name, no TLS, no session.

    `/readyz?verbose` goes on to its view, because its details are for staff.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            door = _door(request)
            response: HttpResponseBase = await (door(request) if door else get_response(request))
            return response

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        door = _door(request)
        response: HttpResponseBase = async_to_sync(door)(request) if door else get_response(request)
        return response

    return synchronous


def _door(request: HttpRequest) -> Callable[[HttpRequest], Awaitable[HttpResponse]] | None:
    if request.path_info == "/livez":
        return health.livez
    if request.path_info == "/readyz" and not request.META.get("QUERY_STRING"):
        return health.readyz
    return None


@sync_and_async_middleware
def refuse_nul(get_response: Answer) -> Answer:
    """A NUL character in an address is never meant, and PostgreSQL cannot store or compare it: 400, not 500."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            _refuse_nul(request)
            response: HttpResponseBase = await get_response(request)
            return response

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        _refuse_nul(request)
        response: HttpResponseBase = get_response(request)
        return response

    return synchronous


def _refuse_nul(request: HttpRequest) -> None:
    query = request.META.get("QUERY_STRING", "")
    if "\x00" in request.path_info or "\x00" in query or "%00" in query:
        raise BadRequest("The address holds a NUL character.")


class PolicyMiddleware(CSPMiddleware):
    """What a browser may do with an answer: the Content-Security-Policy of the portal, the looser ones of
    `settings.CSP_BY_PREFIX`, and whether it may keep it: nothing is kept that does not say so itself."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cache-Control", "private, no-store")
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request=request, response=response, report_only=report_only)
        for prefix, directives in settings.CSP_BY_PREFIX.items():
            if request.path_info.startswith(prefix) and not report_only:
                parts.config = directives
        return parts
