"""Rows for the inbox from many requests at once: those that come in while a commit is under way share the next one.

One statement and one commit for all of them, and each is answered after it: durable before the answer, at a fraction of the cost of
a transaction each.
"""

import asyncio
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import AsyncConnection

from alerts.incidents.intake import INBOX
from opsportal.database import conninfo

MOST_ROWS = 500  # of one commit
MOST_BYTES = 8_000_000
MOST_WAITING = 2_000
WAIT_S = 10.0
INSERT = """
WITH stored AS (
    INSERT INTO incidents_inbox (received_at, source, payload)
    SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::text[]::jsonb[]) RETURNING id
)
SELECT pg_notify(%s, '') FROM stored LIMIT 1
"""


class FullError(Exception):
    """More wait than can be stored in good time: whoever comes now is asked to come again."""


@dataclass(slots=True, eq=False)
class Row:
    """A row of the inbox, and who waits for it."""

    received_at: datetime
    source: str
    payload: str
    stored: asyncio.Future[None]


@dataclass(slots=True)
class Committer:
    """That of one event loop."""

    waiting: list[Row] = field(default_factory=list)
    worker: asyncio.Task[None] | None = None
    connection: AsyncConnection | None = None

    async def store(self, received_at: datetime, source: str, payload: str) -> None:
        """Return once the row is committed. Raises FullError, TimeoutError or psycopg.Error: then it may or may not be stored."""
        if len(self.waiting) >= MOST_WAITING:
            raise FullError
        row = Row(received_at, source[:120], payload, asyncio.get_running_loop().create_future())
        self.waiting.append(row)
        if self.worker is None or self.worker.done():
            self.worker = asyncio.create_task(self._work())
        async with asyncio.timeout(WAIT_S):
            await row.stored

    async def _work(self) -> None:
        """Commit what waits until nothing does."""
        while self.waiting:
            batch = self._next()
            try:
                await self._commit(batch)
            except psycopg.DataError:
                await self._commit_apart(batch)
            except (psycopg.Error, OSError) as error:
                await self._forget_connection()
                _fail(batch, error)

    def _next(self) -> list[Row]:
        """The next rows that go together, without those whom nobody waits for any more."""
        size = count = 0
        for row in self.waiting[:MOST_ROWS]:
            size += len(row.payload)
            if count and size > MOST_BYTES:
                break
            count += 1
        batch, self.waiting = self.waiting[:count], self.waiting[count:]
        return [row for row in batch if not row.stored.done()]

    async def _commit(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        database = await self._connected()
        columns = [[row.received_at for row in rows], [row.source for row in rows], [row.payload for row in rows]]
        await database.execute(INSERT, [*columns, INBOX])
        for row in rows:
            if not row.stored.done():
                row.stored.set_result(None)

    async def _commit_apart(self, rows: Sequence[Row]) -> None:
        """One of them cannot be stored; the others are."""
        for row in rows:
            try:
                await self._commit([row])
            except (psycopg.Error, OSError) as error:
                _fail([row], error)

    async def _connected(self) -> AsyncConnection:
        if self.connection is None or self.connection.closed:
            told = conninfo(application_name="opsportal alerts in", options="-c statement_timeout=8000")
            self.connection = await AsyncConnection.connect(told, autocommit=True, connect_timeout=5)
        return self.connection

    async def _forget_connection(self) -> None:
        if self.connection is not None:
            await self.connection.close()
            self.connection = None


def _fail(rows: Sequence[Row], error: Exception) -> None:
    for row in rows:
        if not row.stored.done():
            row.stored.set_exception(error)


_committers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Committer] = weakref.WeakKeyDictionary()


def committer() -> Committer:
    """That of the running loop."""
    return _committers.setdefault(asyncio.get_running_loop(), Committer())
