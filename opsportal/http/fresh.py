"""One request on a connection of its own, straight on the event loop's transports.

It exists beside aiohttp for two reasons: a check asks thousands of times a second over new connections, and this
costs about a third of the CPU; and every phase (DNS, connect, TLS, first byte) is timed where it happens.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

from opsportal.http import policy
from opsportal.http.certificates import client_context
from opsportal.http.connection import Phase, Progress, abandon, blocked, connect, peer_of, shake_hands, where
from opsportal.http.content import decoded
from opsportal.http.errors import Fault, HttpError, connect_error, stream_error
from opsportal.http.messages import Request, Response, Timings
from opsportal.http.policy import Zone
from opsportal.http.targets import Target
from opsportal.http.wire import ResponseParser, request_head


@dataclass
class Hop:
    """One request of a call: a redirect makes another."""

    target: Target
    method: str
    headers: list[tuple[str, str]]
    body: bytes | None

    @cached_property
    def head(self) -> bytes:
        """The bytes to send on a connection of its own, body included. Raises HttpError(protocol)."""
        headers = [("Host", self.target.host_header), *self.headers, ("Connection", "close")]
        if self.body is not None or self.method in {"POST", "PUT", "PATCH"}:
            headers.append(("Content-Length", str(len(self.body or b""))))
        try:
            return request_head(self.method, self.target.path, headers) + (self.body or b"")
        except ValueError as error:
            raise HttpError(Fault.PROTOCOL, str(error)) from None


class Exchange(asyncio.Protocol):
    """Sends `head` once connected and feeds what comes back to `parser`; `done` holds the end or the fault."""

    __slots__ = ("connected_at", "done", "first_byte_at", "head", "parser", "progress", "transport")

    def __init__(
        self, head: bytes, parser: ResponseParser, progress: Progress, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.head = head
        self.parser = parser
        self.progress = progress
        self.done: asyncio.Future[None] = loop.create_future()
        self.transport: asyncio.BaseTransport | None = None
        self.connected_at = self.first_byte_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected, and shaken hands with where TLS is on."""
        self.transport = transport
        self.connected_at = perf_counter()
        self.progress.phase = Phase.WAITING
        transport.write(self.head)  # type: ignore[attr-defined] # of TCP, so it can be written to

    def data_received(self, data: bytes) -> None:
        """A piece of the answer."""
        if self.done.done():
            return
        if not self.first_byte_at:
            self.first_byte_at = perf_counter()
            self.progress.phase = Phase.READING
        try:
            if self.parser.feed(data):
                self.done.set_result(None)
            else:
                self.progress.received = self.parser.received()
        except HttpError as error:
            self.done.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer closed or reset."""
        if self.done.done():
            return
        try:
            if exc is not None:
                raise stream_error(exc, self.progress.where, self._when())
            self.parser.finish()
            self.done.set_result(None)
        except HttpError as error:
            self.done.set_exception(error)

    def leave(self) -> None:
        """Nobody waits any more: drop the connection, and take note of a fault that came too late to be told."""
        if not self.done.cancel() and not self.done.cancelled():
            self.done.exception()
        abandon(self.transport)

    def _when(self) -> str:
        return "in the middle of its answer" if self.first_byte_at else "before it answered"


async def exchange(hop: Hop, request: Request, zone: Zone, progress: Progress) -> Response:
    """Ask once. The caller bounds the time. `timings.total_s` is of this hop alone."""
    parser = ResponseParser(max_bytes=request.max_bytes, headless=hop.method == "HEAD")
    protocol = Exchange(hop.head, parser, progress, asyncio.get_running_loop())
    started = perf_counter()
    try:
        dns_s, connect_s, tls_s = await _open(hop.target, request, zone, progress, protocol)
        await protocol.done
        ended = perf_counter()
        tls = peer_of(protocol.transport) if hop.target.scheme == "https" else None
    finally:
        protocol.leave()
    body, truncated = decoded_body(parser.headers, parser.body, request.max_bytes, truncated=parser.truncated)
    first_byte_s = protocol.first_byte_at - protocol.connected_at
    timings = Timings(dns_s, connect_s, tls_s, first_byte_s, ended - started)
    return Response(parser.status, parser.headers, body, truncated, timings, [], tls, progress.where)


def decoded_body(headers: Mapping[str, str], body: bytes, max_bytes: int, *, truncated: bool) -> tuple[bytes, bool]:
    """The body without its Content-Encoding, and whether it was cut off."""
    encoding = headers.get("content-encoding")
    return decoded(body, encoding, max_bytes, complete=not truncated) if encoding else (body, truncated)


async def _open(
    place: Target, request: Request, zone: Zone, progress: Progress, protocol: Exchange
) -> tuple[float, float, float]:
    """Connect `protocol`; seconds for DNS, connecting and TLS."""
    literal = policy.literal(place.host)
    if literal and place.scheme == "http":
        return 0.0, await _open_literal(literal, place.port, zone, progress, protocol), 0.0
    sock, dns_s, connect_s = await connect(place.host, place.port, zone, progress)
    if place.scheme == "http":
        await asyncio.get_running_loop().create_connection(lambda: protocol, sock=sock)
        return dns_s, connect_s, 0.0
    context = client_context(request.verify_tls, request.ca_pem)
    started = perf_counter()
    await shake_hands(sock, lambda: protocol, context, place.host, progress)
    return dns_s, connect_s, perf_counter() - started


async def _open_literal(address: str, port: int, zone: Zone, progress: Progress, protocol: Exchange) -> float:
    """The short way for a literal address without TLS: the event loop makes the socket, which saves a third of the
    CPU."""
    objection = policy.objection(address, zone)
    if objection:
        raise blocked(address, address, objection)
    progress.where, progress.phase = where(address, port), Phase.CONNECTING
    started = perf_counter()
    try:
        await asyncio.get_running_loop().create_connection(lambda: protocol, address, port)
    except OSError as error:
        raise connect_error(error, progress.where) from None
    return protocol.connected_at - started
