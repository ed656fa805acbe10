"""A `prometheus` check run again and again, each run with what the last one left, and what the store holds of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.db import connections
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from monitoring.checks.probes.base import Probe, Result
from monitoring.checks.probes.prometheus import PrometheusProbe
from monitoring.metrics.promql.storage import STALE_BITS, Hints, Matcher
from monitoring.metrics.reading import PostgresStorage
from tests.monitoring.checks.probes.trying import probe_of, run

Pool = AsyncConnectionPool[AsyncConnection[Any]]
STALE = "stale"


class Scraping:
    """A check run every 15 s, each run with what the last one left in its memory."""

    def __init__(self, portal: Pool, *targets: str, **settings: Any) -> None:
        self.portal = portal
        self.settings = {"targets": list(targets), "job": "shop"} | settings
        self.probe: Probe = probe_of(PrometheusProbe, **self.settings)
        self.start = datetime.now(UTC) - timedelta(minutes=10)
        self.runs = 0
        self.memory: Mapping[str, Any] = {}

    async def run(self, **context: Any) -> Result:
        now = self.start + timedelta(seconds=15 * self.runs)
        self.runs += 1
        result = await run(self.probe, memory=self.memory, now=now, portal=self.portal, **context)
        if result.memory is not None:
            self.memory = orjson.loads(orjson.dumps(result.memory))  # as the database keeps it
        return result

    def restarted(self, **settings: Any) -> None:
        self.probe = probe_of(PrometheusProbe, **(self.settings | settings))

    async def series(self, name: str, **labels: str) -> dict[tuple[tuple[str, str], ...], list[Any]]:
        """Values by labels other than the name, one for each run from the first on; None where there is none."""
        found = await sync_to_async(read)(name, labels)
        start_ms = int(self.start.timestamp() * 1000)
        rows = {}
        for key, samples in found.items():
            rows[key] = [None] * self.runs
            for time, value in samples:
                rows[key][(time - start_ms) // 15_000] = value
        return rows

    async def values(self, name: str, **labels: str) -> list[Any]:
        [values] = (await self.series(name, **labels)).values()
        return values


def read(name: str, labels: Mapping[str, str]) -> dict[tuple[tuple[str, str], ...], list[tuple[int, Any]]]:
    matchers = [Matcher("__name__", "=", name), *(Matcher(key, "=", value) for key, value in labels.items())]
    found = PostgresStorage().select(matchers, 0, 2**41, Hints(0, 2**41))
    connections.close_all()
    rows = {}
    for place, own in enumerate(found.labels):
        span = slice(*found.offsets[place : place + 2])
        bits, values = found.values[span].view("uint64").tolist(), found.values[span].tolist()
        values = [STALE if bit == STALE_BITS else value for bit, value in zip(bits, values, strict=True)]
        key = tuple(pair for pair in own if pair[0] != "__name__")
        rows[key] = list(zip(found.times[span].tolist(), values, strict=True))
    return rows
