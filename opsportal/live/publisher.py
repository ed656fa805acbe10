"""Publishing: one Valkey channel carries the updates of all topics to all web processes.

Publishing never raises because of Valkey and never waits longer than DEADLINE_S: a page that misses an update is put
right by the resynchronisation that follows, a check that waits for a browser is not.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

CHANNEL = "opsportal:live"
DEADLINE_S = 0.5
# After a failure the next tries are skipped for this long, so that a dead Valkey costs its callers next to nothing.
PAUSE_S = 1.0
DEADLINES: Any = {"socket_timeout": DEADLINE_S, "socket_connect_timeout": DEADLINE_S}
# Follows an outage: whoever listens cannot know what it missed, and asks for everything anew.
RESYNC = orjson.dumps({"resync": True})

Updates = Mapping[str, object]


@dataclass(slots=True)
class Outage:
    """Whether Valkey is away, how much was lost, and when it is worth trying again. Times are monotonic seconds."""

    lost: int = 0
    lost_in_all: int = 0
    retry_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def skips(self, now: float) -> bool:
        """Whether it is too early to try again; a skipped message counts as lost."""
        with self.lock:
            too_early = self.lost > 0 and now < self.retry_at
            self._count(too_early)
            return too_early

    def began(self, error: Exception, now: float) -> None:
        """Valkey did not take a message. Logged once per outage."""
        with self.lock:
            if not self.lost:
                logger.warning("Live updates are not sent: Valkey is away (%s).", type(error).__name__)
            self._count(True)
            self.retry_at = now + PAUSE_S

    def ended(self) -> None:
        """Valkey took a message."""
        with self.lock:
            if self.lost:
                logger.info("Live updates are sent again; %d were lost.", self.lost)
            self.lost = 0

    def _count(self, lost: bool) -> None:
        self.lost += lost
        self.lost_in_all += lost


outage = Outage()
_client: redis.Redis | None = None
_async_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


def publish(topic: str, updates: Updates) -> None:
    """Tell every open page that shows `topic`: `updates` maps a key to its whole new payload, or to None if it is gone.

    Payloads are what orjson can write. Call it inside `transaction.on_commit`.
    Raises TypeError only for a payload that is not JSON.
    """
    publish_many({topic: updates})


def publish_many(updates_by_topic: Mapping[str, Updates]) -> None:
    """`publish` for several topics in one message."""
    _send({"topics": updates_by_topic})


async def apublish(topic: str, updates: Updates) -> None:
    """`publish` from an event loop."""
    await apublish_many({topic: updates})


async def apublish_many(updates_by_topic: Mapping[str, Updates]) -> None:
    """`publish_many` from an event loop."""
    await _asend({"topics": updates_by_topic})


def recheck_user(user_id: int) -> None:
    """Have every web process read the roles and sessions of this user again: call it after a role change or log-out."""
    _send({"recheck": user_id})


async def adisconnect() -> None:
    """Close this event loop's connection to Valkey. The next publish opens another."""
    if client := _async_clients.pop(asyncio.get_running_loop(), None):
        await client.aclose()


def _send(message: dict[str, object]) -> None:
    body = orjson.dumps(message, option=orjson.OPT_UTC_Z)
    if outage.skips(time.monotonic()):
        return
    try:
        client = _sync_client()
        client.publish(CHANNEL, body)
        if outage.lost:
            client.publish(CHANNEL, RESYNC)
    except (redis.RedisError, OSError) as error:
        outage.began(error, time.monotonic())
    else:
        outage.ended()


async def _asend(message: dict[str, object]) -> None:
    body = orjson.dumps(message, option=orjson.OPT_UTC_Z)
    if outage.skips(time.monotonic()):
        return
    try:
        async with asyncio.timeout(DEADLINE_S):
            client = _async_client()
            await client.publish(CHANNEL, body)
            if outage.lost:
                await client.publish(CHANNEL, RESYNC)
    except (redis.RedisError, OSError, TimeoutError) as error:
        outage.began(error, time.monotonic())
    else:
        outage.ended()


def _sync_client() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(settings.REDIS_URL, **DEADLINES, retry=Retry(NoBackoff(), 0))
    return _client


def _async_client() -> redis.asyncio.Redis:
    loop = asyncio.get_running_loop()
    if loop not in _async_clients:
        for ended in [known for known in _async_clients if known.is_closed()]:
            del _async_clients[ended]
        connect = redis.asyncio.Redis.from_url
        _async_clients[loop] = connect(settings.REDIS_URL, **DEADLINES, retry=AsyncRetry(NoBackoff(), 0))
    return _async_clients[loop]
