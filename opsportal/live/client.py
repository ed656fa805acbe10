"""One browser tab as the hub sees it: what it may see, what it listens to, and the frames on their way to it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from opsportal.live.access import Access
from opsportal.live.window import HARD_MAX_FRAMES, Window

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Client:
    """A connected tab. `offer` and `tell` never wait; the frames are written by `write`."""

    def __init__(self, session_key: str, access: Access, now: float) -> None:
        self.session_key = session_key
        self.access = access
        self.checked_at = now
        self.topics: set[str] = set()
        self.behind: set[str] = set()
        self.window = Window()
        self.spoken_at = now
        self.close_code: int | None = None
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()

    @property
    def is_closing(self) -> bool:
        return self.close_code is not None

    @property
    def is_flooded(self) -> bool:
        return len(self.window) > HARD_MAX_FRAMES

    def may(self, permission: str) -> bool:
        return permission in self.access.permissions

    def offer(self, frame: str, now: float) -> bool:
        """Send a frame of a topic if the window has room for it."""
        if not self.window.has_room(len(frame)):
            return False
        self.tell(frame, now)
        return True

    def tell(self, frame: str, now: float) -> None:
        """Send a frame whether there is room or not: for notices, which are few and small."""
        if self.is_closing:
            return
        self.window.send(len(frame), now)
        self.spoken_at = now
        self._frames.put_nowait(frame)

    def close(self, code: int) -> None:
        """Close the socket with `code`, after the frames that are already on their way."""
        if not self.is_closing:
            self.close_code = code
            self._frames.put_nowait(None)

    async def write(self, send: Send) -> None:
        """Write frames until the close."""
        while (frame := await self._frames.get()) is not None:
            await send({"type": "websocket.send", "text": frame})
        await send({"type": "websocket.close", "code": self.close_code})
