"""Connecting under the address policy: a name is resolved once, its addresses are vetted, and only a vetted address
is connected to.

Nothing resolves the name a second time, so a name that is rebound between the look-up and the connection gains nothing.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter

import aiohappyeyeballs

from opsportal.http import policy, resolver
from opsportal.http.certificates import PeerCertificate, peer_certificate
from opsportal.http.errors import Fault, HttpError, connect_error, tls_error
from opsportal.http.policy import Zone

HAPPY_EYEBALLS_DELAY_S = 0.25


class Phase(StrEnum):
    """Where a call is: it decides the words when its deadline strikes."""

    RESOLVING = "resolving"
    CONNECTING = "connecting"
    HANDSHAKING = "handshaking"
    WAITING = "waiting"
    READING = "reading"


@dataclass(slots=True)
class Progress:
    """How far one call has come."""

    host: str = ""
    where: str = ""
    phase: Phase = Phase.RESOLVING
    received: int = 0
    redirects: list[str] = field(default_factory=list)

    def deadline_words(self, timeout_s: float) -> str:
        """What was being waited for when `timeout_s` was over."""
        within = f"within {timeout_s:.3g} s"
        words = {
            Phase.RESOLVING: f"The name {self.host} was not resolved {within}",
            Phase.CONNECTING: f"No connection to {self.where} {within}",
            Phase.HANDSHAKING: f"{self.where} did not finish the TLS handshake {within}",
            Phase.WAITING: f"{self.where} accepted the connection but did not answer {within}",
            Phase.READING: f"{self.where} did not finish its answer {within}; {self.received} bytes of the body came",
        }
        return words[self.phase]


def where(address: str, port: int) -> str:
    """An address and port as people write them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


async def allowed_addresses(host: str, zone: Zone) -> list[str]:
    """The addresses of `host` that `zone` may connect to. Raises HttpError(dns or blocked)."""
    literal = policy.literal(host)
    found = [literal] if literal else await resolver.resolve(host)
    objections = [policy.objection(address, zone) for address in found]
    allowed = [address for address, objection in zip(found, objections, strict=True) if not objection]
    if not allowed:
        raise blocked(host, found[0], objections[0])
    return allowed


def blocked(host: str, address: str, objection: str) -> HttpError:
    """The error for an address the policy forbids."""
    named = address if host == address else f"{host} ({address})"
    return HttpError(Fault.BLOCKED, f"Connecting to {named} is not allowed: {objection}")


async def connected_socket(addresses: list[str], port: int) -> socket.socket:
    """A non-blocking socket connected to the first of `addresses` that answers. Raises HttpError."""
    infos = [_address_info(address, port) for address in addresses]
    try:
        return await aiohappyeyeballs.start_connection(infos, happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY_S)
    except OSError as error:
        if error.errno is None and len(addresses) > 1:
            tried = ", ".join(where(address, port) for address in addresses)
            raise HttpError(Fault.UNREACHABLE, f"None of {tried} accepts a connection") from None
        raise connect_error(error, where(addresses[0], port)) from None


async def connect(host: str, port: int, zone: Zone, progress: Progress) -> tuple[socket.socket, float, float]:
    """Resolve, vet and connect; the socket, and the seconds that resolving and connecting took. The caller bounds the
    time."""
    progress.host, progress.phase = host, Phase.RESOLVING
    started = perf_counter()
    addresses = await allowed_addresses(host, zone)
    resolved = perf_counter()
    progress.where, progress.phase = where(addresses[0], port), Phase.CONNECTING
    sock = await connected_socket(addresses, port)
    progress.where = where(*sock.getpeername()[:2])
    return sock, 0.0 if policy.literal(host) else resolved - started, perf_counter() - resolved


async def shake_hands(
    sock: socket.socket,
    factory: Callable[[], asyncio.Protocol],
    context: ssl.SSLContext,
    host: str,
    progress: Progress,
) -> asyncio.Transport:
    """TLS over a connected socket; `host` is asked for (SNI) and must be in the certificate. Raises HttpError(tls,
    certificate or reset)."""
    progress.phase = Phase.HANDSHAKING
    name = host.rstrip(".")
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_connection(factory, sock=sock, ssl=context, server_hostname=name)
    except (ssl.SSLError, OSError) as error:
        raise tls_error(error, name, progress.where) from None
    return transport


def peer_of(transport: asyncio.BaseTransport | None) -> PeerCertificate | None:
    """The certificate of a transport's peer, None without TLS."""
    ssl_object = transport.get_extra_info("ssl_object") if transport else None
    return peer_certificate(ssl_object) if ssl_object else None


def _address_info(address: str, port: int) -> tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


def abandon(transport: asyncio.BaseTransport | None) -> None:
    """Drop a connection at once, whatever is still unsent."""
    if isinstance(transport, asyncio.Transport):
        transport.abort()
    elif transport is not None:
        transport.close()
