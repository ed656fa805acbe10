"""HTTP peers that behave in one stated way, well or badly, on a free port of the loopback."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Talk = Callable[[Reader, Writer], Awaitable[None]]


@dataclass
class Peer:
    """A running peer: its port, and the heads and bodies of the requests it got."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.port}"


@asynccontextmanager
async def peer(talk: Talk, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Peer]:
    """Run `talk` for every connection until the block ends."""
    running: set[asyncio.Task[None]] = set()

    async def accept(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(reader, writer)
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(accept, host, 0, ssl=tls)
    try:
        yield Peer(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def answering(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """Answer each request with the next of `answers` (the last again and again), then close."""
    seen = Peer()

    async def talk(reader: Reader, writer: Writer) -> None:
        seen.requests.append(await request_of(reader))
        writer.write(answers[min(len(seen.requests), len(answers)) - 1])
        await writer.drain()

    async with peer(talk, tls=tls) as running:
        seen.port = running.port
        yield seen


async def silent(reader: Reader, writer: Writer) -> None:
    """Half-open: accepts, never speaks, never closes."""
    await asyncio.Event().wait()


async def dripping(reader: Reader, writer: Writer) -> None:
    """Begins its answer, then sends a byte now and then, for ever."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def resetting_mid_body(reader: Reader, writer: Writer) -> None:
    """Resets the connection (RST) in the middle of the body."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def endless(reader: Reader, writer: Writer) -> None:
    """A body without an end, as fast as it is read."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def bad_request(reader: Reader, writer: Writer) -> None:
    """Plain HTTP that is spoken to in TLS: it complains in HTTP at once."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def request_of(reader: Reader) -> bytes:
    """One request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0][15:])) if lengths else b"")


def answer(body: bytes | str = b"ok", status: str = "200 OK", **headers: str) -> bytes:
    """The bytes of an answer with its length; `retry_after="30"` becomes `Retry-After: 30`."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
