"""Ids of series by what a sender calls them on the wire, so that a known series costs one look-up."""

import threading
import time
from collections.abc import Callable

ENTRY_BYTES = 120  # of a dict's entry, a number and a key's head
MOST_BYTES = 64 * 1024 * 1024
KEPT_S = 3 * 3600  # then the store is asked again, which tells it that the series is in use


class KnownSeries:
    """A bounded map of a process. When it is full, every second entry goes: what is still sent comes back by itself, and
    a set of series that is a little too large does not lose all of its hits."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._ids: dict[bytes | str, int] = {}
        self._lock = threading.Lock()
        self._most_bytes = most_bytes
        self._bytes = 0
        self._began = time.monotonic()

    def __len__(self) -> int:
        return len(self._ids)

    def look_up(self) -> Callable[[bytes | str], int | None]:
        """What finds an id, for one request."""
        if time.monotonic() - self._began > KEPT_S:
            self.forget()
        return self._ids.get

    def remember(self, ids: dict[bytes | str, int]) -> None:
        """Ids of committed series only: a rolled-back id would point nowhere."""
        with self._lock:
            for key, series in ids.items():
                if key not in self._ids:
                    self._bytes += len(key) + ENTRY_BYTES
                self._ids[key] = series
                if self._bytes > self._most_bytes:
                    self._halve()

    def forget(self) -> None:
        with self._lock:
            self._ids.clear()
            self._bytes = 0
            self._began = time.monotonic()

    def _halve(self) -> None:
        for key in list(self._ids)[::2]:
            del self._ids[key]
        self._bytes = sum([len(key) + ENTRY_BYTES for key in self._ids])


series = KnownSeries()
