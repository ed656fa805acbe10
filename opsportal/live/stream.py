"""One topic inside the hub: its numbering, its coalescing, and the snapshots being shared. The clock is passed in."""

import asyncio
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opsportal.live import protocol
from opsportal.live.topics import Source

if TYPE_CHECKING:
    from opsportal.live.client import Client

INTERVAL_S = 0.25  # at most 4 frames a second and topic
SHARED_FOR_S = 0.25


@dataclass(eq=False, slots=True)
class Picture:
    """A snapshot in the making, or made a moment ago, with the updates that have come in since it was begun."""

    rows: dict[str, object] | None = None
    since: dict[str, object] = field(default_factory=dict)
    waiting: set["Client"] = field(default_factory=set)
    task: asyncio.Task[None] | None = None
    _frame: tuple[int, str] = (-1, "")

    def made(self, rows: Mapping[str, object], stream: "Stream") -> None:
        """The rows are there. Raises TypeError if they are not JSON."""
        self.rows = dict(rows)
        self.frame(stream)

    def frame(self, stream: "Stream") -> str:
        """The snapshot as it is to be sent now; serialised once however many tabs wait for it."""
        if self._frame[0] != stream.seq:
            rows = {key: row for key, row in ((self.rows or {}) | self.since).items() if row is not None}
            self._frame = (stream.seq, protocol.snapshot(stream.name, stream.epoch, stream.seq, rows))
        return self._frame[1]


class Stream:
    """Numbers the frames of one topic and merges updates by key until the next frame may go."""

    def __init__(self, name: str, epoch: str, source: Source) -> None:
        self.name = name
        self.epoch = epoch
        self.source = source
        self.seq = 0
        self.receivers: set[Client] = set()
        self.subscribers: set[Client] = set()
        self.pictures: dict[Hashable, Picture] = {}
        self._pending: dict[str, object] = {}
        self._sent_at = float("-inf")

    def merge(self, updates: Mapping[str, object], now: float) -> float | None:
        """Take updates in. Returns when they are to be sent, or None if a time for that is already set."""
        for picture in self.pictures.values():
            picture.since.update(updates)
        already_due = bool(self._pending)
        self._pending.update(updates)
        return None if already_due or not updates else max(now, self._sent_at + INTERVAL_S)

    def take(self, now: float) -> str:
        """The next frame: everything merged since the last one."""
        rows, self._pending = self._pending, {}
        self._sent_at = now
        self.seq += 1
        return protocol.updates(self.name, self.epoch, self.seq, rows)

    def forget(self, client: "Client") -> None:
        """The tab no longer listens to this topic."""
        self.subscribers.discard(client)
        self.receivers.discard(client)
        for picture in self.pictures.values():
            picture.waiting.discard(client)

    def drop_picture(self, key: Hashable, picture: Picture) -> None:
        """Share this snapshot no more; one that has taken its place stays."""
        if self.pictures.get(key) is picture:
            del self.pictures[key]

    def drop_pictures(self) -> None:
        """Give up every snapshot, also those being made."""
        for picture in self.pictures.values():
            if picture.task is not None:
                picture.task.cancel()
        self.pictures.clear()
