"""Requests: how many, how they ended, how long they took; by the pattern of the address, never by the address itself."""

import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from opsportal.measures.registry import counter, histogram

REQUESTS = counter("opsportal_http_requests_total", "Requests answered.", ("method", "route", "status"))
DURATION = histogram(
    "opsportal_http_request_duration_seconds", "Time until a request was answered, by route.", ("method", "route")
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "(unknown)"
GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\[\]]|\[[^\]]*\])*\)")


@sync_and_async_middleware
def measured(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware that counts what passes."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            began = time.perf_counter()
            response: HttpResponseBase = await get_response(request)
            note(request, response.status_code, time.perf_counter() - began)
            return response

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response: HttpResponseBase = get_response(request)
        note(request, response.status_code, time.perf_counter() - began)
        return response

    return synchronous


def note(request: HttpRequest, status: int, duration_s: float) -> None:
    method = request.method if request.method in METHODS else "other"
    match = request.resolver_match
    route = shown(match.route) if match else UNKNOWN
    REQUESTS.add(1.0, str(method), route, str(status))
    DURATION.observe(duration_s, str(method), route)


@lru_cache(maxsize=2_000)
def shown(route: str) -> str:
    """A route as people read it: `/api/v1/checks/<pk>/`."""
    return "/" + GROUP.sub(r"<\1>", route).replace("^", "").replace("$", "").replace("\\", "")
