"""Samples of scrapes into the store: what is there with its time, stale markers for what is not, and what is reported about each scrape.

As Prometheus 2.42 (scrape/scrape.go): a series that the last page had and this one has not ends with a stale marker; so do all of a
target that does not answer, and also what is reported about one that is not a target any more. Samples that bring their own time
never get one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from psycopg_pool import PoolTimeout

from monitoring.checks.probes.prometheus.remembering import NO_IDS, Ids
from monitoring.checks.probes.prometheus.scraping import REPORTED, Outcome
from monitoring.metrics import counting, ingest
from monitoring.metrics.ingest import Metadata, Reason
from monitoring.metrics.promql.storage import STALE_BITS, Labels

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

STALE = np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0]


@dataclass(slots=True)
class Rows:
    """Three arrays of one length."""

    ids: Ids
    times_ms: Ids
    values: np.ndarray[Any, np.dtype[np.float64]]


class Recorder:
    """Writes outcomes as they come, those that came meanwhile together. `before`: the ids each target had, by key."""

    def __init__(self, pool: "AsyncConnectionPool[AsyncConnection[Any]]", now_ms: int, before: dict[str, Ids]) -> None:
        self.pool = pool
        self.now_ms = now_ms
        self.before = before
        self.after: dict[str, Ids] = {}
        self.lost = 0  # samples the store did not take because of their times
        self.fault = ""  # what kept it from writing; then nothing of `after` counts

    async def record(self, outcomes: "asyncio.Queue[tuple[str, Outcome]]", count: int, gone: Ids) -> None:
        """Write `count` outcomes from the queue, each under its target's key. `gone`: series of targets that are none any more."""
        rows = [self._stale(gone)] if len(gone) else []
        while count or rows:
            batch = [await outcomes.get()] if count else []
            while not outcomes.empty():
                batch.append(outcomes.get_nowait())
            count -= len(batch)
            try:
                await self._write(batch, rows)
            except (psycopg.Error, PoolTimeout, OSError) as error:
                self.fault = type(error).__name__
                return
            rows = []

    async def _write(self, batch: Sequence[tuple[str, Outcome]], rows: list[Rows]) -> None:
        async with self.pool.connection() as database:
            for key, outcome in batch:
                await _resolve(database, outcome, self.now_ms / 1000)
                rows.append(self._rows(key, outcome))
            joined = [
                np.concatenate(parts) for parts in zip(*((r.ids, r.times_ms, r.values) for r in rows), strict=True)
            ]
            async with database.transaction():
                receipt = await ingest.aappend(database, *joined)
        counting.came_in("scrape", receipt.written, receipt.refusals)
        for refusal in receipt.refusals:
            self.lost += refusal.count
            if refusal.reason is Reason.UNKNOWN:
                for _, outcome in batch:
                    outcome.scraper.forget()

    def _rows(self, key: str, outcome: Outcome) -> Rows:
        """What is written of one scrape; notes which series the target has now."""
        before = self.before.get(key, NO_IDS)
        samples, reported = outcome.samples, outcome.scraper.report_ids
        live = samples.live if samples else NO_IDS
        outcome.added = len(live) - len(np.intersect1d(live, before, assume_unique=True))
        self.after[key] = np.union1d(live, reported[reported >= 0])
        stale = self._stale(np.setdiff1d(before, self.after[key], assume_unique=True))
        reports = Rows(reported, self._now(len(reported)), np.array(outcome.reports()))
        parts = [stale, reports] + ([Rows(samples.ids, samples.times_ms, samples.values)] if samples else [])
        return Rows(
            *(np.concatenate(found) for found in zip(*((r.ids, r.times_ms, r.values) for r in parts), strict=True))
        )

    def _stale(self, ids: Ids) -> Rows:
        return Rows(ids, self._now(len(ids)), np.full(len(ids), STALE))

    def _now(self, count: int) -> Ids:
        return np.full(count, self.now_ms, dtype=np.int64)


async def _resolve(database: "AsyncConnection[Any]", outcome: Outcome, now_s: float) -> None:
    """Ids for the series of a page that have none yet, and for what is reported about the target."""
    scraper = outcome.scraper
    series, source = scraper.series, scraper.source
    if not len(scraper.report_ids):
        reported: list[Labels] = [tuple(sorted({**series.labels, "__name__": name}.items())) for name in REPORTED]
        scraper.report_ids = (await ingest.aresolve(database, source, reported)).ids
    if outcome.scraped is None:
        return
    waiting = series.waiting
    if waiting:
        found = await ingest.aresolve(database, source, [labels for _, labels in waiting])
        series.resolved(waiting, found.ids)
        scraper.refusals += [refusal.detail for refusal in found.refusals]
    outcome.samples = series.samples(outcome.scraped, int(now_s * 1000))
    scraper.judge_refused(outcome.samples.refused, now_s)
    if scraper.undescribed:
        await ingest.ametadata_write(database, source, [Metadata(*one) for one in scraper.undescribed])
        scraper.undescribed = []
