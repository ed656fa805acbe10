"""What the tests of the live channel share: a clock they turn by hand, tabs without a socket, and a topic to watch."""

import asyncio
import heapq
from collections.abc import Callable, Collection, Mapping
from types import SimpleNamespace
from typing import Any, cast

import orjson

from opsportal.live.access import Access
from opsportal.live.client import Client
from opsportal.live.hub import Hub

MAY_VIEW = "checks.view_service"


class ManualTimer:
    """An event loop's clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._due: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
        heapq.heappush(self._due, (when, len(self._due), callback, args))
        return cast("asyncio.TimerHandle", SimpleNamespace(cancel=lambda: None))

    def advance(self, seconds: float) -> None:
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._now, _, callback, args = heapq.heappop(self._due)
            callback(*args)
        self._now = end


class Board:
    """A topic whose whole truth a test sets, and which counts how often it is asked for it."""

    def __init__(self) -> None:
        self.rows: dict[str, object] = {}
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def snapshot(self, user: object, topic: str) -> Mapping[str, object]:
        self.asked += 1
        rows = dict(self.rows)
        await self.gate.wait()
        return rows


def person(pk: int = 1, *permissions: str) -> Access:
    return Access(cast("Any", SimpleNamespace(pk=pk)), frozenset(permissions or {MAY_VIEW}))


def tab(hub: Hub, access: Access | None = None, session_key: str = "session") -> Client:
    """A tab that has just connected."""
    client = Client(session_key, access or person(), hub.timer.time())
    hub.join(client)
    received(client)
    return client


def received(client: Client) -> list[dict[str, Any]]:
    """The frames sent to the tab since the last look. They stay unacknowledged."""
    frames = []
    while not client._frames.empty():
        frame = client._frames.get_nowait()
        if frame is not None:
            frames.append(orjson.loads(frame))
    return frames


async def settle() -> None:
    """Let every task that can run now run."""
    for _ in range(10):
        await asyncio.sleep(0)


def reader(known: Mapping[str, Access]) -> Callable[[Collection[str]], Any]:
    """Stands where the database is read: the sessions that are open now."""

    async def read(session_keys: Collection[str]) -> dict[str, Access]:
        return {key: known[key] for key in session_keys if key in known}

    return read
