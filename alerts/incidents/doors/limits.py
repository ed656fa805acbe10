"""How many requests a minute a sender may send: counted in Valkey for all web processes, without it in each by itself."""

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from alerts.incidents.doors.errors import BodyError
from opsportal.api.throttling import hit

WINDOW_S = 60
MOST_NAMES = 10_000


@dataclass(slots=True)
class Counts:
    """Uses by name in the minute that runs."""

    seen: OrderedDict[str, tuple[int, int]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, name: str, now_s: float) -> tuple[int, float]:
        """As opsportal.api.throttling.hit."""
        minute = int(now_s // WINDOW_S)
        with self.lock:
            before, so_far = self.seen.pop(name, (minute, 0))
            self.seen[name] = (minute, so_far + 1 if before == minute else 1)
            while len(self.seen) > MOST_NAMES:
                self.seen.popitem(last=False)
            return self.seen[name][1], WINDOW_S - now_s % WINDOW_S


own = Counts()


def admit(name: str, per_minute: int) -> None:
    """Count one more request of `name`. Raises BodyError 429 with Retry-After beyond so many in a minute."""
    so_far, left_s = hit(f"alerts:{name}", WINDOW_S)
    if not so_far:
        so_far, left_s = own.hit(name, time.time())
    if so_far > per_minute:
        words = f"more than {per_minute} requests in a minute; send this again later"
        raise BodyError(429, words, {"Retry-After": str(math.ceil(left_s))})
