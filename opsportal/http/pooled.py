"""One request over a pool of kept connections (aiohttp): for the APIs the portal calls again and again.

aiohttp resolves through our resolver and makes its sockets through our hook, so the policy sees the very address that
is connected to.
"""

import asyncio
import socket
import ssl
import weakref
from contextvars import ContextVar
from time import perf_counter
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from opsportal.http import policy
from opsportal.http.certificates import PeerCertificate, client_context
from opsportal.http.connection import Phase, Progress, allowed_addresses, blocked, peer_of, where
from opsportal.http.errors import Fault, HttpError, connect_error, stream_error, tls_error
from opsportal.http.fresh import Hop, decoded_body
from opsportal.http.messages import Request, Response, Timings
from opsportal.http.policy import Zone
from opsportal.http.wire import request_head

READ_BYTES = 65_536
Sessions = dict[Zone, aiohttp.ClientSession]
_sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Sessions] = weakref.WeakKeyDictionary()


class PolicyResolver(AbstractResolver):
    """Only addresses that the zone allows."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """As aiohttp asks for it."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await allowed_addresses(host, self.zone)
        ]

    async def close(self) -> None:
        """Nothing is held here."""


class Clock:
    """When each phase of one request happened (aiohttp's trace signals write here)."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.dns_s = self.connect_s = 0.0
        self.begun = self.sent = perf_counter()
        self.tls: PeerCertificate | None = None


_clock: ContextVar[Clock] = ContextVar("clock of the request under way")


class ObservedConnector(aiohttp.TCPConnector):
    """Notes whom a request is sent to: aiohttp lets go of the connection before its answer can be asked."""

    async def connect(self, *args: Any, **options: Any) -> aiohttp.connector.Connection:
        """As aiohttp's own."""
        connection = await super().connect(*args, **options)
        clock, transport = _clock.get(), connection.transport
        if transport is not None:
            clock.tls = peer_of(transport)
            clock.progress.where = where(*transport.get_extra_info("peername")[:2])
        return connection


async def exchange(hop: Hop, request: Request, zone: Zone, progress: Progress) -> Response:
    """Ask once over the pool. The caller bounds the time."""
    progress.host, progress.where = hop.target.host, where(hop.target.host, hop.target.port)
    progress.phase = Phase.WAITING
    try:
        request_head(hop.method, hop.target.path, hop.headers)  # refuses what could split a header
    except ValueError as error:
        raise HttpError(Fault.PROTOCOL, str(error)) from None
    clock = Clock(progress)
    _clock.set(clock)
    try:
        return await _ask(hop, request, zone, clock)
    except (aiohttp.ClientError, OSError) as error:
        raise _translated(error, hop, progress) from None


async def _ask(hop: Hop, request: Request, zone: Zone, clock: Clock) -> Response:
    context = client_context(request.verify_tls, request.ca_pem) if hop.target.scheme == "https" else True
    async with _session(zone).request(
        hop.method,
        hop.target.url,
        headers=hop.headers,
        data=hop.body,
        ssl=context,
        allow_redirects=False,
        trace_request_ctx=clock,
    ) as answer:
        answered = perf_counter()
        clock.progress.phase = Phase.READING
        raw = await _read(answer, request.max_bytes, clock.progress)
    body, truncated = decoded_body(
        answer.headers, raw[: request.max_bytes], request.max_bytes, truncated=len(raw) > request.max_bytes
    )
    timings = Timings(clock.dns_s, clock.connect_s, 0.0, answered - clock.sent, perf_counter() - clock.begun)
    return Response(answer.status, answer.headers.copy(), body, truncated, timings, [], clock.tls, clock.progress.where)


async def _read(answer: aiohttp.ClientResponse, max_bytes: int, progress: Progress) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_chunked(READ_BYTES):
        body += piece
        progress.received = len(body)
        if len(body) > max_bytes:
            answer.close()
            break
    return bytes(body)


def _translated(error: Exception, hop: Hop, progress: Progress) -> HttpError:
    """What an exception of aiohttp means; its own text may hold the URL and is not used."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return tls_error(error.certificate_error, hop.target.host, progress.where)
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return tls_error(error.os_error, hop.target.host, progress.where)
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        return (
            tls_error(cause, hop.target.host, progress.where)
            if isinstance(cause, ssl.SSLError)
            else connect_error(cause, progress.where)
        )
    if isinstance(error, aiohttp.ClientResponseError):
        return HttpError(Fault.PROTOCOL, f"{progress.where} does not answer as HTTP demands")
    if isinstance(error, aiohttp.ClientPayloadError):
        return HttpError(Fault.RESET, f"{progress.where} closed the connection in the middle of the body")
    when = "in the middle of its answer" if progress.phase == Phase.READING else "before it answered"
    return stream_error(error if isinstance(error, OSError) and error.errno else None, progress.where, when)


def _session(zone: Zone) -> aiohttp.ClientSession:
    """The running loop's pool for this zone."""
    sessions = _sessions.setdefault(asyncio.get_running_loop(), {})
    if zone not in sessions or sessions[zone].closed:
        connector = ObservedConnector(
            resolver=PolicyResolver(zone), socket_factory=_socket_factory(zone), ttl_dns_cache=10, limit=200
        )
        sessions[zone] = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            trace_configs=[_tracing()],
            max_line_size=8_190,
            max_field_size=65_536,
        )
    return sessions[zone]


def _socket_factory(zone: Zone) -> Any:
    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if objection := policy.objection(address[0], zone):
            raise blocked(address[0], address[0], objection)
        return socket.socket(family, kind, protocol)

    return make


def _tracing() -> aiohttp.TraceConfig:
    """Signals that fill in the Clock given with each request."""
    trace = aiohttp.TraceConfig()
    marks: weakref.WeakKeyDictionary[Clock, float] = weakref.WeakKeyDictionary()

    async def resolving(_: Any, context: Any, __: Any) -> None:
        context.trace_request_ctx.progress.phase = Phase.RESOLVING
        marks[context.trace_request_ctx] = perf_counter()

    async def resolved(_: Any, context: Any, __: Any) -> None:
        clock = context.trace_request_ctx
        clock.dns_s = perf_counter() - marks[clock]
        clock.progress.phase = Phase.CONNECTING

    async def connecting(_: Any, context: Any, __: Any) -> None:
        context.trace_request_ctx.progress.phase = Phase.CONNECTING

    async def connected(_: Any, context: Any, __: Any) -> None:
        clock = context.trace_request_ctx
        clock.connect_s = perf_counter() - clock.begun - clock.dns_s

    async def sent(_: Any, context: Any, __: Any) -> None:
        context.trace_request_ctx.sent = perf_counter()
        context.trace_request_ctx.progress.phase = Phase.WAITING

    trace.on_dns_resolvehost_start.append(resolving)
    trace.on_dns_resolvehost_end.append(resolved)
    trace.on_connection_create_start.append(connecting)
    trace.on_connection_create_end.append(connected)
    trace.on_request_headers_sent.append(sent)
    return trace


async def aclose() -> None:
    """Close the running loop's pools."""
    for session in _sessions.pop(asyncio.get_running_loop(), {}).values():
        await session.close()
