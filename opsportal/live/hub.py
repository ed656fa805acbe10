"""The hub, one per web process: it takes each update from Valkey once and fans one serialised frame out to the tabs."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from asgiref.sync import sync_to_async
from django.db import close_old_connections

from opsportal.live import protocol, topics
from opsportal.live.access import Access
from opsportal.live.client import Client
from opsportal.live.housekeeping import Housekeeping
from opsportal.live.stream import SHARED_FOR_S, Picture, Stream
from opsportal.live.topics import UnknownTopic
from opsportal.measures import gauge

logger = logging.getLogger(__name__)

SNAPSHOT_DEADLINE_S = 5.0
SNAPSHOTS_AT_ONCE = 4
OPEN_TABS = gauge("opsportal_live_connections", "Browser tabs with a live connection.")


# Snapshots run outside a request, so nobody else gives back the connection of their thread, or drops a broken one.
release_connections = sync_to_async(close_old_connections)


class Timer(Protocol):
    """The part of an event loop that the hub tells the time by; tests drive one of their own."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> asyncio.TimerHandle: ...


class Hub:
    """Tabs, the topics they listen to, and what is on its way between them.

    All methods run on the event loop and never wait. Times are those of `timer`, in seconds.
    """

    def __init__(self, timer: Timer, *, snapshot_deadline_s: float = SNAPSHOT_DEADLINE_S) -> None:
        self.epoch = secrets.token_hex(8)
        self.timer = timer
        self.is_up = False
        self.clients: set[Client] = set()
        self.streams: dict[str, Stream] = {}
        self.housekeeping = Housekeeping(self)
        self._snapshot_deadline_s = snapshot_deadline_s
        self._snapshot_turns = asyncio.Semaphore(SNAPSHOTS_AT_ONCE)

    # --- tabs -------------------------------------------------------------------------------------------------
    def join(self, client: Client) -> None:
        self.clients.add(client)
        OPEN_TABS.set(len(self.clients))
        client.tell(protocol.hello(self.epoch, datetime.now(UTC), upstream=self.is_up), self.timer.time())

    def leave(self, client: Client) -> None:
        self.clients.discard(client)
        OPEN_TABS.set(len(self.clients))
        self.unsubscribe(client, tuple(client.topics))

    def subscribe(self, client: Client, names: Iterable[str]) -> None:
        """Let the tab hear these topics, each from a snapshot on; a topic it may not hear is answered with `denied`."""
        for name in names:
            if name in client.topics or len(client.topics) < protocol.MAX_TOPICS:
                self._subscribe(client, name)
            else:
                client.tell(protocol.failed(name, f"at most {protocol.MAX_TOPICS} topics a tab"), self.timer.time())

    def _subscribe(self, client: Client, name: str) -> None:
        try:
            source = topics.find(name)
        except UnknownTopic:
            source = None
        if source is None or not client.may(source.permission):
            self._deny(client, name)
            return
        stream = self.streams.get(name) or self.streams.setdefault(name, Stream(name, self.epoch, source))
        client.topics.add(name)
        stream.subscribers.add(client)
        self._want_snapshot(client, stream)

    def unsubscribe(self, client: Client, names: Iterable[str]) -> None:
        for name in names:
            client.topics.discard(name)
            client.behind.discard(name)
            if stream := self.streams.get(name):
                stream.forget(client)
                if not stream.subscribers:
                    stream.drop_pictures()
                    del self.streams[name]

    def snapshot(self, client: Client, names: Iterable[str]) -> None:
        """The tab noticed a gap: send it the whole of these topics again."""
        for name in names:
            if name in client.topics:
                self._want_snapshot(client, self.streams[name])

    def acknowledge(self, client: Client, frames: int) -> None:
        """Raises Malformed for frames that were never sent."""
        client.window.acknowledge(frames)
        if client.behind and client.window.is_relieved:
            names, client.behind = client.behind, set()
            self.snapshot(client, names)

    def reconsider(self, client: Client) -> None:
        """Take away the topics that the tab's person may no longer hear."""
        for name in tuple(client.topics):
            if not client.may(self.streams[name].source.permission):
                self.unsubscribe(client, (name,))
                self._deny(client, name)

    def _deny(self, client: Client, name: str) -> None:
        client.tell(protocol.denied(name), self.timer.time())

    # --- updates ----------------------------------------------------------------------------------------------
    def take_message(self, body: bytes) -> None:
        """One message of the publishers."""
        try:
            message = orjson.loads(body)
            for name, updates in message.get("topics", {}).items():
                self.take_updates(name, updates)
            if "recheck" in message:
                self.housekeeping.recheck_user(message["recheck"])
            if message.get("resync"):
                self.resync()
        except (ValueError, AttributeError, TypeError):
            logger.warning("A message on the live channel was not understood and is dropped.")

    def take_updates(self, name: str, updates: dict[str, object]) -> None:
        if stream := self.streams.get(name):
            now = self.timer.time()
            due_at = stream.merge(updates, now)
            if due_at is not None and due_at <= now:
                self._flush(stream)
            elif due_at is not None:
                self.timer.call_at(due_at, self._flush, stream)

    def _flush(self, stream: Stream) -> None:
        now = self.timer.time()
        frame = stream.take(now)
        late = [client for client in stream.receivers if not client.offer(frame, now)]
        for client in late:
            self._fall_behind(client, stream)

    def _fall_behind(self, client: Client, stream: Stream) -> None:
        stream.receivers.discard(client)
        client.behind.add(stream.name)

    # --- snapshots --------------------------------------------------------------------------------------------
    def set_upstream(self, up: bool) -> None:
        """Valkey came or went. What was published meanwhile is lost, so its return starts every topic afresh."""
        if up == self.is_up:
            return
        self.is_up = up
        frame, now = protocol.upstream(up), self.timer.time()
        for client in self.clients:
            client.tell(frame, now)
        if up:
            self.resync()
            self.housekeeping.recheck_all()

    def resync(self) -> None:
        """Send every tab a snapshot of all it listens to, begun from now on."""
        for stream in self.streams.values():
            stream.drop_pictures()
            for client in stream.subscribers:
                if stream.name not in client.behind:
                    self._want_snapshot(client, stream)

    def _want_snapshot(self, client: Client, stream: Stream) -> None:
        stream.receivers.discard(client)
        client.behind.discard(stream.name)
        key: Hashable = client.access.user.pk if stream.source.per_user else None
        picture = stream.pictures.get(key)
        if picture is None:
            picture = stream.pictures[key] = Picture()
            picture.task = asyncio.create_task(self._make(stream, key, picture, client.access))
        if picture.rows is None:
            picture.waiting.add(client)
        else:
            self._give(client, stream, picture)

    async def _make(self, stream: Stream, key: Hashable, picture: Picture, access: Access) -> None:
        await self._make_and_give(stream, key, picture, access)
        await release_connections()

    async def _make_and_give(self, stream: Stream, key: Hashable, picture: Picture, access: Access) -> None:
        try:
            async with self._snapshot_turns:
                shared_until = self.timer.time() + SHARED_FOR_S
                async with asyncio.timeout(self._snapshot_deadline_s):
                    rows = await stream.source.snapshot(access.user, stream.name)
            picture.made(rows, stream)
        except Exception as error:
            stream.drop_picture(key, picture)
            self._refuse(stream, picture, error)
            return
        waiting, picture.waiting = picture.waiting, set()
        for client in waiting:
            self._give(client, stream, picture)
        self.timer.call_at(shared_until, stream.drop_picture, key, picture)

    def _give(self, client: Client, stream: Stream, picture: Picture) -> None:
        if client.offer(picture.frame(stream), self.timer.time()):
            stream.receivers.add(client)
        else:
            self._fall_behind(client, stream)

    def _refuse(self, stream: Stream, picture: Picture, error: Exception) -> None:
        if isinstance(error, UnknownTopic):
            for client in picture.waiting:
                self.unsubscribe(client, (stream.name,))
                self._deny(client, stream.name)
            return
        logger.error("The snapshot of live topic %s failed.", stream.name, exc_info=error)
        words = "took too long" if isinstance(error, TimeoutError) else "failed"
        frame = protocol.failed(stream.name, f"the snapshot {words}; ask again")
        for client in picture.waiting:
            client.tell(frame, self.timer.time())
