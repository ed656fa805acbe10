"""What the hub does by the clock: heartbeats, closing tabs that stopped answering, reading people's access again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from opsportal.live import protocol
from opsportal.live.access import Access, aread
from opsportal.live.client import Client

if TYPE_CHECKING:
    from opsportal.live.hub import Hub

logger = logging.getLogger(__name__)

TICK_S = 5.0
BEAT_AFTER_S = 20.0
SILENT_CLIENT_S = 60.0
# Role changes are announced (recheck_user); this catches those whose announcement was lost, and sessions that expire.
ACCESS_GOOD_FOR_S = 300.0
ACCESS_DEADLINE_S = 5.0
LEAST_BATCH = 20

ReadAccess = Callable[[Collection[str]], Awaitable[dict[str, Access]]]


class Housekeeping:
    """Looks after the tabs of one hub every TICK_S."""

    def __init__(self, hub: "Hub", read_access: ReadAccess = aread) -> None:
        self._hub = hub
        self._read_access = read_access
        self._next: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._next = self._hub.timer.call_at(self._hub.timer.time() + TICK_S, self._tick)

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
        for task in self._tasks:
            task.cancel()

    def recheck_user(self, user_id: int) -> None:
        """Read the access of this person's tabs again, now."""
        self._recheck([client for client in self._hub.clients if client.access.user.pk == user_id])

    def recheck_all(self) -> None:
        """Read everybody's access again, within a minute: announcements may have been lost."""
        for client in self._hub.clients:
            client.checked_at = float("-inf")

    def _tick(self) -> None:
        self.start()
        now = self._hub.timer.time()
        self._close_the_silent(now)
        self._speak_to_the_quiet(now)
        overdue = sorted(
            (client for client in self._hub.clients if now - client.checked_at > ACCESS_GOOD_FOR_S),
            key=lambda client: client.checked_at,
        )
        self._recheck(overdue[: max(LEAST_BATCH, len(self._hub.clients) // 12)])

    def _close_the_silent(self, now: float) -> None:
        for client in self._hub.clients:
            if client.is_flooded or client.window.silent_s(now) > SILENT_CLIENT_S:
                client.close(protocol.TOO_SLOW)

    def _speak_to_the_quiet(self, now: float) -> None:
        frame = protocol.beat(datetime.now(UTC))
        for client in self._hub.clients:
            if now - client.spoken_at >= BEAT_AFTER_S:
                client.tell(frame, now)

    def _recheck(self, clients: list[Client]) -> None:
        if not clients:
            return
        for client in clients:
            client.checked_at = float("-inf")  # until the database has answered, so that a failure is tried again
        task = asyncio.create_task(self._apply_access(clients))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _apply_access(self, clients: list[Client]) -> None:
        try:
            async with asyncio.timeout(ACCESS_DEADLINE_S):
                found = await self._read_access({client.session_key for client in clients})
        except Exception as error:
            logger.warning("The access of %d live tabs was not read again (%s).", len(clients), type(error).__name__)
            return
        for client in clients:
            self._settle(client, found.get(client.session_key))

    def _settle(self, client: Client, access: Access | None) -> None:
        if access is None:
            client.close(protocol.SIGNED_OUT)
        elif client in self._hub.clients:
            client.access, client.checked_at = access, self._hub.timer.time()
            self._hub.reconsider(client)
