"""What a check knows of its targets from one run to the next, whichever engine runs it: kept as JSON in the check's memory. Pure.

The ids of the series that a target had are kept as differences, packed: ids made together follow each other, so that two thousand of
them take some dozens of bytes. They are what a stale marker is written for when a series, or its target, is there no more.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = Any
Ids = NDArray[np.int64]
NO_IDS: Ids = np.empty(0, dtype=np.int64)
KEPT_S = 1_800.0  # what is older has been stale to every query for long
RENEWED_S = 600.0
MOST_IDS = 300_000  # of one check
MOST_BYTES = MOST_IDS * 8


@dataclass(slots=True)
class Remembered:
    """One target at the last run. `ids` are packed."""

    url: str
    labels: list[list[str]]
    discovered: list[list[str]]
    error: str
    ids: str

    def as_json(self) -> list[Json]:
        return [self.url, self.labels, self.discovered, self.error, self.ids]


@dataclass(slots=True)
class Memory:
    """All targets by key, the lists that discovery found, and the labels of targets that relabelling drops."""

    at_s: float = 0.0
    targets: dict[str, Remembered] = field(default_factory=dict)
    lists: dict[str, Json] = field(default_factory=dict)
    dropped: list[list[list[str]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        return {
            "at": self.at_s,
            "targets": {key: one.as_json() for key, one in self.targets.items()},
            "lists": self.lists,
            "dropped": self.dropped,
        }


def recalled(memory: Mapping[str, Json], now_s: float) -> Memory:
    """What the last run left; without ids if that is long ago, and empty if it is nothing of ours."""
    try:
        found = Memory(
            float(memory["at"]),
            {key: Remembered(*one) for key, one in memory["targets"].items()},
            dict(memory["lists"]),
            list(memory["dropped"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return Memory()
    if not 0 <= now_s - found.at_s <= KEPT_S:
        for one in found.targets.values():
            one.ids = ""
    return found


def to_keep(before: Memory, after: Memory, now_s: float) -> dict[str, Json] | None:
    """JSON to store, or None while what is stored says the same and is not too old."""
    after.at_s = before.at_s
    if after == before and 0 <= now_s - before.at_s < RENEWED_S:
        return None
    after.at_s = now_s
    return after.as_json()


def packed(ids: Ids) -> str:
    """Ascending ids as text."""
    if not len(ids):
        return ""
    return b64encode(zlib.compress(np.diff(ids, prepend=np.int64(0)).astype("<i8").tobytes(), 6)).decode()


def unpacked(text: str) -> Ids:
    """What `packed` packed; nothing where it cannot be read."""
    if not text:
        return NO_IDS
    try:
        raw = zlib.decompressobj().decompress(b64decode(text), MOST_BYTES)
        return np.cumsum(np.frombuffer(raw, dtype="<i8"), dtype=np.int64)
    except (ValueError, zlib.error):
        return NO_IDS
