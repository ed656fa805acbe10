"""Doors that are asked hundreds of times a second: answered on the event loop, before sessions, CSRF and threads cost their time.

A room registers the exact path and an asynchronous view when its app is ready. The view sees a bare request: it checks itself who
asks, and is never for browsers. Only a web process registers them: in tests and commands the request goes on to the view of its address.
"""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import async_only_middleware

QuickView = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
_doors: dict[tuple[str, str], QuickView] = {}


def register(method: str, path: str, view: QuickView) -> None:
    """`path` begins with a slash and is matched as a whole."""
    _doors[method, path] = view


@async_only_middleware
def quick_doors(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware; stands behind the one that measures. Of no other sort, or Django would run it on a thread, like those behind it."""

    async def asynchronous(request: HttpRequest) -> HttpResponseBase:
        view = _doors.get((str(request.method), request.path_info))
        if view is None:
            response: HttpResponseBase = await get_response(request)
            return response
        request.resolver_match = SimpleNamespace(route=request.path_info[1:])  # type: ignore[assignment] # for the measures
        response = await view(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return asynchronous
