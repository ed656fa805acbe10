"""`fetch`: the one door through which the portal speaks HTTP to others."""

import asyncio
from time import perf_counter

from opsportal.http import fresh, pooled, resolver
from opsportal.http.connection import Progress
from opsportal.http.errors import Fault, HttpError
from opsportal.http.fresh import Hop
from opsportal.http.messages import Request, Response
from opsportal.http.policy import Zone
from opsportal.http.redact import scrub
from opsportal.http.targets import REDIRECTS, headers_after, method_after, redirected


async def fetch(request: Request, *, zone: Zone, timeout_s: float | None = None) -> Response:
    """Ask, follow at most `max_redirects` redirects, and answer within `timeout_s` (the request's own by default).

    Every address connected to is one that `zone` allows, those of redirects included. Any status is an answer.
    Raises HttpError with a redacted message; nothing else, but the caller's own cancellation.
    """
    limit_s = request.timeout_s if timeout_s is None else timeout_s
    progress = Progress()
    try:
        async with asyncio.timeout(limit_s):
            return await _follow(request, zone, progress)
    except TimeoutError:
        failure = HttpError(Fault.TIMEOUT, progress.deadline_words(limit_s))
    except HttpError as error:
        failure = error
    raise failure.redacted(request.all_secrets, len(progress.redirects)) from None


async def aclose() -> None:
    """Close what the running event loop keeps open: pooled connections and its resolver. Call it before the loop
    ends."""
    await pooled.aclose()
    await resolver.aclose()


async def _follow(request: Request, zone: Zone, progress: Progress) -> Response:
    started = perf_counter()
    exchange = fresh.exchange if request.fresh else pooled.exchange
    hop = first_hop(request)
    asked = {(hop.method, hop.target.url)}
    while True:
        response = await exchange(hop, request, zone, progress)
        location = response.headers.get("location") if response.status in REDIRECTS else None
        if location is None or not request.max_redirects:
            break
        hop = next_hop(hop, response.status, location)
        _refuse_endless(hop, asked, request, progress)
    if not progress.redirects:
        return response
    return _with_trail(response, progress, perf_counter() - started)


def first_hop(request: Request) -> Hop:
    """The prepared first request; kept with the Request so that asking again costs nothing. Raises
    HttpError(protocol)."""
    prepared: Hop | None = request.__dict__.get("_first_hop")
    if prepared is None:
        try:
            prepared = Hop(request.target, request.method, request.sent_headers, request.body)
        except ValueError as error:
            raise HttpError(Fault.PROTOCOL, f"url: {error}") from None
        request.__dict__["_first_hop"] = prepared
    return prepared


def next_hop(hop: Hop, status: int, location: str) -> Hop:
    """The request that a redirect asks for. Raises HttpError(protocol)."""
    place = redirected(hop.target, location)
    method = method_after(status, hop.method)
    keeps_body = method == hop.method
    same_origin = place.origin == hop.target.origin
    headers = headers_after(hop.headers, same_origin=same_origin, keeps_body=keeps_body)
    return Hop(place, method, headers, hop.body if keeps_body else None)


def _refuse_endless(hop: Hop, asked: set[tuple[str, str]], request: Request, progress: Progress) -> None:
    """Raises HttpError(protocol) on a loop or too many redirects."""
    url = scrub(hop.target.url, request.all_secrets)
    if (hop.method, hop.target.url) in asked:
        raise HttpError(Fault.PROTOCOL, f"Redirect loop: {url} was asked before")
    if len(progress.redirects) >= request.max_redirects:
        raise HttpError(Fault.PROTOCOL, f"More than {request.max_redirects} redirects; the next leads to {url}")
    asked.add((hop.method, hop.target.url))
    progress.redirects.append(url)


def _with_trail(response: Response, progress: Progress, total_s: float) -> Response:
    return Response(
        response.status,
        response.headers,
        response.body,
        response.truncated,
        response.timings._replace(total_s=total_s),
        progress.redirects,
        response.tls,
        response.address,
    )
