"""A receiver of messages over HTTP: it counts what reaches it, second by second, and can hang, refuse, fail and work again.

Strict: a message without an idempotency key is refused for good, and so is a key that comes again with another body.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.serving import hang


@dataclass
class Receiver:
    """`mode`: well, dead (500), busy (429 with Retry-After), refusing (400), gone (410), hanging. `delay_s`: of every answer."""

    mode: str = "well"
    delay_s: float = 0.0
    requests: list[tuple[float, str]] = field(default_factory=list)  # (monotonic time, key)
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    bodies: dict[str, Any] = field(default_factory=dict)
    at_once: int = 0
    most_at_once: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/{tail:.*}", self._take)
        return application

    @property
    def keys(self) -> Counter[str]:
        """How often each key was taken."""
        return Counter(one["key"] for one in self.taken)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append((time.monotonic(), str(body.get("key"))))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.arrived.set()
        try:
            return await self._answer(body)
        finally:
            self.at_once -= 1

    async def _answer(self, body: dict[str, Any]) -> web.Response:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.mode == "hanging":
            await hang()
        if self.mode == "dead":
            return web.Response(status=500, text="out of order")
        if self.mode == "busy":
            return web.Response(status=429, text="slow down", headers={"Retry-After": "30"})
        if self.mode == "gone":
            return web.Response(status=410, text="nobody lives here")
        key = body.get("key")
        if self.mode == "refusing" or not key or self.bodies.setdefault(key, body) != body:
            return web.Response(status=400, text="not like that, token=s3cr3t-token")
        self.taken.append(body)
        return web.Response(text="ok")
