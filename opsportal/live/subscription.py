"""The one Valkey subscription of a web process: it comes back by itself, and says when it was away."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

import redis.asyncio
from redis import RedisError
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from opsportal.live.publisher import CHANNEL

logger = logging.getLogger(__name__)

CONNECT_DEADLINE_S = 2.0
QUIET_S = 10.0  # after this long without a message the line is tried with a ping
PONG_DEADLINE_S = 3.0
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 3.0


class Subscription:
    """Calls `on_message(body)` for each message, and `on_change(up)` when the line comes or goes."""

    def __init__(self, url: str, on_message: Callable[[bytes], None], on_change: Callable[[bool], None]) -> None:
        self._url = url
        self._on_message = on_message
        self._on_change = on_change
        self._delay_s = FIRST_DELAY_S

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("Live updates do not arrive: Valkey is away (%s).", type(error).__name__)
            self._on_change(False)
            await asyncio.sleep(self._delay_s * random.uniform(0.5, 1.5))
            self._delay_s = min(LONGEST_DELAY_S, self._delay_s * 2)

    async def _listen(self) -> None:
        client = redis.asyncio.Redis.from_url(
            self._url,
            socket_connect_timeout=CONNECT_DEADLINE_S,
            socket_timeout=CONNECT_DEADLINE_S,
            retry=Retry(NoBackoff(), 0),
        )
        async with client, client.pubsub() as pubsub:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                await pubsub.subscribe(CHANNEL)
                await _next(pubsub, CONNECT_DEADLINE_S)
            self._delay_s = FIRST_DELAY_S
            self._on_change(True)
            await self._take_messages(pubsub)

    async def _take_messages(self, pubsub: PubSub) -> None:
        while True:
            message = await _next(pubsub, QUIET_S)
            if message is None:
                await pubsub.ping()
                message = await _next(pubsub, PONG_DEADLINE_S)
                if message is None:
                    raise TimeoutError("no answer to a ping")
            if message["type"] == "message":
                self._on_message(message["data"])


async def _next(pubsub: PubSub, timeout_s: float) -> dict[str, Any] | None:
    message: dict[str, Any] | None = await pubsub.get_message(ignore_subscribe_messages=False, timeout=timeout_s)
    return message
