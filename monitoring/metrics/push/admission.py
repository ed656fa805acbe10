"""How many pushes are worked on at once in a process. Who comes beyond waits a little, then is told to come again:
so a burst costs senders time, not the portal memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

WAIT_S = 2.0
RETRY_AFTER_S = 1


class BusyError(Exception):
    """As many pushes as may be are being worked on."""


class Admission:
    def __init__(self, places: int, wait_s: float = WAIT_S) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._wait_s = wait_s

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places. Raises BusyError if none becomes free in time."""
        if not self._places.acquire(timeout=self._wait_s):
            raise BusyError
        try:
            yield
        finally:
            self._places.release()


every = Admission(settings.METRICS_PUSH_AT_ONCE)
heavy = Admission(1)  # for bodies that become many times as large when they are read: one at a time
