"""A TCP connection with a deadline, TLS on request: what the `tcp` and `tls` probes stand on."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

from opsportal.http import Fault, HttpError, Zone
from opsportal.http.connection import Progress, abandon, connect, shake_hands


@dataclass(slots=True)
class Stream:
    """An open connection and how long each step took, in seconds (`tls_s` 0 without TLS, `dns_s` 0 for an address)."""

    reader: asyncio.StreamReader
    transport: asyncio.Transport
    progress: Progress
    dns_s: float
    connect_s: float
    tls_s: float


@asynccontextmanager
async def open_stream(
    host: str, port: int, *, context: ssl.SSLContext | None, server_name: str, timeout_s: float
) -> AsyncIterator[Stream]:
    """Connect within the address policy, shake hands if `context` is given, and drop the connection in the end.

    `timeout_s` bounds everything done inside the block too. Raises HttpError naming the phase that failed.
    """
    progress = Progress()
    transport: asyncio.Transport | None = None
    try:
        async with asyncio.timeout(timeout_s):
            stream = await _opened(host, port, context, server_name, progress)
            transport = stream.transport
            yield stream
    except TimeoutError:
        raise HttpError(Fault.TIMEOUT, progress.deadline_words(timeout_s)) from None
    finally:
        abandon(transport)


async def _opened(host: str, port: int, context: ssl.SSLContext | None, server_name: str, progress: Progress) -> Stream:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    sock, dns_s, connect_s = await connect(host, port, Zone.CHECKS, progress)
    if context is None:
        transport, _ = await loop.create_connection(lambda: protocol, sock=sock)
        return Stream(reader, transport, progress, dns_s, connect_s, 0.0)
    started = perf_counter()
    transport = await shake_hands(sock, lambda: protocol, context, server_name or host, progress)
    return Stream(reader, transport, progress, dns_s, connect_s, perf_counter() - started)
