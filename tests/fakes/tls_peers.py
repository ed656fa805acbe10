"""TLS peers: real handshakes with certificates of our own making."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.certificates import Identity
from tests.fakes.http_peers import Peer, Reader, Writer, peer


@asynccontextmanager
async def tls_peer(
    identity: Identity, maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
) -> AsyncIterator[Peer]:
    """Shake hands as `identity`, then wait for the client to leave."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await reader.read()

    async with peer(talk, tls=identity.server_context(maximum)) as running:
        yield running


async def stalling_handshake(reader: Reader, writer: Writer) -> None:
    """Takes the client's hello and never goes on with the handshake."""
    await reader.read(1)
    await asyncio.Event().wait()
