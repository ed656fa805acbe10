"""The loop of an agent: read the machine, buffer the reading, send what is buffered."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from monitoring.checks.agent.buffer import Buffer
from monitoring.checks.agent.sending import Answer, Outcome, Sender
from monitoring.checks.system.collect import Reading, collect

FIRST_SPAN_S = 1.0
Report = Callable[[dict[str, Any]], None]


class Agent:
    """Reads every `interval_s`, whatever the portal does; `report` is given one line of news a turn."""

    def __init__(self, *, buffer: Buffer, sender: Sender, interval_s: int, report: Report) -> None:
        self._buffer = buffer
        self._sender = sender
        self._interval_s = interval_s
        self._report = report
        self._memory: dict[str, Any] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. A turn that takes longer than the interval costs the turns it covers, never adds to
        them."""
        next_turn = time.monotonic()
        while not stop.is_set():
            await self.turn()
            behind = max(0.0, time.monotonic() - next_turn)
            next_turn += self._interval_s * (1 + int(behind / self._interval_s))
            await _wait(stop, next_turn - time.monotonic())

    async def turn(self) -> Answer | None:
        """Read, buffer, and send unless it is too early to try again."""
        reading = await self._read()
        news: dict[str, Any] = {"time": datetime.now(UTC).isoformat(), "values": len(reading.values)}
        self._keep(reading, news)
        answer = await self._send(reading.facts)
        news |= {"waiting": self._buffer.waiting(), "dropped": self._buffer.dropped}
        if answer:
            news |= {"outcome": answer.outcome.value, "words": answer.words}
        self._report(news)
        return answer

    async def _read(self) -> Reading:
        reading = await asyncio.to_thread(collect, self._memory, time.time())
        if not reading.complete:
            await asyncio.sleep(min(FIRST_SPAN_S, self._interval_s / 2))
            reading = await asyncio.to_thread(collect, reading.memory, time.time())
        self._memory = reading.memory
        return reading

    def _keep(self, reading: Reading, news: dict[str, Any]) -> None:
        try:
            news["sequence"] = self._buffer.append({"time": news["time"], "values": reading.values})
        except OSError as error:
            self._buffer.dropped += 1
            news["fault"] = (
                f"The buffer cannot be written ({type(error).__name__}: {error.strerror}); this reading is lost"
            )

    async def _send(self, facts: dict[str, str]) -> Answer | None:
        backoff = self._sender.backoff
        if not backoff.ready(time.monotonic()):
            return None
        answer = await self._sender.flush(self._buffer, facts)
        backoff.note(answer.outcome if answer else Outcome.STORED, time.monotonic())
        return answer


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), timeout=max(0.0, seconds))
    except TimeoutError:
        return
