"""Whoever has alerts: posts each batch until it is accepted, waits until its receiver was told, and then ends it in the same way."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import orjson

from benchmarks.alerts.torture.receivers import Taken

ANSWER_S = 15.0
AGAIN_S = 0.5
LOOK_S = 0.05
PATH = "/alertmanager/api/v2/alerts"


@dataclass(slots=True)
class Sender:
    """`accepted`: numbers of alerts that were answered 200. `patience_s`: how long it waits until a receiver was told."""

    session: aiohttp.ClientSession
    url: str
    token: str
    taken: Taken
    receivers: int
    patience_s: float
    accepted: set[int] = field(default_factory=set)
    told: int = 0
    again: int = 0
    waits_s: list[float] = field(default_factory=list)

    async def play(self, numbers: range) -> None:
        """A batch's life."""
        began = datetime.now(UTC)
        await self._post(numbers, began, began + timedelta(days=1))
        self.accepted.update(numbers)
        accepted_at = time.monotonic()
        if await self.until(lambda: self._all_in(self.taken.firing, numbers), self.patience_s):
            self.waits_s.append(time.monotonic() - accepted_at)
        self.told += len(numbers)
        await self._post(numbers, began, datetime.now(UTC))
        await self.until(lambda: self._all_in(self.taken.resolved, numbers), self.patience_s)
        self.told += len(numbers)

    async def _post(self, numbers: range, starts_at: datetime, ends_at: datetime) -> None:
        body = orjson.dumps([self._alert(number, starts_at, ends_at) for number in numbers])
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        while True:
            try:
                timeout = aiohttp.ClientTimeout(total=ANSWER_S)
                async with self.session.post(self.url + PATH, data=body, headers=headers, timeout=timeout) as answer:
                    if answer.status == 200:
                        return
                    if answer.status < 429:
                        raise RuntimeError(f"{answer.status}: {(await answer.text())[:500]}")
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            self.again += 1
            await asyncio.sleep(AGAIN_S)

    def _alert(self, number: int, starts_at: datetime, ends_at: datetime) -> dict[str, object]:
        labels = {
            "alertname": f"Torture{number % 20}",
            "number": str(number),
            "receiver": str(number % self.receivers),
            "severity": "warning",
            "instance": f"10.1.{number // 250 % 250}.{number % 250}:9100",
        }
        times = {"startsAt": starts_at.isoformat(), "endsAt": ends_at.isoformat()}
        return {"labels": labels, "annotations": {"summary": f"Alert {number} of the torture"}, **times}

    @staticmethod
    def _all_in(known: Collection[int], numbers: range) -> bool:
        return all(number in known for number in numbers)

    @staticmethod
    async def until(true: Callable[[], bool], seconds: float) -> bool:
        """Whether it came true in time."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_S)
        return True
