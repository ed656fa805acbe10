"""Peers that misbehave on the wire: silent, talking nonsense, or forwarding to a real server until they are frozen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """A TCP server on a free port of 127.0.0.1; yields the port, and drops its clients at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError, OSError):
            await handler(reader, writer)
        writer.close()
        tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes every byte and never answers."""
    while await reader.read(65536):
        pass


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closes as soon as the client has spoken."""
    await reader.read(65536)


def saying(answer: bytes) -> Handler:
    """Answers every packet with the same bytes."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            writer.write(answer)
            await writer.drain()

    return say


class Freezing:
    """Forwards to a real server on 127.0.0.1 until the client sends `trigger`; from then on nothing comes back."""

    def __init__(self, upstream_port: int, trigger: bytes) -> None:
        self._port, self._trigger = upstream_port, trigger
        self.frozen = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._port)
        back = asyncio.create_task(self._answers(upstream_reader, writer))
        try:
            while data := await reader.read(65536):
                if self._trigger in data:
                    self.frozen.set()
                if not self.frozen.is_set():
                    upstream_writer.write(data)
        finally:
            back.cancel()
            upstream_writer.close()

    async def _answers(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await upstream.read(65536):
            if not self.frozen.is_set():
                writer.write(data)
        writer.close()  # the server is gone, and its client may know
