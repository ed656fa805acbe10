"""The window of frames a browser has not acknowledged yet: all that a slow browser can make the hub hold for it.

Daphne writes without backpressure, so the socket does not tell who is slow: the browser's own count does.
"""

from collections import deque

from opsportal.live.protocol import Malformed

MAX_FRAMES = 16
MAX_BYTES = 1 << 20
# Notices (denied, errors, heartbeats) pass a full window, but not without end.
HARD_MAX_FRAMES = 256


class Window:
    """Frames sent to one browser and not yet acknowledged. Times are monotonic seconds."""

    __slots__ = ("_in_flight", "bytes", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.bytes = 0
        self._in_flight: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._in_flight)

    def has_room(self, size: int) -> bool:
        """Whether a frame of `size` bytes may be sent now. One frame may always be under way, whatever its size."""
        return not self._in_flight or (len(self._in_flight) < MAX_FRAMES and self.bytes + size <= MAX_BYTES)

    @property
    def is_relieved(self) -> bool:
        """Whether a browser that had fallen behind has caught up enough to be sent snapshots again."""
        return len(self._in_flight) <= MAX_FRAMES // 2 and self.bytes <= MAX_BYTES // 2

    def send(self, size: int, now: float) -> None:
        self.sent += 1
        self.bytes += size
        self._in_flight.append((now, size))

    def acknowledge(self, frames: int) -> None:
        """The browser has received `frames` frames in all. Raises Malformed if fewer were sent."""
        if frames > self.sent:
            raise Malformed("ack: more frames than were sent")
        while self.sent - len(self._in_flight) < frames:
            _, size = self._in_flight.popleft()
            self.bytes -= size

    def silent_s(self, now: float) -> float:
        """For how long the oldest frame has waited for its acknowledgement."""
        return now - self._in_flight[0][0] if self._in_flight else 0.0
