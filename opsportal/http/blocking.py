"""`fetch` for code that is not asynchronous: on one event loop in a thread of this process, where connections are kept."""

import asyncio
import atexit
import os
import threading
from dataclasses import dataclass, field

from opsportal.http.client import aclose, fetch
from opsportal.http.errors import Fault, HttpError
from opsportal.http.messages import Request, Response
from opsportal.http.policy import Zone

GRACE_S = 2.0  # beyond the request's own deadline, in case that the loop itself is held up


@dataclass(slots=True)
class Runner:
    """The loop of this process; a forked one starts its own."""

    loop: asyncio.AbstractEventLoop | None = None
    pid: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def running(self) -> asyncio.AbstractEventLoop:
        with self.lock:
            if self.loop is None or self.pid != os.getpid():
                self.loop, self.pid = asyncio.new_event_loop(), os.getpid()
                atexit.register(self.close)
                threading.Thread(target=self.loop.run_forever, name="outbound http", daemon=True).start()
            return self.loop

    def close(self) -> None:
        """Close the kept connections; the next call begins anew."""
        with self.lock:
            if self.loop is None or self.pid != os.getpid():
                return
            asyncio.run_coroutine_threadsafe(aclose(), self.loop).result(GRACE_S)
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.loop = None


_runner = Runner()


def fetch_blocking(request: Request, *, zone: Zone, timeout_s: float | None = None) -> Response:
    """As `fetch`, waiting for the answer. Not to be called on a thread that runs an event loop. Raises HttpError."""
    limit_s = request.timeout_s if timeout_s is None else timeout_s
    answer = asyncio.run_coroutine_threadsafe(fetch(request, zone=zone, timeout_s=limit_s), _runner.running())
    try:
        return answer.result(limit_s + GRACE_S)
    except TimeoutError:
        answer.cancel()
        raise HttpError(Fault.TIMEOUT, f"No answer within {limit_s:g} s") from None
