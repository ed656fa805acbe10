"""Sends what is queued. Any number of shippers may run: each claims destinations by lease, and one that died is followed by another."""

import asyncio
import logging
import uuid
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.conf import settings
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from monitoring.metrics.shipping import statements
from monitoring.metrics.shipping.encoding import encoded_labels, write_request
from monitoring.metrics.shipping.payloads import Samples, joined, unpacked
from monitoring.metrics.shipping.sending import Answer, Fate, backend_values, pause_s, request_of, send
from opsportal.crypto import SealBrokenError
from opsportal.http import Request
from opsportal.measures import counter

log = logging.getLogger(__name__)

LEASE_S = 40  # longer than a request may take
BATCH_SAMPLES = 5_000
MOST_SAMPLES_OF_A_REQUEST = 10_000
MOST_SERIES_KNOWN = 200_000
TURN_S = 20.0  # then others may have the destination
TIDY_S = 10.0

SENT = counter("opsportal_remote_write_sent_samples_total", "Samples that a destination has taken.", ("destination",))
DROPPED = counter(
    "opsportal_remote_write_dropped_samples_total", "Samples that a destination refused.", ("destination",)
)

Database = AsyncConnection[Any]


@dataclass(slots=True)
class Batch:
    """The next rows of the queue for one destination, up to and with row (xid, id)."""

    samples: Samples
    xid: int
    id: int


class Shipper:
    """`turn` sends what waits, to every destination at once; call it again and again."""

    def __init__(self, pool: AsyncConnectionPool[Database]) -> None:
        self.pool = pool
        self.holder = uuid.uuid4()
        self.labels: dict[str, dict[int, bytes]] = {}  # of series, by the external labels that were added
        self.tidy_at = 0.0
        self.follows_settings = False

    async def turn(self) -> int:
        """Samples that were taken or refused for good."""
        async with self.pool.connection() as database:
            await self._tidy(database)
            async with database.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(statements.CLAIM, {"holder": self.holder, "lease_s": LEASE_S})
                claimed = await cursor.fetchall()
        if not claimed:
            return 0
        try:
            return sum(await asyncio.gather(*(self._ship(destination) for destination in claimed)))
        finally:
            await self.release()

    async def release(self) -> None:
        """Give back what is claimed."""
        async with self.pool.connection() as database:
            await database.execute(statements.RELEASE, [self.holder])

    async def _tidy(self, database: Database) -> None:
        """Forget what everybody has, and what has waited for too long."""
        now = asyncio.get_running_loop().time()
        if now < self.tidy_at:
            return
        self.tidy_at = now + TIDY_S
        await self._follow_settings(database)
        await database.execute(statements.REWIND)
        await database.execute(statements.PRUNE)
        lost = await database.execute(statements.LOSE, {"hours": settings.METRICS_QUEUE_HOURS})
        for name, samples in await lost.fetchall():
            DROPPED.add(float(samples), name)
            log.warning("remote write to %s: %d samples waited for too long and were dropped", name, samples)

    async def _follow_settings(self, database: Database) -> None:
        """The system of METRICS_BACKEND is a destination, made once by each process and switched off when the setting is gone."""
        if not settings.METRICS_BACKEND:
            await database.execute(statements.NO_BACKEND)
        elif not self.follows_settings:
            await database.execute(statements.BACKEND, backend_values(settings.METRICS_BACKEND))
            self.follows_settings = True

    async def _ship(self, destination: dict[str, Any]) -> int:
        try:
            request = request_of(destination)
        except SealBrokenError as error:
            await self._fail(destination, Answer(Fate.LATER, str(error)))
            return 0
        done, until = 0, asyncio.get_running_loop().time() + TURN_S
        while asyncio.get_running_loop().time() < until:
            batch = await self._next(destination)
            if batch is None or not await self._deliver(destination, request, batch):
                break
            done += len(batch.samples.ids)
        return done

    async def _next(self, destination: dict[str, Any]) -> Batch | None:
        async with self.pool.connection() as database:
            place = {"xid": str(destination["cursor_xid"]), "id": destination["cursor_id"], "samples": BATCH_SAMPLES}
            rows = await (await database.execute(statements.READ, place)).fetchall()
            if not rows:
                return None
            samples = joined([unpacked(payload) for _, _, payload in rows])
            await self._learn(database, destination, samples)
        return Batch(samples, rows[-1][0], rows[-1][1])

    async def _learn(self, database: Database, destination: dict[str, Any], samples: Samples) -> None:
        """Labels of the series that are new here, with the destination's own beside those a series has itself."""
        extra, known = destination["external_labels"], self._known(destination)
        wanted = set(samples.ids.tolist())
        if len(known) + len(wanted) > MOST_SERIES_KNOWN:
            known.clear()
        if missing := [series for series in wanted if series not in known]:
            rows = await (await database.execute(statements.LABELS, [missing])).fetchall()
            for series, name, own in rows:
                known[series] = encoded_labels(tuple(sorted({**extra, **own, "__name__": name}.items())))

    def _known(self, destination: dict[str, Any]) -> dict[int, bytes]:
        key = orjson.dumps(destination["external_labels"], option=orjson.OPT_SORT_KEYS).decode()
        return self.labels.setdefault(key, {})

    async def _deliver(self, destination: dict[str, Any], request: Request, batch: Batch) -> bool:
        """Whether the batch is done with. When one of its requests fails, all of them are sent again later: receivers take
        the same sample twice for one."""
        labels = self._known(destination)
        sent, dropped, words = 0, 0, ""
        for start in range(0, len(batch.samples.ids), MOST_SAMPLES_OF_A_REQUEST):
            part = _slice(batch.samples, start, start + MOST_SAMPLES_OF_A_REQUEST)
            answer = await send(replace(request, body=write_request(*part, labels)))
            if answer.fate is Fate.LATER:
                await self._fail(destination, answer)
                return False
            if answer.fate is Fate.TAKEN:
                sent += len(part.ids)
            else:
                dropped, words = dropped + len(part.ids), answer.words
        return await self._advance(destination, batch, sent, dropped, words)

    async def _advance(self, destination: dict[str, Any], batch: Batch, sent: int, dropped: int, words: str) -> bool:
        """Note that the batch is done with; False when another shipper has the destination now."""
        values = {
            "xid": batch.xid,
            "id": batch.id,
            "sent": sent,
            "dropped": dropped,
            "error": words[:500],
            "lease_s": LEASE_S,
            "destination": destination["id"],
            "holder": self.holder,
        }
        async with self.pool.connection() as database:
            kept = await (await database.execute(statements.ADVANCE, values)).fetchone()
        if kept is None:
            return False
        destination |= {"cursor_xid": batch.xid, "cursor_id": batch.id, "failures": 0}
        SENT.add(float(sent), destination["name"])
        if dropped:
            DROPPED.add(float(dropped), destination["name"])
            log.warning("remote write to %s: %d samples were refused: %s", destination["name"], dropped, words)
        return True

    async def _fail(self, destination: dict[str, Any], answer: Answer) -> None:
        if not destination["failures"]:
            log.warning("remote write to %s: %s; it is tried again", destination["name"], answer.words)
        wait_s = pause_s(destination["failures"], answer.wait_s)
        values = {
            "error": answer.words[:500],
            "wait_s": wait_s,
            "destination": destination["id"],
            "holder": self.holder,
        }
        async with self.pool.connection() as database:
            await database.execute(statements.FAIL, values)


def _slice(samples: Samples, start: int, end: int) -> Samples:
    return Samples(samples.ids[start:end], samples.times_ms[start:end], samples.values[start:end])
