"""`/ws/live/`: the WebSocket of one browser tab.

A plain ASGI consumer: Channels' own classes go to the database's thread for every message, also for an acknowledgement.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from django.conf import settings

from opsportal.live import protocol
from opsportal.live.access import Access, aread
from opsportal.live.client import Client, Send
from opsportal.live.hub import Hub
from opsportal.live.lifetime import membership
from opsportal.live.protocol import Ack, Malformed

logger = logging.getLogger(__name__)

MAX_MALFORMED = 5
MESSAGES_PER_S = 20.0
BURST = 60.0
ACCESS_DEADLINE_S = 5.0
FAREWELL_S = 5.0

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Patience:
    """How many messages, and how many malformed ones, a tab may still send. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._messages = BURST
        self._at = now
        self.malformed = 0

    def is_over_rate(self, now: float) -> bool:
        """Count one message; whether it is one too many."""
        self._messages = min(BURST, self._messages + (now - self._at) * MESSAGES_PER_S) - 1
        self._at = now
        return self._messages < 0


async def live_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one tab until it leaves, is not allowed any more, or breaks the protocol."""
    await receive()
    session_key = scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
    try:
        async with asyncio.timeout(ACCESS_DEADLINE_S):
            access = (await aread({session_key})).get(session_key)
    except Exception as error:
        logger.warning("A live tab is sent away: its session cannot be read (%s).", type(error).__name__)
        await _turn_away(send, protocol.TRY_AGAIN)
        return
    if access is None:
        await _turn_away(send, protocol.SIGNED_OUT)
        return
    await send({"type": "websocket.accept"})
    await _serve(session_key, access, receive, send)


async def _turn_away(send: Send, code: int) -> None:
    """Accept, then close: a browser learns the code of a refusal only on an open socket."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})


async def _serve(session_key: str, access: Access, receive: Receive, send: Send) -> None:
    client = Client(session_key, access, asyncio.get_running_loop().time())
    writer = asyncio.create_task(client.write(send))
    try:
        async with membership(client) as hub:
            await _listen(client, hub, receive)
        if client.is_closing:
            with suppress(TimeoutError):
                await asyncio.wait_for(writer, FAREWELL_S)
    finally:
        writer.cancel()


async def _listen(client: Client, hub: Hub, receive: Receive) -> None:
    patience = Patience(hub.timer.time())
    while not client.is_closing:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            _obey(client, hub, message.get("text"), patience)
        except Malformed as error:
            _object(client, hub, error, patience)


def _obey(client: Client, hub: Hub, text: str | None, patience: Patience) -> None:
    if patience.is_over_rate(hub.timer.time()):
        client.tell(protocol.error(f"more than {MESSAGES_PER_S:.0f} messages a second"), hub.timer.time())
        client.close(protocol.TOO_MANY)
        return
    ask = protocol.parse(text)
    if isinstance(ask, Ack):
        hub.acknowledge(client, ask.frames)
    else:
        do = {"subscribe": hub.subscribe, "unsubscribe": hub.unsubscribe, "snapshot": hub.snapshot}[ask.verb]
        do(client, ask.topics)


def _object(client: Client, hub: Hub, error: Malformed, patience: Patience) -> None:
    client.tell(protocol.error(str(error)), hub.timer.time())
    patience.malformed += 1
    if patience.malformed >= MAX_MALFORMED:
        client.close(protocol.MALFORMED)
