"""The hub of this process: started by the first tab that connects, stopped when the last one has left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from weakref import WeakKeyDictionary

from django.conf import settings

from opsportal.live.client import Client
from opsportal.live.hub import Hub
from opsportal.live.subscription import Subscription

# A tab that connects while Valkey is away is served all the same, and told so.
FIRST_UPSTREAM_S = 1.0


class RunningHub:
    """A hub together with its Valkey subscription, on the running event loop."""

    def __init__(self) -> None:
        self.hub = Hub(asyncio.get_running_loop())
        self.members = 0
        self._came_up = asyncio.Event()
        subscription = Subscription(settings.REDIS_URL, self.hub.take_message, self._upstream_changed)
        self._task = asyncio.create_task(subscription.run(), name="live subscription")
        self.hub.housekeeping.start()

    async def ready(self) -> None:
        """Wait until Valkey's updates arrive: a snapshot taken before that could miss one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_UPSTREAM_S):
                await self._came_up.wait()

    async def stop(self) -> None:
        self.hub.housekeeping.stop()
        self._task.cancel()
        await asyncio.wait({self._task})

    def _upstream_changed(self, up: bool) -> None:
        self.hub.set_upstream(up)
        if up:
            self._came_up.set()


_running: WeakKeyDictionary[asyncio.AbstractEventLoop, RunningHub] = WeakKeyDictionary()


@asynccontextmanager
async def membership(client: Client) -> AsyncIterator[Hub]:
    """The tab is on the hub of this event loop while the block runs."""
    loop = asyncio.get_running_loop()
    running = _running.get(loop) or _running.setdefault(loop, RunningHub())
    running.members += 1
    try:
        await running.ready()
        running.hub.join(client)
        yield running.hub
    finally:
        running.hub.leave(client)
        running.members -= 1
        if not running.members:
            del _running[loop]
            await running.stop()
