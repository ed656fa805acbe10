"""Fake services over real sockets: an aiohttp application on a free port of the loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from opsportal.http import aclose

HANG_S = 3_600


@asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[str]:
    """Serve `application`; its address. At the end the portal's own connections are closed too: they belong to this event loop."""
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await aclose()
        await runner.cleanup()


async def hang() -> None:
    """Take longer than anybody waits."""
    await asyncio.sleep(HANG_S)
